// Which address each agent has, and which one a balancer sees.
import { below, type Key } from '../kernel/random.ts';
import type { GroupOptions } from './worldOptions.ts';

/**
 * Addresses the balancer sees, one an agent, IPv4 as unsigned 32-bit integers. The range is large enough: the loader has checked.
 * Drawn addresses are uniform without repetition: the head of a drawn order of the whole range, of which only the places that
 * were swapped are kept. An agent more leaves the addresses of the others alone.
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
  const swapped = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const other = i + below(addresses.hostCount - i, key, i, 0);
    seen[i] = addresses.firstHost + (swapped.get(other) ?? other);
    swapped.set(other, swapped.get(i) ?? i);
    swapped.delete(i);
  }
  return seen;
}
