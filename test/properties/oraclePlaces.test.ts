// What happens to nodes in order, in part, unseen and again and again, counted by the engine and played by the oracle.
import fc from 'fast-check';
import { test } from 'vitest';
import type { FaultOptions, PlaceFault } from '../../src/models/fault.ts';
import { rootKey } from '../../src/kernel/random.ts';
import { occurrencesOf } from '../support/oracle/plan.ts';
import {
  behindNginx,
  expectAgreement,
  faultsAt,
  listed,
  nodesUnreachable,
  ownUnreachable,
  runs,
  unreachable,
} from '../support/oracle/recipes.ts';
import { aWorld, fault, minute, nodeNames, second, timing, type WorldRecipe } from '../support/worlds.ts';

const at = fc.option(fc.integer({ min: 0, max: 300 }), { freq: 8 });
const length = fc.option(fc.constantFrom(1, 20, 70, 200, 450), { freq: 5 });
const place = fc.constantFrom(...nodeNames);

const verbs: Record<string, fc.Arbitrary<PlaceFault>> = {
  'are stopped': fc.tuple(place, at, length).map(([where, when, long]) => fault('stop', where, when, long)),
  'restart, alone or together': fc
    .tuple(fc.subarray(nodeNames, { minLength: 1 }), at, fc.constantFrom(1, 10, 70))
    .map(([where, when, long]) => fault('restart', where, when, long)),
  'restart one after the other': fc
    .tuple(
      fc.shuffledSubarray(nodeNames, { minLength: 2 }),
      fc.integer({ min: 0, max: 200 }),
      fc.constantFrom(1, 10, 45),
      fc.constantFrom(0, 30, 90),
      fc.constantFrom(0, 20),
    )
    .map(([places, when, down, pause, drain]) => ({
      kind: 'rolling',
      places,
      ...timing(when, 0),
      downUs: down * second,
      pauseUs: pause * second,
      drainUs: drain * second,
    })),
  'turn into zombies': fc.tuple(place, at, length).map(([where, when, long]) => fault('zombie', where, when, long)),
  'hang in part': fc
    .tuple(place, at, length, fc.constantFrom('remoted' as const, 'authd' as const))
    .map(([where, when, long, only]) => ({ ...fault('hang', where, when, long), only })),
  'fail at random': fc
    .tuple(
      place,
      fc.constantFrom('kill' as const, 'powerOff' as const, 'hang' as const, 'stop' as const, 'zombie' as const),
      fc.constantFrom(40, 150),
      fc.constantFrom(3, 90),
    )
    .map(([where, kind, mtbf, mttr]) => ({
      ...fault(kind, where, null, null),
      random: { mtbfUs: mtbf * second, mttrUs: mttr * second },
    })),
};

const lists = fc.record({
  groups: fc.array(
    fc.tuple(listed, ownUnreachable).map(([one, own]) => ({ ...one, unreachable: own })),
    { minLength: 1, maxLength: 2 },
  ),
  unreachable,
  nodesUnreachable,
  untilSettled: fc.boolean(),
});

const durationUs = 9 * minute + 57 * second;

/** What a node that goes on has read must be flushed before it falls again: that second the engine does not follow. */
function hasTimeToFlush(recipe: WorldRecipe, replication: number): boolean {
  const spans = occurrencesOf(aWorld(recipe), rootKey('oracle', replication));
  return spans.every(
    (one) =>
      one.fault.kind !== 'hang' ||
      spans.every(({ startUs, places }) => {
        const isNear = startUs > one.endUs && startUs < one.endUs + 1.1 * second;
        return !isNear || !places.some((where) => one.places.includes(where));
      }),
  );
}

function agree(worlds: fc.Arbitrary<WorldRecipe>, faults: fc.Arbitrary<readonly FaultOptions[]>, seed: number): void {
  fc.assert(
    fc.property(worlds, faults, fc.nat(1_000), (recipe, what, replication) => {
      const whole = { ...recipe, faults: what, durationUs };
      fc.pre(hasTimeToFlush(whole, replication));
      expectAgreement(whole, replication);
    }),
    { numRuns: Math.ceil(runs / 2), seed },
  );
}

test.each(Object.entries(verbs))('agents of nodes that %s do as the oracle plays it', (_, verb) => {
  agree(lists, fc.array(verb, { minLength: 1, maxLength: 2 }), 20_261_140);
});

test.each(Object.entries(verbs))('agents behind nginx whose nodes %s do as the oracle plays it', (_, verb) => {
  agree(behindNginx, fc.array(verb, { minLength: 1, maxLength: 2 }), 20_261_141);
});

const mixed = fc
  .tuple(fc.array(fc.oneof(...Object.values(verbs)), { minLength: 1, maxLength: 3 }), faultsAt(nodeNames, 2))
  .map(([some, others]) => [...some, ...others]);

test.each([
  ['with a list', lists],
  ['behind nginx', behindNginx],
])('agents %s live through all of it at once as the oracle plays it', (_, worlds) => {
  agree(worlds, mixed, 20_261_142);
});
