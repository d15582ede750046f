// AWS NLB among the products. It forwards, and its flows are lost with nothing that a scenario can break.
import type { BalancerProduct } from '../options.ts';
import type { Product } from '../product.ts';
import { changeLists, factsOf, forwarded, runningLists } from '../targetProduct.ts';
import { createNlbBalancer } from './nlb.ts';
import { datagramTimeoutUs } from './options.ts';

export const nlbProduct: Product<Extract<BalancerProduct, { kind: 'nlb' }>> = {
  start({ nlb }, luck) {
    const listeners = nlb.listeners.map(({ port, idleTimeoutUs }, index) => ({
      options: forwarded(port, idleTimeoutUs),
      balancer: createNlbBalancer(nlb, index, luck),
    }));
    // AWS, "Network Load Balancers": a packet of a flow that is not known gets RST.
    return runningLists(nlb.zones.length, listeners, {
      passes: 'packets',
      survivesProcess: true,
      unknown: 'reset',
      noTarget: 'reset',
      datagramTimeoutUs,
      hashesDatagrams: true,
      hidesClients: !nlb.keepsClientAddress,
    });
  },
  listeners: ({ nlb }) =>
    nlb.listeners.map(({ port, idleTimeoutUs, targets }) => factsOf(forwarded(port, idleTimeoutUs), targets)),
  change({ nlb }, verb, node, nodes) {
    return changeLists(
      nlb.listeners,
      verb,
      node,
      nodes,
      ({ targets }) => targets,
      (listener, targets) => ({ ...listener, targets }),
      (listeners) => ({ kind: 'nlb', nlb: { ...nlb, listeners } }),
    );
  },
  canDrain: true,
  ends: () => 'host',
};
