// Faults of every kind at places and at the balancer, many at once.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FaultOptions } from '../../src/models/fault.ts';
import { balances, type Books } from '../../src/models/ledger.ts';
import { runWorld } from '../../src/models/world.ts';
import { aWorld, fault, minute, nodeNames, second, timing, type WorldRecipe } from '../support/worlds.ts';

const isLong = process.env.FLEETFALL_LONG === '1';
const runs = isLong ? 2_000 : 60;
const patience = isLong ? 1_800_000 : 60_000;

const place = fc.constantFrom(...nodeNames);
const places = fc.uniqueArray(place, { minLength: 1, maxLength: 3 });
const when = fc
  .tuple(
    fc.option(fc.integer({ min: 0, max: 500 }), { freq: 8 }),
    fc.option(fc.constantFrom(1, 20, 70, 200, 500), { freq: 5 }),
  )
  .map(([at, length]) => timing(at, length));
const instant = fc.integer({ min: 0, max: 500 }).map((at) => timing(at, 0));
const down = fc.constantFrom(1, 30, 90);

const oneFault: fc.Arbitrary<FaultOptions> = fc.oneof(
  fc
    .record({ kind: fc.constantFrom('kill', 'powerOff', 'stop', 'zombie'), places, when })
    .map(({ kind, places: hit, when: at }): FaultOptions => ({ ...fault(kind, hit, 0, 0), ...at })),
  fc
    .record({ places, when, only: fc.constantFrom('remoted', 'authd', undefined) })
    .map(({ when: at, ...rest }): FaultOptions => ({ kind: 'hang', ...rest, ...at })),
  fc
    .record({ places, when, toShare: fc.constantFrom(0.1, 0.5, 1) })
    .map(({ when: at, ...rest }): FaultOptions => ({ kind: 'slow', ...rest, ...at })),
  fc.record({ places, instant, down }).map(({ places: hit, instant: at, down: seconds }): FaultOptions => ({
    kind: 'restart',
    places: hit,
    ...at,
    forUs: seconds * second,
  })),
  fc
    .record({ places, instant, down, pause: fc.constantFrom(0, 20) })
    .map(({ places: hit, instant: at, down: seconds, pause }): FaultOptions => ({
      kind: 'rolling',
      places: hit,
      ...at,
      downUs: seconds * second,
      pauseUs: pause * second,
      drainUs: 0,
    })),
  fc
    .record({ places, mtbf: fc.constantFrom(100, 600), mttr: fc.constantFrom(1, 60) })
    .map(({ places: hit, mtbf, mttr }): FaultOptions => ({
      ...fault('kill', hit, 0, 0),
      random: { mtbfUs: mtbf * second, mttrUs: mttr * second },
    })),
  instant.map((at): FaultOptions => ({ kind: 'reload', balancers: ['balancer'], product: null, ...at })),
  fc
    .record({ kind: fc.constantFrom('addNode', 'removeNode'), places, instant })
    .map(({ kind, places: hit, instant: at }): FaultOptions => ({ kind, places: hit, ...at })),
  when.map((at): FaultOptions => ({ ...fault('hang', 'balancer', 0, 0), ...at })),
  when.map((at): FaultOptions => ({ ...fault('kill', 'balancer', 0, 0), ...at })),
);

const recipe: fc.Arbitrary<WorldRecipe> = fc.record({
  groups: fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 12 }),
      version: fc.constantFrom('3.12.3', '3.13.6', '4.3.11', '4.9.2', '4.12.0', '4.14.7'),
      events: fc.record({
        ratePerSecond: fc.constantFrom(0.2, 5, 300),
        arrival: fc.constantFrom('poisson', 'regular'),
      }),
      agent: fc.constantFrom({}, { forceReconnectIntervalSeconds: 45 }, { clientBuffer: { disabled: true } }),
      protocol: fc.constantFrom('tcp', 'tcp', 'udp'),
      list: fc.option(fc.constantFrom([1, 2], [0, 1, 2]), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  faults: fc.array(oneFault, { minLength: 1, maxLength: 6 }),
  untilSettled: fc.boolean(),
  method: fc.constantFrom(
    { kind: 'hashConsistent', key: '$remote_addr' },
    { kind: 'roundRobin' },
    { kind: 'leastConn' },
  ),
  workers: fc.constantFrom(1, 3),
  workerConnections: fc.constantFrom(12, 10_000),
  sourcePorts: fc.constantFrom(3, 28_232),
  eventsPerSecond: fc.constantFrom(null, 5, 1_000),
  acceptQueue: fc.constantFrom(1, 128),
  durationUs: fc.constantFrom(5 * minute, 12 * minute),
});

