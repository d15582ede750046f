// Whatever happens to a fleet, its books balance and its luck is its own.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { balances } from '../../src/models/ledger.ts';
import { runWorld } from '../../src/models/world.ts';
import { aWorld, fault, nodeNames, type GroupRecipe, type WorldRecipe } from '../support/worlds.ts';

const runs = process.env.FLEETFALL_LONG === '1' ? 5_000 : 50;

const group: fc.Arbitrary<GroupRecipe> = fc.record({
  count: fc.integer({ min: 1, max: 12 }),
  version: fc.constantFrom('3.12.3', '3.13.6', '4.0.0', '4.9.2', '4.11.0', '4.12.0', '4.14.7', '4.14.9', '5.0.0'),
  events: fc.record({
    ratePerSecond: fc.constantFrom(0, 0.05, 1, 7, 60, 600),
    arrival: fc.constantFrom('poisson', 'regular'),
    sizeBytes: fc.constantFrom(100, 300, 4_000),
    source: fc.constantFrom('logcollector', 'socket'),
  }),
  agent: fc.record(
    {
      clientBuffer: fc.record({ disabled: fc.boolean(), queueSize: fc.constantFrom(1, 50, 5_000) }),
      forceReconnectIntervalSeconds: fc.constantFrom(0, 45, 300),
      kernel: fc.record({
        sendBuffer: fc.record({
          silentBytes: fc.constantFrom(3_000, 75_000),
          hungBytes: fc.constantFrom(5_000, 2_000_000),
        }),
      }),
    },
    { requiredKeys: [] },
  ),
  protocol: fc.constantFrom('tcp', 'tcp', 'udp'),
  list: fc.option(fc.constantFrom([1, 2], [0, 1, 2], [2]), { nil: undefined }),
  order: fc.constantFrom('listed', 'shuffled', 'rotated'),
});

const faults = fc.array(
  fc
    .record({
      kind: fc.constantFrom('kill', 'powerOff', 'hang'),
      place: fc.constantFrom(...nodeNames, 'balancer'),
      at: fc.option(fc.integer({ min: 0, max: 1_000 }), { freq: 8 }),
      length: fc.option(fc.constantFrom(1, 20, 70, 200, 500), { freq: 5 }),
    })
    .map(({ kind, place, at, length }) => fault(kind, place, at, length)),
  { maxLength: 4 },
);

const world: fc.Arbitrary<WorldRecipe> = fc.record({
  groups: fc.array(group, { minLength: 1, maxLength: 2 }),
  faults,
  untilSettled: fc.boolean(),
  method: fc.constantFrom(
    { kind: 'hashConsistent', key: '$remote_addr' },
    { kind: 'hash', key: '$remote_addr$remote_port' },
    { kind: 'roundRobin' },
    { kind: 'leastConn' },
  ),
  workers: fc.constantFrom(1, 3),
  workerConnections: fc.constantFrom(12, 10_000),
  connectTimeoutUs: fc.constantFrom(2_000_000, 60_000_000, 70_000_000),
  unreachable: fc.record({
    agents: fc.constantFrom('routed', 'sameSegment'),
    balancer: fc.constantFrom('routed', 'sameSegment'),
  }),
  eventsPerSecond: fc.constantFrom(null, 5, 1_000),
  acceptQueue: fc.constantFrom(1, 128),
});

test('no event vanishes, and none is counted twice', () => {
  fc.assert(
    fc.property(world, fc.integer({ min: 0, max: 1_000 }), (recipe, replication) => {
      const books = runWorld(aWorld(recipe), { seed: 'books', replication });
      for (const counts of books.groups) {
        expect(balances(counts)).toBe(true);
        for (const part of [counts.produced, counts.delivered, counts.pending, ...Object.values(counts.lost)]) {
          expect(part).toBeGreaterThanOrEqual(0);
          expect(Number.isInteger(part)).toBe(true);
        }
      }
    }),
    { numRuns: runs, seed: 20_261_123 },
  );
});

test('the same seed gives the same books, and modes meet the same events', () => {
  fc.assert(
    fc.property(world, (recipe) => {
      const options = aWorld({ ...recipe, untilSettled: false });
      const first = runWorld(options, { seed: 'twice', replication: 3 });
      expect(runWorld(options, { seed: 'twice', replication: 3 })).toEqual(first);

      // Another mode with the same fleet: what is written does not depend on how agents connect (a blocked writer aside).
      const groups = recipe.groups.map((one) => ({
        ...one,
        list: one.list === undefined ? [1, 2] : undefined,
        events: { ...one.events!, source: 'logcollector' as const },
      }));
      const here = recipe.groups.map((one) => ({
        ...one,
        events: { ...one.events!, source: 'logcollector' as const },
      }));
      const written = (of: readonly GroupRecipe[]): number[] =>
        runWorld(aWorld({ ...recipe, groups: of, untilSettled: false }), { seed: 'twice', replication: 3 }).groups.map(
          ({ produced }) => produced,
        );
      expect(written(groups)).toEqual(written(here));
    }),
    { numRuns: Math.floor(runs / 5), seed: 20_261_123 },
  );
});

test('an agent ends where it can be: on a node, or on none', () => {
  fc.assert(
    fc.property(world, (recipe) => {
      const { outages, nodeAtEnd } = runWorld(aWorld(recipe), { seed: 'end', replication: 0 });
      for (let row = 0; row < outages.count; row++) {
        expect(outages.detectUs[row]!).toBeGreaterThanOrEqual(-1);
        expect(outages.retryUs[row]!).toBeGreaterThanOrEqual(-1);
        expect(outages.handshakeUs[row]!).toBeGreaterThanOrEqual(-1);
        expect(outages.toNode[row]!).toBeLessThan(nodeNames.length);
      }
      for (const node of nodeAtEnd) expect(node).toBeGreaterThanOrEqual(-1);
    }),
    { numRuns: runs, seed: 7 },
  );
});
