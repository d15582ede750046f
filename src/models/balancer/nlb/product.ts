// AWS NLB among the products. It forwards, and its flows are lost with nothing that a scenario can break.
import type { BalancerProduct } from '../options.ts';
import type { Product } from '../product.ts';
import { changeLists, factsOf, forwarded, runningListeners, unlimitedSessions } from '../targetProduct.ts';
import { createNlbBalancer } from './nlb.ts';

export const nlbProduct: Product<Extract<BalancerProduct, { kind: 'nlb' }>> = {
  start({ nlb }, luck) {
    const listeners = nlb.listeners.map(({ port, idleTimeoutUs }, index) => ({
      options: forwarded(port, idleTimeoutUs),
      balancer: createNlbBalancer(nlb, index, luck),
    }));
    return {
      workers: nlb.zones.length,
      sessionsPerWorker: unlimitedSessions,
      limits: [],
      whenFull: 'close',
      listeners: runningListeners(listeners),
      pools: listeners.map(({ balancer }) => balancer),
      // AWS, "Network Load Balancers": a packet of a flow that is not known gets RST.
      forwarding: {
        passes: 'packets',
        survivesProcess: true,
        unknown: 'reset',
        noTarget: 'reset',
        hidesClients: !nlb.keepsClientAddress,
      },
    };
  },
  listeners: ({ nlb }) =>
    nlb.listeners.map(({ port, idleTimeoutUs, targets }) => factsOf(forwarded(port, idleTimeoutUs), targets)),
  change({ nlb }, verb, node, nodes) {
    const { listeners, note } = changeLists(
      nlb.listeners,
      verb,
      node,
      nodes,
      ({ targets }) => targets,
      (listener, targets) => ({ ...listener, targets }),
    );
    return { product: listeners && { kind: 'nlb', nlb: { ...nlb, listeners } }, note };
  },
  canDrain: true,
  ends: () => 'host',
};