/** An event has one fate, an agent one outage at a time, and nobody is counted twice among those who know nothing. */
function checkBooks(books: Books, agents: number): void {
  for (const counts of books.groups) {
    expect(balances(counts)).toBe(true);
    for (const part of [counts.produced, counts.delivered, counts.pending, ...Object.values(counts.lost)]) {
      expect(part).toBeGreaterThanOrEqual(0);
      expect(Number.isInteger(part)).toBe(true);
    }
  }
  for (const value of [...books.timeline.unaware, ...books.timeline.disconnected]) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(agents);
  }
  const ends = new Float64Array(agents).fill(-Infinity);
  const { outages } = books;
  for (let row = 0; row < outages.count; row++) {
    const agent = outages.agent[row]!;
    const broken = outages.brokenAtUs[row]!;
    expect(broken).toBeGreaterThanOrEqual(ends[agent]!);
    const parts = [outages.detectUs[row]!, outages.retryUs[row]!, outages.handshakeUs[row]!];
    ends[agent] = broken + parts.reduce((sum, part) => sum + Math.max(0, part), 0);
  }
}

/** What happened, without sums of small parts. */
function digest(world: WorldRecipe): unknown {
  const { groups, outages, nodeAtEnd } = runWorld(aWorld(world), { seed: 'digest', replication: 1 });
  const { agent, brokenAtUs, detectUs, retryUs, handshakeUs, end, fromNode, toNode } = outages;
  return { groups, nodeAtEnd, agent, brokenAtUs, detectUs, retryUs, handshakeUs, end, fromNode, toNode };
}

/** worker02 dies in a slice in which only the dust of a sum reaches it, below zero for one group. */
const dust: WorldRecipe = {
  groups: [
    { count: 2, version: '3.12.3', events: { ratePerSecond: 5, arrival: 'poisson' }, protocol: 'udp', list: [1, 2] },
    { count: 5, version: '3.12.3', events: { ratePerSecond: 300, arrival: 'poisson' } },
  ],
  faults: [
    {
      kind: 'rolling',
      places: ['worker02', 'master'],
      ...timing(266, 0),
      downUs: second,
      pauseUs: 0,
      drainUs: 0,
    },
    fault('kill', ['worker01', 'master', 'worker02'], 23, 200),
  ],
  workers: 3,
  workerConnections: 12,
  sourcePorts: 3,
  eventsPerSecond: 1_000,
  acceptQueue: 1,
  durationUs: 5 * minute,
};

test('no event vanishes whatever happens to places and to the balancer', { timeout: patience }, () => {
  fc.assert(
    fc.property(recipe, fc.integer({ min: 0, max: 1_000 }), (world, replication) => {
      const agents = world.groups.reduce((sum, { count }) => sum + count, 0);
      checkBooks(runWorld(aWorld(world), { seed: 'faults', replication }), agents);
    }),
    { numRuns: runs, seed: 20_261_124, examples: [[dust, 8]] },
  );
});

test('places that are hit together may be written in any order', { timeout: patience }, () => {
  fc.assert(
    fc.property(recipe, fc.constantFrom('kill', 'powerOff', 'hang', 'stop', 'zombie'), (world, kind) => {
      const books = (hit: readonly string[]): unknown =>
        digest({ ...world, faults: [fault(kind, hit, 100, 60)], durationUs: 5 * minute });

      expect(books(['worker02', 'master'])).toEqual(books(['master', 'worker02']));
    }),
    { numRuns: Math.ceil(runs / 6), seed: 20_261_124 },
  );
});

test('two faults of a kind that overlap at a place are one that lasts as long as both', { timeout: patience }, () => {
  fc.assert(
    fc.property(recipe, fc.constantFrom('powerOff', 'hang', 'zombie'), (world, kind) => {
      const run = (faults: readonly FaultOptions[]): unknown => digest({ ...world, faults, durationUs: 8 * minute });

      expect(run([fault(kind, 'worker01', 100, 60), fault(kind, 'worker01', 130, 90)])).toEqual(
        run([fault(kind, 'worker01', 100, 120)]),
      );
    }),
    { numRuns: Math.ceil(runs / 6), seed: 20_261_124 },
  );
});
