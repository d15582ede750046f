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
    // RST to packets of a target that has become unhealthy: docs.aws.amazon.com/elasticloadbalancing/latest/network/
    // target-group-health-checks.html. To those of a flow that was idle for too long, or is not known: assumed to be the same
    // (the guide says that such a connection is closed, update-idle-timeout.html). No target: assumed.
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
