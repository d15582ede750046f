// What nodes that cannot take everything make of their events: remoted's queue, analysisd's ring, its pace, an EPS limit, and a node
// that is slowed down. Counted by the engine in slices of 100 ms and played event by event by the oracle.
import fc from 'fast-check';
import { test } from 'vitest';
import type { FaultOptions } from '../../src/models/fault.ts';
import { rootKey } from '../../src/kernel/random.ts';
import { occurrencesOf } from '../support/oracle/plan.ts';
import { expectAgreement, faultsAt, manyWays, runs, version } from '../support/oracle/recipes.ts';
import { aWorld, minute, nodeNames, second, timing, type WorldRecipe } from '../support/worlds.ts';

const group = fc.record({
  count: fc.constantFrom(1, 3),
  version,
  events: fc.record({
    ratePerSecond: fc.constantFrom(3, 40, 90),
    arrival: fc.constantFrom('regular', 'poisson'),
    source: fc.constant('logcollector' as const),
  }),
  list: manyWays,
});

/** What a node can take, small enough for the rates above to be too many now and then. */
const limits = fc.record({
  version: fc.constantFrom('4.12.0', '4.14.7'),
  eventsPerSecond: fc.constantFrom(null, 30, 100, 1_000),
  epsLimit: fc.constantFrom(
    null,
    { maximum: 20, timeframeSeconds: 10 },
    { maximum: 60, timeframeSeconds: 1 },
    { maximum: 97, timeframeSeconds: 3 },
  ),
  analysisQueueSize: fc.constantFrom(128, 1_000, 16_384),
  queueSize: fc.constantFrom(200, 700, 131_072),
});

const slow = fc
  .tuple(
    fc.constantFrom(...nodeNames),
    fc.option(fc.integer({ min: 0, max: 240 }), { freq: 8 }),
    fc.constantFrom(1, 20, 70),
    fc.constantFrom(0.1, 0.5, 0.9),
  )
  .map(([place, at, length, toShare]) => ({
    kind: 'slow' as const,
    places: [place],
    ...timing(at, length),
    toShare,
  }));

/** A world has tens of thousands of events. */
const worlds = Math.ceil(runs / (runs > 100 ? 2 : 4));

const durationUs = 5 * minute + 7 * second;

/**
 * The engine knows what comes, and the states of a node, to the slice: what comes within one for each change, when the agents send as
 * fast as they may, and of what comes at one instant, when a node goes on, as much more as it can analyse in one. It spreads the events
 * of Poisson agents evenly between two looks at them, so that no queue comes of their chance.
 */
function tolerance(recipe: WorldRecipe, replication: number): number {
  const { count, events } = recipe.groups[0]!;
  const { eventsPerSecond, epsLimit } = recipe.node!;
  const spans = occurrencesOf(aWorld(recipe), rootKey('oracle', replication));
  const able = eventsPerSecond ? eventsPerSecond / 10 : epsLimit ? epsLimit.maximum * epsLimit.timeframeSeconds : 0;
  // Without a pace the credits of a second go at its first instant, in the engine within a slice.
  const atOnce = eventsPerSecond === null && epsLimit ? epsLimit.maximum : 0;
  const goOn = spans.filter(({ fault: { kind } }) => kind === 'hang').length * able;
  return 3 + (0.2 * spans.length + 0.2) * count * 50 + atOnce + goOn + (events!.arrival === 'poisson' ? 80 : 0);
}

function agree(faults: fc.Arbitrary<readonly FaultOptions[]>, seed: number): void {
  fc.assert(
    fc.property(group, limits, faults, fc.nat(1_000), (one, node, what, replication) => {
      const recipe = { groups: [one], node, faults: what, durationUs };
      expectAgreement(recipe, replication, tolerance(recipe, replication));
    }),
    { numRuns: worlds, seed },
  );
}

test('nodes with small queues, a pace and an EPS limit lose and keep what the oracle says', () => {
  agree(faultsAt(['worker01', 'worker02'], 2), 20_261_170);
});

test('nodes that are slowed down, alone or while others are in trouble, lose and keep what the oracle says', () => {
  agree(
    fc
      .tuple(fc.array(slow, { minLength: 1, maxLength: 3 }), faultsAt(['worker01', 'worker02'], 1))
      .map(([some, others]) => [...some, ...others]),
    20_261_171,
  );
});
