// Servers whose names nobody resolves: what an attempt costs, counted by the engine and played by the oracle.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differences } from '../support/oracle/compare.ts';
import { playOracle } from '../support/oracle/oracle.ts';
import { apart, faultsAt, listed, runs } from '../support/oracle/recipes.ts';
import { minute, nodeNames, second, type WorldRecipe } from '../support/worlds.ts';

/** In each list only the servers of these entries have a name that can be resolved. */
function withNames(recipe: WorldRecipe, known: readonly number[]): ReturnType<typeof apart> {
  const world = apart(recipe);
  return {
    ...world,
    groups: world.groups.map((group) => ({
      ...group,
      servers: group.servers.map((server, index) => ({ ...server, isUnresolvable: !known.includes(index) })),
    })),
  };
}

test('agents whose list has names that cannot be resolved look for a manager as the oracle plays it', () => {
  fc.assert(
    fc.property(
      fc.array(
        listed.map((one) => ({ ...one, list: [1, 2, 0], events: { ...one.events!, arrival: 'regular' as const } })),
        { minLength: 1, maxLength: 2 },
      ),
      fc.subarray([0, 1, 2], { minLength: 1, maxLength: 2 }),
      faultsAt(nodeNames, 2),
      fc.nat(1_000),
      (groups, known, faults, replication) => {
        const recipe = { groups, faults, durationUs: 9 * minute + 57 * second };
        const found = differences(withNames(recipe, known), { seed: 'oracle', replication }, { us: 0, events: 0 });
        expect(found, `replay: ${JSON.stringify({ recipe, known, replication })}`).toEqual([]);
      },
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_180 },
  );
});

test('agents of 3.12 and 3.13.0 go down a list with such names as the oracle plays it', () => {
  const walker = listed.map((one) => ({
    ...one,
    version: '3.12.3',
    protocol: 'tcp' as const,
    list: [1, 2, 0],
    events: { ratePerSecond: 0.05, arrival: 'regular' as const },
  }));
  fc.assert(
    fc.property(
      walker,
      fc.subarray([0, 1, 2], { minLength: 1, maxLength: 2 }),
      faultsAt(nodeNames, 2),
      fc.nat(1_000),
      (one, known, faults, replication) => {
        const recipe = { groups: [one], faults, durationUs: 12 * minute + 7 * second };
        const found = differences(withNames(recipe, known), { seed: 'oracle', replication }, { us: 0, events: 0 });
        expect(found, `replay: ${JSON.stringify({ recipe, known, replication })}`).toEqual([]);
      },
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_181 },
  );
});

test.each([
  // OS_GetHost(): four tries a second apart in 4.x, six in 3.x; then the pause before the next attempt (retry_interval and 1 ms).
  ['4.9.2', 4, 10],
  ['3.13.6', 6, 5],
] as const)('an attempt of an agent of %s at a name nobody knows takes %i s', (version, costSeconds, pauseSeconds) => {
  const world = withNames({ groups: [{ count: 1, version, list: [1, 2], protocol: 'tcp' }], durationUs: minute }, [1]);
  const { deeds } = playOracle(world, { seed: 'names', replication: 0 });

  const [first, next] = deeds.filter(({ what }) => what === 'tried 0');
  expect((next!.atUs - first!.atUs) / 1e6).toBeCloseTo(costSeconds + pauseSeconds, 2);
});
