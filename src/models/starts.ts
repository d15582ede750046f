// When the agents of a group first connect: in the first half of the warm-up.
import { uniform, type Key } from '../kernel/random.ts';
import { drawIndex, groupKey, namedKey, Purpose } from './workload.ts';
import type { GroupOptions } from './worldOptions.ts';

/** µs since the end of the warm-up, one an agent. */
export function startInstants(group: GroupOptions, root: Key, warmupUs: number): Float64Array {
  const { count, start = 'spread', listed } = group;
  const span = Math.floor(warmupUs / 2);
  const instants = new Float64Array(count);
  if (start === 'asListed') {
    const length = listed?.length ?? count;
    for (let i = 0; i < count; i++) instants[i] = turnOf(listed ? listed.places[i]! : i, 0.5, length, span) - warmupUs;
    return instants;
  }
  const key = groupKey(root, Purpose.Start, group);
  for (let i = 0; i < count; i++) instants[i] = uniform(key, drawIndex(group, i), 0);
  if (start === 'spread') return instants.map((share) => Math.floor(share * span) - warmupUs);
  // Equal distances, in the order of the drawn instants; where the first one stands is the group's own luck.
  const phase = uniform(namedKey(root, Purpose.StartOrder, group.name), 0, 0);
  const order = Uint32Array.from(instants.keys()).sort((a, b) => instants[a]! - instants[b]! || a - b);
  const turns = new Float64Array(count);
  order.forEach((agent, place) => {
    turns[agent] = turnOf(place, phase, count, span) - warmupUs;
  });
  return turns;
}

/** Instant of the `place`-th of `length` equal distances that fill the span, µs. */
function turnOf(place: number, phase: number, length: number, span: number): number {
  return Math.floor(((place + phase) / length) * span);
}
