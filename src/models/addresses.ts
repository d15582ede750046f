// Which address each agent has, and which one a balancer sees.
import { below, type Key } from '../kernel/random.ts';
import type { GroupOptions } from './worldOptions.ts';

/**
 * Addresses the balancer sees, one an agent, IPv4 as unsigned 32-bit integers. The range is large enough: the loader has checked.
 * Drawn addresses are uniform without repetition: Floyd's sample, its members in the order in which they were drawn.
 */
export function groupAddresses({ count, addresses, nat }: GroupOptions, key: Key): Uint32Array {
  const seen = new Uint32Array(count);
  if (nat.length > 0) {
    for (let i = 0; i < count; i++) seen[i] = nat[i % nat.length]!;
    return seen;
  }
  if (addresses.kind === 'range') {
    for (let i = 0; i < count; i++) seen[i] = addresses.firstHost + i;
    return seen;
  }
  const taken = new Set<number>();
  for (let i = 0; i < count; i++) {
    const last = addresses.hostCount - count + i;
    const drawn = below(last + 1, key, i, 0);
    const host = taken.has(drawn) ? last : drawn;
    taken.add(host);
    seen[i] = addresses.firstHost + host;
  }
  return seen;
}
