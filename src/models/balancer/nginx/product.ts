// nginx among the products.
import type { BalancerProduct, ListenerOptions } from '../options.ts';
import type { ListenerFacts, Product, RunningProxy } from '../product.ts';
import { createNginxBalancer, maxSessionsPerWorker, startUpstreams } from './nginx.ts';
import type { NginxListenerOptions, NginxOptions } from './options.ts';
import { addServer, removeServer, upstreamsBehind } from './servers.ts';

/** `listen()` backlog of nginx on Linux. nginx 1.22.1, src/core/ngx_connection.h, NGX_LISTEN_BACKLOG. */
export const listenBacklog = 511;

export const nginxProduct: Product<Extract<BalancerProduct, { kind: 'nginx' }>> = {
  start: ({ nginx }) => start(nginx),
  listeners: ({ nginx }) => nginx.listeners.map((_, index) => facts(nginx, index)),
  change(product, verb, node, nodes) {
    const { nginx, note } = (verb === 'addNode' ? addServer : removeServer)(product.nginx, node, nodes);
    return { product: nginx && { ...product, nginx }, note };
  },
  canDrain: false,
  ends: () => 'process',
};

function start(options: NginxOptions): RunningProxy {
  const upstreams = startUpstreams(options, options.listeners);
  return {
    workers: options.workers,
    sessionsPerWorker: maxSessionsPerWorker(options),
    shutdownTimeoutUs: options.shutdownTimeoutUs,
    limits: [],
    whenFull: 'close',
    listeners: options.listeners.map((listener) => ({
      options: listenerOf(listener),
      balancer: createNginxBalancer(upstreams.get(listener.upstreamIndex)!, listener, upstreams),
      pool: -1,
      limits: [],
    })),
    pools: [],
  };
}

function listenerOf({
  port,
  connectTimeoutUs,
  sessionTimeoutUs,
  proxyBufferBytes,
  datagrams,
}: NginxListenerOptions): ListenerOptions {
  return {
    port,
    backlog: listenBacklog,
    connectTimeoutUs,
    wakesLate: true,
    queueTimeoutUs: Infinity,
    sessionTimeoutUs,
    mutePeerTimeoutUs: Infinity,
    asksClients: false,
    proxyBufferBytes,
    datagrams,
  };
}

function facts({ listeners, upstreams }: NginxOptions, index: number): ListenerFacts {
  const options = listeners[index]!;
  const peers = upstreamsBehind(options).flatMap((behind) => upstreams[behind]!.peers);
  const [first] = peers;
  const isBanned = first !== undefined && first.maxFails > 0;
  return { options: listenerOf(options), peers, failTimeoutSeconds: isBanned ? first.failTimeoutSeconds : 0 };
}
