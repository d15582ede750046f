// `maglev`: a table of prime size whose entries the hosts claim in turn, each along a permutation of its own.
// Source: Envoy, source/extensions/load_balancing_policies/maglev/maglev_lb.cc, constructMaglevTableInternal() and
// constructImplementationInternals(); Eisenbud et al., "Maglev" (NSDI 2016), pseudocode 1.
import type { Target } from '../targets.ts';
import { hostKey, sumOf, type Method } from './method.ts';
import { xxHash64 } from './xxHash64.ts';

/** @param tableSize a prime. @returns the host of each entry. */
export function newTable(hosts: readonly Target[], tableSize: number): readonly Target[] {
  const size = BigInt(tableSize);
  const sum = sumOf(hosts);
  const largest = Math.max(...hosts.map(({ weight }) => weight / sum));
  const builders = hosts
    .map((host) => ({ host, key: hostKey(host) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ host, key }) => ({
      host,
      share: host.weight / sum,
      at: Number(xxHash64(key) % size),
      skip: Number(xxHash64(key, 1n) % (size - 1n)) + 1,
      target: 0,
    }));
  const table = new Array<Target | undefined>(tableSize).fill(undefined);
  let filled = 0;
  for (let turn = 1; filled < tableSize; turn++) {
    for (const builder of builders) {
      if (filled === tableSize) break;
      if (turn * builder.share < builder.target) continue;
      builder.target += largest;
      while (table[builder.at] !== undefined) builder.at = (builder.at + builder.skip) % tableSize;
      table[builder.at] = builder.host;
      filled += 1;
    }
  }
  return table.map((host) => host!);
}

export function createMaglev(tableSize: number): Method {
  let known: readonly Target[] = [];
  let table: readonly Target[] = [];
  const slotOf = (hash: bigint): number => Number(hash % BigInt(tableSize));
  return {
    choose(hosts, _session, hash) {
      if (known !== hosts) table = newTable(hosts, tableSize);
      known = hosts;
      return table[slotOf(hash)]!;
    },
    placeOf(hosts, hash) {
      const at = slotOf(hash);
      return { at, host: (known === hosts ? table : newTable(hosts, tableSize))[at]! };
    },
  };
}
