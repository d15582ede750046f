// Envoy among the products.
import type { BalancerProduct, ListenerOptions } from '../options.ts';
import type { Product } from '../product.ts';
import { changeLists, factsOf, runningLists } from '../targetProduct.ts';
import { createEnvoyBalancer } from './envoy.ts';
import type { EnvoyListenerOptions } from './options.ts';

export const envoyProduct: Product<Extract<BalancerProduct, { kind: 'envoy' }>> = {
  start({ envoy }, luck) {
    const listeners = envoy.listeners.map((listener, index) => ({
      options: listenerOf(listener),
      balancer: createEnvoyBalancer(envoy, index, luck),
    }));
    // Source: Envoy, source/common/tcp_proxy/tcp_proxy.cc: a connection beyond the cluster's circuit breaker is closed.
    const mostSessions = envoy.listeners.map(({ maxConnections }) => maxConnections);
    return runningLists(envoy.workers, listeners, undefined, mostSessions);
  },
  listeners: ({ envoy }) => envoy.listeners.map((listener) => factsOf(listenerOf(listener), listener.hosts)),
  change({ envoy }, verb, node, nodes) {
    return changeLists(
      envoy.listeners,
      verb,
      node,
      nodes,
      ({ hosts }) => hosts,
      (listener, hosts) => ({ ...listener, hosts }),
      (listeners) => ({ kind: 'envoy', envoy: { ...envoy, listeners } }),
    );
  },
  canDrain: true,
  ends: () => 'process',
};

function listenerOf({ port, connectTimeoutUs, idleTimeoutUs }: EnvoyListenerOptions): ListenerOptions {
  return {
    port,
    // Envoy, listener.proto, tcp_backlog_size.
    backlog: 128,
    connectTimeoutUs,
    wakesLate: false,
    queueTimeoutUs: 0,
    sessionTimeoutUs: idleTimeoutUs,
    mutePeerTimeoutUs: Infinity,
    asksClients: false,
    // Envoy, listener.proto and cluster.proto, per_connection_buffer_limit_bytes: 1 MiB.
    proxyBufferBytes: 1_048_576,
  };
}
