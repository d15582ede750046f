// The servers of an nginx.conf, changed as an operator changes them before a reload. Only upstreams that take events: where
// a node registers agents is another matter.
import type { NodeOptions } from '../../node.ts';
import { peerDefaults, type NginxListenerOptions, type NginxOptions, type NginxUpstreamOptions } from './options.ts';

/** What comes of a change; `null` where nginx would refuse the file, or where nothing changes. */
export interface ServerChange {
  readonly nginx: NginxOptions | null;
  /** Why not. */
  readonly note: string | null;
}

/** Puts a node behind every upstream that takes events, with nginx's defaults. */
export function addServer(nginx: NginxOptions, node: NodeOptions, nodes: readonly NodeOptions[]): ServerChange {
  const { address, eventsPort: port, name } = node;
  return change(
    nginx,
    nodes,
    ({ peers }) =>
      peers.some((peer) => peer.address === address && peer.port === port)
        ? null
        : [...peers, ...[{ ...peerDefaults, serverText: `${address}:${port}`, address, port }]],
    `${name} is a server of the balancer already: adding it changes nothing.`,
  );
}

/** Takes a node out of every upstream that takes events. nginx refuses an upstream without servers and goes on as before. */
export function removeServer(nginx: NginxOptions, node: NodeOptions, nodes: readonly NodeOptions[]): ServerChange {
  const { address, eventsPort: port, name } = node;
  return change(
    nginx,
    nodes,
    ({ peers }) => {
      const rest = peers.filter((peer) => peer.address !== address || peer.port !== port);
      return rest.length === peers.length || rest.length === 0 ? null : rest;
    },
    `${name} is no server of the balancer, or its last one: removing it changes nothing.`,
  );
}

function change(
  nginx: NginxOptions,
  nodes: readonly NodeOptions[],
  peersOf: (upstream: NginxUpstreamOptions) => NginxUpstreamOptions['peers'] | null,
  unchanged: string,
): ServerChange {
  const used = new Set(nginx.listeners.flatMap(upstreamsBehind));
  const upstreams = nginx.upstreams.map((upstream, index) => {
    const takesEvents = upstream.peers.some((peer) =>
      nodes.some((node) => node.address === peer.address && node.eventsPort === peer.port),
    );
    const peers = used.has(index) && takesEvents ? peersOf(upstream) : null;
    return peers === null ? upstream : { ...upstream, peers };
  });
  if (upstreams.every((upstream, index) => upstream === nginx.upstreams[index]))
    return { nginx: null, note: unchanged };
  return { nginx: { ...nginx, upstreams }, note: null };
}

/** Indexes of the upstreams a listener may pass to. */
export function upstreamsBehind({ route, upstreamIndex }: NginxListenerOptions): readonly number[] {
  return route && route.upstreams.length > 0 ? [...new Set(route.upstreams.map(([, each]) => each))] : [upstreamIndex];
}
