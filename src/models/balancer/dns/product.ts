// A name with several addresses among the products: nothing passes through it.
import type { BalancerProduct } from '../options.ts';
import type { Product } from '../product.ts';
import { factsOf, forwarded, runningLists } from '../targetProduct.ts';
import { createDnsBalancer } from './answers.ts';

export const dnsProduct: Product<Extract<BalancerProduct, { kind: 'dns' }>> = {
  start({ dns }) {
    const listeners = dns.listeners.map(({ port }, index) => ({
      options: forwarded(port, Infinity),
      balancer: createDnsBalancer(dns, index),
    }));
    return runningLists(1, listeners, {
      passes: 'addresses',
      survivesProcess: true,
      unknown: 'drop',
      noTarget: 'reset',
      datagramTimeoutUs: Infinity,
      hidesClients: false,
    });
  },
  listeners: ({ dns }) => dns.listeners.map(({ port, addresses }) => factsOf(forwarded(port, Infinity), addresses)),
  change: (_product, verb) => ({
    product: null,
    note: `${verb} changes no records of a name: when resolvers and hosts learn of it is not modelled.`,
  }),
  canDrain: false,
  ends: () => 'nothing',
};
