import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootKey } from '../../src/kernel/random.ts';
import { Arrivals, type Arrival } from '../../src/models/workload.ts';

function arrivals(arrival: Arrival, rates: number[], seed = '1'): Arrivals {
  return new Arrivals(rootKey(seed, 0), 'servers', arrival, Float64Array.from(rates));
}

test.each(['poisson', 'regular'] as const)(
  '%s: the n-th event is written at the instant at which the count passes n',
  (arrival) => {
    const events = arrivals(arrival, [0.1, 2, 400]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 5_000 }), (agent, ordinal) => {
        const at = events.timeOf(agent, ordinal);
        expect(events.count(agent, at)).toBeLessThan(ordinal);
        expect(events.count(agent, at + 1)).toBeGreaterThanOrEqual(ordinal);
      }),
      { seed: 1, numRuns: 300 },
    );
  },
);

test('it does not matter who looks, when or how often', () => {
  const instants = [10, 3_000_000, 90_000_000, 89_999_999, 3_600_000_000];
  const once = instants.map((at) => arrivals('poisson', [5]).count(0, at));
  const looked = arrivals('poisson', [5]);
  for (let at = 0; at < 200_000_000; at += 7_777_777) looked.count(0, at);

  expect(instants.map((at) => looked.count(0, at))).toEqual(once);
});

test('another agent in the group changes nothing for the first', () => {
  expect(arrivals('poisson', [5, 80]).count(0, 3_600_000_000)).toBe(arrivals('poisson', [5]).count(0, 3_600_000_000));
});

test('counts of disjoint stretches have the mean and variance of a Poisson process', () => {
  const rates = new Array<number>(4_000).fill(2);
  const events = arrivals('poisson', rates);
  let sum = 0;
  let squares = 0;
  rates.forEach((_, agent) => {
    const n = events.count(agent, 95_000_000) - events.count(agent, 45_000_000);
    sum += n;
    squares += n * n;
  });
  const mean = sum / rates.length;

  expect(Math.abs(mean - 100)).toBeLessThan((5 * 10) / Math.sqrt(rates.length));
  expect(Math.abs((squares / rates.length - mean * mean) / 100 - 1)).toBeLessThan(0.12);
});

test('regular events keep their distance', () => {
  const events = arrivals('regular', [4]);

  expect([2, 3, 4].map((n) => Math.round((events.timeOf(0, n) - events.timeOf(0, n - 1)) / 1000))).toEqual([
    250, 250, 250,
  ]);
});
