// The engine counts what the oracle plays one by one: on small worlds both tell the same story.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differences } from '../support/oracle/compare.ts';
import { aWorld, fault, minute, second, type GroupRecipe, type WorldRecipe } from '../support/worlds.ts';

const runs = process.env.FLEETFALL_LONG === '1' ? 2_000 : 60;

const version = fc.constantFrom('4.0.0', '4.2.0', '4.9.2', '4.11.1', '4.12.0', '4.13.0', '4.14.7');

const listed: fc.Arbitrary<GroupRecipe> = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  version,
  events: fc.record({
    ratePerSecond: fc.constantFrom(0, 0.05, 0.7, 3),
    arrival: fc.constant('regular' as const),
    source: fc.constant('logcollector' as const),
  }),
  list: fc.constantFrom([1, 2], [0, 1, 2], [2]),
  order: fc.constantFrom('listed', 'shuffled', 'rotated'),
});

const faults = fc.array(
  fc
    .record({
      kind: fc.constantFrom('kill', 'powerOff'),
      place: fc.constantFrom('worker01', 'worker02', 'master'),
      at: fc.option(fc.integer({ min: 0, max: 300 }), { freq: 8 }),
      length: fc.option(fc.constantFrom(1, 20, 70, 200), { freq: 5 }),
    })
    .map(({ kind, place, at, length }) => fault(kind, place, at, length)),
  { maxLength: 3 },
);

function agree(recipe: WorldRecipe, replication: number): void {
  const found = differences(aWorld(recipe), { seed: 'oracle', replication }, { us: 0, events: 0 });
  expect(found, `replay: ${JSON.stringify({ recipe, replication })}`).toEqual([]);
}

test('agents with a list of servers live through faults as the oracle plays it, instant by instant', () => {
  fc.assert(
    fc.property(
      fc.record({ groups: fc.array(listed, { minLength: 1, maxLength: 2 }), faults }),
      fc.nat(1_000),
      (recipe, replication) => agree({ ...recipe, durationUs: 10 * minute + 7 * second }, replication),
    ),
    { numRuns: runs, seed: 20_261_124 },
  );
});
