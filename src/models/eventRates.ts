// How many events per second each agent of a group writes.
import { pareto } from '../kernel/distributions.ts';
import { uniform, type Key } from '../kernel/random.ts';
import { namedKey, Purpose } from './workload.ts';
import type { GroupOptions } from './worldOptions.ts';

/** Events per second, one an agent. A Pareto spread is drawn, then scaled so that the group writes what it is said to write. */
export function eventRates({ name, count, events }: GroupOptions, root: Key): Float64Array {
  const rates = new Float64Array(count).fill(events.ratePerSecond);
  const { spread } = events;
  if (spread.kind === 'equal') return rates;
  const key = namedKey(root, Purpose.EventRate, name);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += rates[i] = pareto(uniform(key, i, 0), spread.alpha);
  for (let i = 0; i < count; i++) rates[i] = (rates[i]! / sum) * events.ratePerSecond * count;
  return rates;
}
