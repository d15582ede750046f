// Balancers behind balancers: what agents use of the first leads to listeners of the next.
import type { PeerAddress } from '../../models/balancer/contract.ts';
import { enumerate } from '../wording.ts';
import type { Balancer } from './balancers.ts';
import type { Build } from './context.ts';

/** The balancer that has the address of a peer, if one has. */
export function balancerBehind(balancers: readonly Balancer[], { address }: PeerAddress): Balancer | null {
  return balancers.find(({ options }) => options.addresses.includes(address)) ?? null;
}

/** What agents use through another balancer is used as well. Whoever leads to himself is refused. */
export function followChains(build: Build, balancers: readonly Balancer[]): void {
  const follow = (balancer: Balancer, listenerIndex: number, before: readonly Balancer[]): void => {
    if (before.includes(balancer)) {
      const names = [...before.slice(before.indexOf(balancer)), balancer].map(({ options }) => options.name);
      build.fail(
        build.path,
        `${names.join(' leads to ')}: no connection through ${enumerate([...new Set(names)])} would arrive.`,
      );
      return;
    }
    const { product } = balancer.options;
    if (product.kind === 'vip') {
      product.vip.of.forEach((member, nth) => {
        const next = balancers[member]!;
        const own = product.vip.listeners[listenerIndex]!.listenerOf[nth]!;
        if (!next.used.has(own)) next.used.set(own, balancer.used.get(listenerIndex)!);
        follow(next, own, [...before, balancer]);
      });
      return;
    }
    for (const peer of balancer.listeners[listenerIndex]!.peers) {
      const next = balancerBehind(balancers, peer);
      const index = next?.listeners.findIndex(({ options }) => options.port === peer.port) ?? -1;
      if (next === null || index < 0) continue;
      if (!next.used.has(index)) next.used.set(index, balancer.used.get(listenerIndex)!);
      follow(next, index, [...before, balancer]);
      if (build.problemCount > 0) return;
    }
  };
  for (const balancer of balancers) for (const index of [...balancer.used.keys()]) follow(balancer, index, []);
}
