// Agents without a key come into small worlds: the engine counts what the oracle plays, message by message and tick by tick.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FaultOptions } from '../../src/models/fault.ts';
import { aRollout, enroll, type Rollout } from '../support/enrolments.ts';
import { differences } from '../support/oracle/compare.ts';
import { nodesUnreachable, runs, unreachable } from '../support/oracle/recipes.ts';
import { fault, minute, second, type GroupRecipe } from '../support/worlds.ts';

const versions = fc.constantFrom('3.13.6', '4.0.0', '4.2.2', '4.9.2', '4.11.1', '4.12.0', '4.14.7', '5.0.0-beta4');
const managers = fc.constantFrom('4.2.7', '4.3.11', '4.9.2', '4.12.0', '4.13.1', '4.14.7');

/** Groups of which some agents were there before. */
const groups = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 4 }),
    version: versions,
    events: fc.record({
      ratePerSecond: fc.constantFrom(0, 0.05, 3),
      arrival: fc.constant('regular' as const),
      source: fc.constant('logcollector' as const),
    }),
    agent: fc.record({
      enrollment: fc.record({
        enabled: fc.constant(true),
        delayAfterEnrollmentSeconds: fc.constantFrom(1, 5, 20),
      }),
    }),
    protocol: fc.constantFrom<('tcp' | 'udp')[]>('tcp', 'tcp', 'udp'),
    list: fc.constantFrom([1, 2], [0, 1, 2], [2], [0]),
    order: fc.constantFrom<NonNullable<GroupRecipe['order']>[]>('listed', 'shuffled', 'rotated'),
  }),
  { minLength: 1, maxLength: 2 },
);

const rollouts = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 300 }),
    count: fc.integer({ min: 1, max: 4 }),
    over: fc.constantFrom(0, 0, 7, 60),
  }),
  { minLength: 1, maxLength: 2 },
);

function faultsAt(places: readonly string[], kinds: readonly ('kill' | 'powerOff' | 'hang')[], most: number) {
  return fc.array(
    fc
      .record({
        kind: fc.constantFrom(...kinds),
        place: fc.constantFrom(...places),
        at: fc.integer({ min: 0, max: 300 }),
        length: fc.option(fc.constantFrom(1, 20, 70, 200), { freq: 5 }),
      })
      .map(({ kind, place, at, length }): FaultOptions => fault(kind, place, at, length)),
    { maxLength: most },
  );
}

function expectAgreement(recipe: Rollout, replication: number, us = 0): void {
  const world = aRollout(recipe);
  // Groups lie apart: who of two acts first at one instant is nobody's truth.
  const apart = {
    ...world,
    groups: world.groups.map((group, index) => ({ ...group, latencyUs: 1_000 + 130 * index })),
  };
  const found = differences(apart, { seed: 'oracle', replication }, { us, events: 0 });
  expect(found, `replay: ${JSON.stringify({ recipe, replication })}`).toEqual([]);
}

const newcomers = rollouts.map((all) =>
  all.map(({ at, count, over }, index) => enroll(at + 0.25 * index, count, over, `group${index}`)),
);

const common = {
  groups,
  managers,
  serviceMs: fc.constantFrom(undefined, 20),
  registration: fc.constantFrom([0], [0, 1, 2], [1], []),
};

test('agents get a key, wait and connect as the oracle plays it', () => {
  fc.assert(
    fc.property(fc.record(common), newcomers, fc.nat(1_000), (recipe, faults, replication) =>
      expectAgreement({ ...recipe, faults, durationUs: 9 * minute + 57 * second }, replication),
    ),
    { numRuns: runs, seed: 20_261_201 },
  );
});

test.each([
  ['nodes are killed', ['kill'], ['master', 'master', 'worker01', 'worker02'], 0],
  ['nodes lose their power', ['powerOff'], ['master', 'master', 'worker01', 'worker02'], 0],
  // Who of those that waited is served first is nobody's truth.
  // What a worker has asked when it hangs itself it asks again: not compared.
  ['the master hangs', ['hang'], ['master'], 20_000],
  ['the master is killed and hangs', ['kill', 'hang'], ['master'], 20_000],
] as const)('agents enrol while %s as the oracle plays it', (_, kinds, places, us) => {
  fc.assert(
    fc.property(
      fc.record({ ...common, unreachable, nodesUnreachable }),
      newcomers,
      faultsAt(places, kinds, 3),
      fc.nat(1_000),
      (recipe, enrolments, faults, replication) =>
        expectAgreement(
          { ...recipe, faults: [...enrolments, ...faults], durationUs: 9 * minute + 57 * second },
          replication,
          us,
        ),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_202 },
  );
});
