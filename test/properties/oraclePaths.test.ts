// Engine and oracle on paths that are cut, and on boxes that forget connections.
import fc from 'fast-check';
import { test } from 'vitest';
import type { LinkFault } from '../../src/models/fault.ts';
import { expectAgreement, listed, runs, unreachable } from '../support/oracle/recipes.ts';
import { minute, partition, second } from '../support/worlds.ts';

/** Cuts of the paths between agents and nodes: each world has one kind of them. */
function cutsOf(ends: readonly (readonly [string, string])[], most: number): fc.Arbitrary<readonly LinkFault[]> {
  const one = fc.record({
    ends: fc.constantFrom(...ends),
    at: fc.integer({ min: 0, max: 300 }),
    length: fc.option(fc.constantFrom(1, 5, 20, 45, 70, 200), { freq: 6 }),
  });
  return fc
    .tuple(fc.constantFrom('both', 'there', 'back'), fc.array(one, { minLength: 1, maxLength: most }))
    .map(([kind, cuts]) =>
      cuts.map(({ ends: [near, far], at, length }) =>
        kind === 'back' ? partition(far, near, at, length, true) : partition(near, far, at, length, kind === 'there'),
      ),
    );
}

/** Releases by what they do about a second connection of a key. */
const nodeVersion = fc.constantFrom('4.3.11', '4.4.0', '4.5.1', '4.5.2', '4.14.7');

test('paths that are cut heal or are left, and old connections end, as the oracle plays it', () => {
  const group = listed.map((one) => ({
    ...one,
    count: Math.min(one.count, 2),
    order: 'listed' as const,
    events: { ...one.events!, arrival: 'regular' as const },
  }));
  fc.assert(
    fc.property(
      fc.record({
        groups: fc.array(group, { minLength: 1, maxLength: 2 }),
        faults: cutsOf(
          [
            ['agents', 'worker01'],
            ['group0', 'worker01'],
            ['agents', 'worker02'],
            ['agents', 'master'],
          ],
          3,
        ),
        unreachable,
        node: fc.record({ version: nodeVersion }),
      }),
      fc.nat(1_000),
      (recipe, replication) => {
        // Behind a backlog the last event that came through is known to a few slots, and with it when the node gives up.
        const isBusy = recipe.groups.some(({ events }) => events.ratePerSecond > 0.1);
        const world = { ...recipe, durationUs: 9 * minute + 57 * second };
        expectAgreement(world, replication, 0, isBusy ? 10_000 : 0);
      },
    ),
    { numRuns: runs, seed: 20_261_131 },
  );
});
