// What an operator does to nginx.conf before a reload. nginx 1.22.1, src/stream/ngx_stream_upstream.c, for what a bare `server` line says.
import type {
  NginxOptions,
  NginxPeerOptions,
  NginxUpstreamOptions,
} from '../../../src/models/balancer/nginx/options.ts';
import type { BalancerProduct } from '../../../src/models/balancer/options.ts';
import type { NodeOptions } from '../../../src/models/node.ts';
import type { OracleOrder } from './plan.ts';

/** @returns the file that nginx reads; `null`: it reads none, for nothing is asked of it that it could do. */
export function orderedFile(
  product: BalancerProduct,
  order: OracleOrder,
  nodes: readonly NodeOptions[],
): BalancerProduct | null {
  if (order.kind === 'reload') return order.product ?? product;
  if (product.kind !== 'nginx' || order.kind === 'drain') {
    throw new Error(`the oracle does not play ${order.kind} at ${product.kind} yet`);
  }
  let { nginx } = product;
  for (const name of order.places) {
    const node = nodes.find((one) => one.name === name);
    if (node) nginx = withNode(nginx, order.kind, node, nodes);
  }
  return nginx === product.nginx ? null : { ...product, nginx };
}

function withNode(
  nginx: NginxOptions,
  kind: 'addNode' | 'removeNode',
  { address, eventsPort: port }: NodeOptions,
  nodes: readonly NodeOptions[],
): NginxOptions {
  const isIt = (peer: NginxPeerOptions): boolean => peer.address === address && peer.port === port;
  const added = { weight: 1, maxFails: 1, failTimeoutSeconds: 10, maxConns: 0, down: false, backup: false };
  const changed = (upstream: NginxUpstreamOptions): NginxUpstreamOptions => {
    const { peers } = upstream;
    const takesEvents = peers.some((peer) =>
      nodes.some((node) => node.address === peer.address && node.eventsPort === peer.port),
    );
    if (!takesEvents || peers.some(isIt) === (kind === 'addNode')) return upstream;
    if (kind === 'addNode') {
      return { ...upstream, peers: [...peers, { ...added, serverText: `${address}:${port}`, address, port }] };
    }
    // An upstream without servers is a mistake in the file: nginx says so and goes on as before.
    return peers.length === 1 ? upstream : { ...upstream, peers: peers.filter((peer) => !isIt(peer)) };
  };
  const upstreams = nginx.upstreams.map(changed);
  return upstreams.every((upstream, index) => upstream === nginx.upstreams[index]) ? nginx : { ...nginx, upstreams };
}
