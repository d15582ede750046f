// Rates that change with time, counted by the engine and played event by event by the oracle.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differences } from '../support/oracle/compare.ts';
import { aWorld, fault, minute, second } from '../support/worlds.ts';

test('agents with bursts and hours of the day live through faults as the oracle plays it, instant by instant', () => {
  const burst = fc.constantFrom(
    null,
    { everyUs: 20 * second, lengthUs: 3 * second, share: 0.8 },
    { everyUs: 70 * second, lengthUs: 30 * second, share: 1 },
  );
  const profile = fc.constantFrom(null, { startsAtUs: 0, fromUs: [0, 3 * minute, 6 * minute], factors: [1, 0.1, 2] });
  const group = fc.record({
    count: fc.integer({ min: 1, max: 3 }),
    version: fc.constantFrom('4.9.2', '4.14.7'),
    list: fc.constantFrom([1, 2], [2, 1, 0]),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    events: fc.record({
      ratePerSecond: fc.constantFrom(0.05, 0.7, 3),
      arrival: fc.constant('regular' as const),
      burst,
      profile,
    }),
  });
  const kind = fc.constantFrom('kill' as const, 'powerOff' as const, 'hang' as const);
  fc.assert(
    fc.property(
      fc.array(group, { minLength: 1, maxLength: 2 }),
      kind,
      fc.integer({ min: 30, max: 400 }),
      fc.nat(1_000),
      (groups, what, at, replication) => {
        const world = aWorld({
          groups,
          faults: [fault(what, 'worker01', at, 95)],
          durationUs: 9 * minute + 57 * second,
        });
        const found = differences(world, { seed: 'oracle', replication }, { us: 0, events: 0 });
        // The oracle offers nodes the mean of a run (nodeRates.test.ts has what the hours make of it); delays are compared without shapes.
        expect(found.filter((text) => !/^(events.s offered|sum of delays)/.test(text))).toEqual([]);
      },
    ),
    { numRuns: 25, seed: 11 },
  );
});
