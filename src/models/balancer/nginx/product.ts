// nginx among the products.
import type { BalancerProduct, ListenerOptions } from '../options.ts';
import type { ListenerFacts, Product, RunningProxy } from '../product.ts';
import { maxSessionsPerWorker, startUpstreams } from './nginx.ts';
import type { NginxListenerOptions, NginxOptions } from './options.ts';
import { addServer, blocksPassed, removeServer } from './servers.ts';
import { createNginxProxy, leavesOf } from './sockets.ts';

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
    listeners: options.listeners.map((listener) => {
      const leaves = leavesOf(options, listener);
      return {
        options: listenerOf(options, listener),
        balancer: createNginxProxy(options, listener, upstreams),
        pool: -1,
        limits: [],
        // A session that passes several server blocks is a session of each.
        slots: Math.max(1, ...leaves.map(({ blocks }) => blocks.length)),
        connectTimeoutsUs: leaves.map(({ blocks }) => blocks.at(-1)!.connectTimeoutUs),
      };
    }),
    pools: [],
  };
}

function listenerOf(options: NginxOptions, listener: NginxListenerOptions): ListenerOptions {
  const { port, connectTimeoutUs, datagrams } = listener;
  const blocks = blocksPassed(options, listener);
  // Bytes pass all blocks on their way: the shortest of the time-outs ends the session in each of them.
  const sessionTimeoutUs = Math.min(...blocks.map((block) => block.sessionTimeoutUs));
  const proxyBufferBytes = blocks.reduce((sum, block) => sum + block.proxyBufferBytes, 0);
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

function facts(options: NginxOptions, index: number): ListenerFacts {
  const listener = options.listeners[index]!;
  const peers = leavesOf(options, listener).map(({ peer }) => peer);
  const [first] = peers;
  const isBanned = first !== undefined && first.maxFails > 0;
  return { options: listenerOf(options, listener), peers, failTimeoutSeconds: isBanned ? first.failTimeoutSeconds : 0 };
}
