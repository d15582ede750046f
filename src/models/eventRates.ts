// How many events per second each agent of a group writes, and when.
import { pareto } from '../kernel/distributions.ts';
import { uniform, type Key } from '../kernel/random.ts';
import { Arrivals, drawIndex, groupKey, Purpose } from './workload.ts';
import type { GroupOptions } from './worldOptions.ts';

/** Arrivals of a group's events in one replication. */
export function groupArrivals(group: GroupOptions, root: Key): Arrivals {
  return new Arrivals(root, group, group.events.arrival, eventRates(group, root), group.events);
}

/** Events per second, one an agent. A Pareto spread is drawn, then scaled so that the group writes what it is said to write. */
export function eventRates(group: GroupOptions, root: Key): Float64Array {
  const { count, events } = group;
  const { spread, hitters } = events;
  const rates = new Float64Array(count).fill(events.ratePerSecond);
  if (spread.kind === 'list') rates.set(spread.ratesPerSecond);
  if (spread.kind === 'pareto') {
    const key = groupKey(root, Purpose.EventRate, group);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += rates[i] = pareto(uniform(key, drawIndex(group, i), 0), spread.alpha);
    for (let i = 0; i < count; i++) rates[i] = (rates[i]! / sum) * events.ratePerSecond * count;
  }
  if (hitters) for (const agent of drawnHitters(group, root, hitters.count)) rates[agent] = hitters.ratePerSecond;
  return rates;
}

/** The agents with the lowest draws: an agent more takes the place of one of them, or of nobody. */
function drawnHitters(group: GroupOptions, root: Key, wanted: number): number[] {
  const key = groupKey(root, Purpose.Hitter, group);
  const draws = Float64Array.from({ length: group.count }, (_, i) => uniform(key, drawIndex(group, i), 0));
  const limit = draws.toSorted()[Math.min(wanted, group.count) - 1]!;
  const hitters: number[] = [];
  for (let i = 0; i < group.count && hitters.length < wanted; i++) if (draws[i]! <= limit) hitters.push(i);
  return hitters;
}
