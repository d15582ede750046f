// Balancers behind balancers: what agents use of the first leads to listeners of the next.
import type { PeerAddress } from '../../models/balancer/contract.ts';
import { listensOn } from '../../models/balancer/options.ts';
import { enumerate } from '../wording.ts';
import { makesNoConnections, type Balancer } from './balancers.ts';
import type { Build } from './context.ts';

/** The balancer that has the address of a peer, if one has. */
export function balancerBehind(balancers: readonly Balancer[], { address }: PeerAddress): Balancer | null {
  return balancers.find(({ options }) => options.addresses.includes(address)) ?? null;
}

/** Of those that packets pass: a name and an address that moves only say where to go. */
function isModelled(build: Build, all: readonly Balancer[]): boolean {
  const passed = all.filter(({ options: { product } }) => product.kind !== 'vip' && product.kind !== 'dns');
  const [front, next] = passed;
  if (!front || !next) return true;
  const names = passed.map(({ options }) => options.name).join(' leads to ');
  const fail = (text: string): false => {
    build.fail(build.path, text);
    return false;
  };
  if (passed.length > 2) return fail(`${names}: more than two balancers one behind the other are not modelled.`);
  if (makesNoConnections(next.options.product)) {
    return fail(`${names}: a balancer that forwards packets is not modelled behind another one.`);
  }
  if (!makesNoConnections(front.options.product) && front.options.addresses.length === 0) {
    return fail(
      `${names}: give ${front.options.name} addresses. They are what ${next.options.name} sees of its clients.`,
    );
  }
  return true;
}

function check(
  build: Build,
  balancers: readonly Balancer[],
  balancer: Balancer,
  listenerIndex: number,
  before: readonly Balancer[],
): void {
  const all = [...before, balancer];
  if (!isModelled(build, all)) return;
  const { product } = balancer.options;
  if (product.kind === 'vip') {
    product.vip.of.forEach((member, nth) =>
      check(build, balancers, balancers[member]!, product.vip.listeners[listenerIndex]!.listenerOf[nth]!, all),
    );
    return;
  }
  for (const peer of balancer.listeners[listenerIndex]!.peers) {
    const next = balancerBehind(balancers, peer);
    const index = next?.listeners.findIndex(({ options }) => options.port === peer.port) ?? -1;
    if (next !== null && index >= 0) check(build, balancers, next, index, all);
  }
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
      const index = next?.listeners.findIndex(({ options }) => listensOn(options, peer.port)) ?? -1;
      if (next === null || index < 0) continue;
      if (!next.used.has(index)) next.used.set(index, balancer.used.get(listenerIndex)!);
      follow(next, index, [...before, balancer]);
      if (build.problemCount > 0) return;
    }
  };
  const problems = build.problemCount;
  for (const balancer of balancers) for (const index of [...balancer.used.keys()]) follow(balancer, index, []);
  if (build.problemCount > problems) return;
  for (const balancer of balancers)
    for (const index of balancer.used.keys()) check(build, balancers, balancer, index, []);
}
