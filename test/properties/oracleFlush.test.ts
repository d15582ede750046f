// What a node has read and not written when it falls, as the oracle plays it: analysisd writes once a second.
import fc from 'fast-check';
import { test } from 'vitest';
import { expectAgreement, listed, runs } from '../support/oracle/recipes.ts';
import { fault, minute, second, type WorldRecipe } from '../support/worlds.ts';

const ways = fc.constantFrom([1, 2], [2], [0, 1, 2], undefined);
const group = fc.tuple(listed, fc.integer({ min: 1, max: 3 }), ways).map(([one, count, list]) => ({
  ...one,
  list,
  count: list ? count : 1,
  protocol: list ? one.protocol : ('tcp' as const),
}));

/** A hang, and another fault of the same node within a second and a half of its start or its end; not within milliseconds of it. */
const hangAndMore: fc.Arbitrary<NonNullable<WorldRecipe['faults']>> = fc
  .record({
    only: fc.constantFrom(undefined, undefined, 'remoted' as const),
    place: fc.constantFrom('worker01', 'worker02'),
    at: fc.integer({ min: 20, max: 200 }),
    milliseconds: fc.integer({ min: 0, max: 1_500 }),
    length: fc.constantFrom(1, 20, 70, 130),
    kind: fc.constantFrom('kill', 'stop', 'restart', 'hang', 'powerOff', 'zombie'),
    behind: fc.integer({ min: 40, max: 1_500 }),
    isAtItsStart: fc.boolean(),
    forSeconds: fc.constantFrom(1, 20, 70, null),
  })
  .map(({ only, place, at, milliseconds, length, kind, behind, isAtItsStart, forSeconds }) => {
    const instant = (us: number) => ({ fromUs: us, toUs: us });
    const hangsUs = at * second + milliseconds * 1_000;
    const nextUs = hangsUs + behind * 1_000 + (isAtItsStart ? 0 : length * second);
    return [
      { ...fault('hang', place, at, length), atUs: instant(hangsUs), ...(only && { only }) },
      { ...fault(kind, place, at, forSeconds), atUs: instant(nextUs) },
    ];
  });

test('a node that falls within a second of a hang has written what the oracle says', () => {
  fc.assert(
    fc.property(
      fc.record({ groups: fc.array(group, { minLength: 1, maxLength: 2 }), faults: hangAndMore }),
      fc.nat(1_000),
      (recipe, replication) => expectAgreement({ ...recipe, durationUs: 5 * minute + 57 * second }, replication),
    ),
    { numRuns: runs, seed: 20_261_145 },
  );
});
