import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootKey } from '../../src/kernel/random.ts';
import { dayUs, RateShape, type BurstOptions, type DayProfile } from '../../src/models/rateShape.ts';
import { Arrivals, type Arrival } from '../../src/models/workload.ts';

const second = 1_000_000;
const hour = 3_600 * second;

const bursts = fc
  .record({
    everyUs: fc.integer({ min: 2, max: 600 * second }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    share: fc.constantFrom(0, 0.2, 0.8, 1),
  })
  .map(({ everyUs, part, share }): BurstOptions => {
    const lengthUs = 1 + Math.floor(part * (everyUs - 2));
    return { everyUs, lengthUs, share };
  });
const profiles = fc
  .record({
    startsAtUs: fc.integer({ min: 0, max: dayUs - 1 }),
    times: fc.uniqueArray(fc.integer({ min: 1, max: 1_439 }), { maxLength: 5 }),
    factors: fc.array(fc.constantFrom(0, 0.1, 0.5, 1, 3), { minLength: 6, maxLength: 6 }),
  })
  .map(({ startsAtUs, times, factors }): DayProfile => {
    const fromUs = [0, ...times.sort((a, b) => a - b).map((minutes) => minutes * 60 * second)];
    return { startsAtUs, fromUs, factors: [factors[0]! + 0.25, ...factors.slice(1, fromUs.length)] };
  });

function shaped(burst: BurstOptions | null, profile: DayProfile | null, rate: number, arrival: Arrival): Arrivals {
  return new Arrivals(rootKey('shape', 0), 'servers', arrival, Float64Array.of(rate, rate), { burst, profile });
}

test.each(['poisson', 'regular'] as const)(
  '%s: with bursts and a day too, an event is before an instant exactly when it is counted there',
  (arrival) => {
    const burst = fc.option(bursts, { nil: null });
    const profile = fc.option(profiles, { nil: null });
    const rates = fc.constantFrom(0.02, 2, 700);
    fc.assert(
      fc.property(burst, profile, rates, fc.integer({ min: 1, max: 3_000 }), (burst, profile, rate, ordinal) => {
        const events = shaped(burst, profile, rate, arrival);
        const at = events.timeOf(1, ordinal);
        expect(Number.isInteger(at)).toBe(true);
        expect(events.count(1, at)).toBeLessThan(ordinal);
        expect(events.count(1, at + 1)).toBeGreaterThanOrEqual(ordinal);
        expect(events.timeOf(1, ordinal + 1)).toBeGreaterThanOrEqual(at);
      }),
      { seed: 3, numRuns: 300 },
    );
  },
);

test('the rate holds from one change to the next', () => {
  fc.assert(
    fc.property(
      fc.option(bursts, { nil: null }),
      fc.option(profiles, { nil: null }),
      fc.integer({ min: 0, max: 3 * dayUs }),
      (burst, profile, atUs) => {
        const shape = new RateShape(burst, profile, Float64Array.of(burst ? Math.floor(burst.everyUs / 3) : 0));
        const next = shape.nextChangeUs(0, atUs);
        const end = Math.min(next, atUs + hour);
        expect(next).toBeGreaterThan(atUs);
        const passed = shape.passed(0, end) - shape.passed(0, atUs);
        // The change of an hour lies within a µs: what a burst writes in one is the room for error.
        expect(Math.abs(passed - shape.factorAt(0, atUs) * (end - atUs))).toBeLessThan(0.02 + 2 * shape.peak());
      },
    ),
    { seed: 4, numRuns: 500 },
  );
});

test('80 % of the events come in the 5 s of each minute, at another time of it for every agent', () => {
  const burst = { everyUs: 60 * second, lengthUs: 5 * second, share: 0.8 };
  const agents = 50;
  const events = new Arrivals(rootKey('b', 0), 'servers', 'regular', new Float64Array(agents).fill(12), {
    burst,
    profile: null,
  });
  const starts = new Set<number>();
  for (let agent = 0; agent < agents; agent++) {
    let start = 0;
    while (events.ratePerUsAt(agent, start) <= events.ratePerUs(agent)) start = events.nextChangeUs(agent, start);
    const end = start + 60 * second;
    starts.add(start);

    // 12 events a second are 720 a minute.
    const total = events.count(agent, end) - events.count(agent, start);
    const inside = events.count(agent, start + 5 * second) - events.count(agent, start);
    expect(Math.abs(total - 720)).toBeLessThanOrEqual(1);
    if (events.nextChangeUs(agent, start) === start + 5 * second) expect(Math.abs(inside - 576)).toBeLessThanOrEqual(1);
  }
  expect(starts.size).toBeGreaterThan(agents / 2);
});

test('a scenario that starts at 08:30 writes little until 09:00', () => {
  const profile = { startsAtUs: 8.5 * hour, fromUs: [0, 9 * hour, 17 * hour], factors: [0.2, 1, 0.2] };
  const events = shaped(null, profile, 10, 'regular');
  const between = (from: number, to: number): number => events.count(0, to * hour) - events.count(0, from * hour);

  expect(between(0, 0.5)).toBeCloseTo(0.2 * 10 * 1_800, -1);
  expect(between(0.5, 8.5)).toBeCloseTo(10 * 8 * 3_600, -1);
  expect(between(8.5, 24)).toBeCloseTo(0.2 * 10 * 15.5 * 3_600, -1);
  expect(between(24, 24.5)).toBeCloseTo(0.2 * 10 * 1_800, -1);
  expect(events.nextChangeUs(0, 0)).toBe(0.5 * hour);
  expect(events.meanRatePerUs(0, hour) * 1e6).toBeCloseTo(6, 6);
});

test('an hour without events is passed over, however long it is', () => {
  const profile = { startsAtUs: 0, fromUs: [0, hour, 23 * hour], factors: [1, 0, 1] };
  const events = shaped(null, profile, 1, 'regular');
  const before = events.count(0, hour);

  expect(events.count(0, 23 * hour)).toBe(before);
  expect(events.timeOf(0, before + 1)).toBeGreaterThanOrEqual(23 * hour);
  expect(events.timeOf(0, before + 1)).toBeLessThan(23 * hour + 2 * second);
});
