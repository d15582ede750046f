// F5 BIG-IP among the products: a standard virtual server is a proxy, a fastL4 one forwards.
import type { BalancerProduct, ListenerOptions } from '../options.ts';
import type { Product } from '../product.ts';
import { changeLists, factsOf, forwarded, runningLists } from '../targetProduct.ts';
import { createF5Balancer } from './f5.ts';
import type { F5ListenerOptions, F5Options } from './options.ts';

export const f5Product: Product<Extract<BalancerProduct, { kind: 'f5' }>> = {
  start({ f5 }, luck) {
    const listeners = f5.listeners.map((listener, index) => ({
      options: listenerOf(f5, listener),
      balancer: createF5Balancer(f5, index, luck),
    }));
    const { idleTimeoutUs } = f5.listeners[0]!;
    return runningLists(
      1,
      listeners,
      f5.type === 'fastL4' ? { ...fastL4, datagramTimeoutUs: idleTimeoutUs } : undefined,
    );
  },
  listeners: ({ f5 }) => f5.listeners.map((listener) => factsOf(listenerOf(f5, listener), listener.members)),
  change({ f5 }, verb, node, nodes) {
    return changeLists(
      f5.listeners,
      verb,
      node,
      nodes,
      ({ members }) => members,
      (listener, members) => ({ ...listener, members }),
      (listeners) => ({ kind: 'f5', f5: { ...f5, listeners } }),
    );
  },
  canDrain: true,
  ends: ({ f5 }) => (f5.type === 'fastL4' ? 'host' : 'process'),
};

// clouddocs.f5.com, AS3, L4_Profile.schema.json: resetOnTimeout true, a connection that times out is reset before it is forgotten; idleTimeout
// 300 s, for datagrams as well. BIG-IP: packets of no connection are answered with RST. No SNAT unless it is configured.
const fastL4 = {
  passes: 'packets',
  survivesProcess: true,
  unknown: 'reset',
  tellsIdle: true,
  noTarget: 'reset',
  hidesClients: false,
} as const;

function listenerOf(
  { type }: F5Options,
  { port, connectTimeoutUs, idleTimeoutUs }: F5ListenerOptions,
): ListenerOptions {
  if (type === 'fastL4') return forwarded(port, idleTimeoutUs);
  return {
    port,
    backlog: 1024,
    connectTimeoutUs,
    wakesLate: false,
    queueTimeoutUs: 0,
    sessionTimeoutUs: idleTimeoutUs,
    mutePeerTimeoutUs: Infinity,
    asksClients: false,
    // F5, the profile `tcp` as iControl REST shows it (mgmt/tm/ltm/profile/tcp): proxyBufferHigh. Profiles derived from it have more.
    proxyBufferBytes: 49_152,
  };
}
