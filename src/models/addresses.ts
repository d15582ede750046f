// Which address each agent has, and which one a balancer sees.
import { below, type Key } from '../kernel/random.ts';
import { drawIndex } from './workload.ts';
import type { GroupOptions } from './worldOptions.ts';

/**
 * Addresses the balancer sees, one an agent, IPv4 as unsigned 32-bit integers. The range is large enough: the loader has checked.
 * An agent more leaves the addresses of the others alone: whoever shares several addresses is told apart by his own number.
 */
export function groupAddresses(group: GroupOptions, key: Key): Uint32Array {
  const { count, nat, natRules = [] } = group;
  if (nat.length > 0) return Uint32Array.from({ length: count }, (_, i) => nat[drawIndex(group, i) % nat.length]!);
  const seen = ownAddresses(group, key);
  if (natRules.length === 0) return seen;
  for (let i = 0; i < count; i++) {
    const own = seen[i]!;
    const rule = natRules.find(({ first, last }) => own >= first && own <= last);
    if (rule && rule.to.length > 0) seen[i] = rule.to[drawIndex(group, i) % rule.to.length]!;
  }
  return seen;
}

/**
 * Drawn addresses are uniform without repetition: the head of a drawn order of the whole range, of which only the places that
 * were swapped are kept.
 */
function ownAddresses({ count, addresses }: GroupOptions, key: Key): Uint32Array {
  if (addresses.kind === 'list') return addresses.addresses.slice();
  const own = new Uint32Array(count);
  if (addresses.kind === 'range') {
    for (let i = 0; i < count; i++) own[i] = addresses.firstHost + i;
    return own;
  }
  const swapped = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const other = i + below(addresses.hostCount - i, key, i, 0);
    own[i] = addresses.firstHost + (swapped.get(other) ?? other);
    swapped.set(other, swapped.get(i) ?? i);
    swapped.delete(i);
  }
  return own;
}
