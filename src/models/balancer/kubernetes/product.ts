// A Kubernetes Service among the products. It forwards: the kernels of the nodes have the flows, not kube-proxy.
import type { BalancerProduct } from '../options.ts';
import type { Product } from '../product.ts';
import { changeLists, factsOf, forwarded, runningLists } from '../targetProduct.ts';
import { createKubernetesBalancer } from './kubernetes.ts';
import { datagramTimeoutUs } from './options.ts';

export const kubernetesProduct: Product<Extract<BalancerProduct, { kind: 'kubernetes' }>> = {
  start({ kubernetes }, luck) {
    const listeners = kubernetes.listeners.map(({ port }, index) => ({
      options: forwarded(port, kubernetes.idleTimeoutUs),
      balancer: createKubernetesBalancer(kubernetes, index, luck),
    }));
    return runningLists(kubernetes.entryNodes, listeners, {
      passes: 'packets',
      survivesProcess: true,
      // A packet that no translation is known for ends on the node itself, where nobody listens.
      unknown: 'reset',
      // kubernetes, pkg/proxy/conntrack/cleanup.go, CleanStaleEntries(): entries of UDP for endpoints that are gone.
      forgetsDatagrams: true,
      // kube-proxy, a Service without endpoints: REJECT.
      noTarget: 'reset',
      datagramTimeoutUs: datagramTimeoutUs[kubernetes.proxy],
      // kubernetes.io, "Using Source IP": Cluster translates the source as well.
      hidesClients: kubernetes.externalTrafficPolicy === 'Cluster',
    });
  },
  listeners: ({ kubernetes }) =>
    kubernetes.listeners.map(({ port, endpoints }) => factsOf(forwarded(port, kubernetes.idleTimeoutUs), endpoints)),
  change({ kubernetes }, verb, node, nodes) {
    return changeLists(
      kubernetes.listeners,
      verb,
      node,
      nodes,
      ({ endpoints }) => endpoints,
      (listener, endpoints) => ({ ...listener, endpoints }),
      (listeners) => ({ kind: 'kubernetes', kubernetes: { ...kubernetes, listeners } }),
    );
  },
  canDrain: true,
  ends: () => 'host',
};
