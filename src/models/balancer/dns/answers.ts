// A name with several addresses: who asks gets them in some order and connects to the first. Nobody looks whether it works.
import { drawBelow, type Balancer } from '../contract.ts';
import { balancerOf, inService, newTargets, type Target, type TargetSession } from '../targets.ts';
import type { DnsOptions } from './options.ts';

/** Hosts with more than one agent behind one address keep one answer together. */
export function createDnsBalancer(options: DnsOptions, listenerIndex: number): Balancer<TargetSession> {
  const { order, ttlUs, cachedBy } = options;
  const targets = newTargets(options.listeners[listenerIndex]!.addresses);
  const addresses = targets.all.filter(inService);
  const kept = new Map<string, { readonly first: Target; readonly untilUs: number }>();
  let asked = 0;
  const ask = (session: TargetSession): Target => {
    switch (order) {
      case 'fixed':
        return addresses[0]!;
      case 'random':
        return addresses[drawBelow(addresses.length, session.client.luck, session.draws++)]!;
      case 'rotated':
        return addresses[asked++ % addresses.length]!;
      default:
        return order satisfies never;
    }
  };
  return balancerOf(targets, {
    workers: 1,
    tell(_session, trace) {
      trace.basis = { product: 'dns', rule: order };
      return null;
    },
    choose(session, nowUs) {
      if (addresses.length === 0) return null;
      if (cachedBy === 'resolver') return ask(session);
      const { address } = session.client;
      const answer = kept.get(address);
      if (answer && nowUs < answer.untilUs) return answer.first;
      const first = ask(session);
      kept.set(address, { first, untilUs: nowUs + ttlUs });
      return first;
    },
  });
}
