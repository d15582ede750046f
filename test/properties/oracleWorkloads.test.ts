// Rates that change with time, counted by the engine and played event by event by the oracle.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differences } from '../support/oracle/compare.ts';
import { expectAgreement, faultsAt, manyWays, runs, version } from '../support/oracle/recipes.ts';
import { aWorld, fault, minute, nodeNames, second, timing } from '../support/worlds.ts';

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

test('agents that look into their files now and then read, lose and leave there what the oracle says', () => {
  const group = fc.record({
    count: fc.integer({ min: 1, max: 2 }),
    version,
    events: fc.record({
      ratePerSecond: fc.constantFrom(0.05, 0.7, 23.7),
      arrival: fc.constant('regular' as const),
      files: fc.constantFrom(1, 3),
    }),
    agent: fc.record({
      internal: fc.record({
        logcollectorQueueSize: fc.constantFrom(16, 64, 1_024),
        logcollectorMaxLines: fc.constantFrom(0, 10, 30, 10_000),
      }),
      // Where in a reading the send buffer is full the engine does not follow.
      kernel: fc.constant({ sendBuffer: { silentBytes: 2_000_000, hungBytes: 2_000_000 } }),
      life: fc.record({ restartUs: fc.constantFrom(3.1 * second, 15.1 * second) }),
    }),
    list: manyWays,
  });
  // Which of them is the first that a silent host does not acknowledge, the engine does not follow either.
  const noticed = faultsAt(nodeNames, 2).map((faults) => faults.filter(({ kind }) => kind !== 'powerOff'));
  // The lines of a reading leave one by one; a break among them and the run's end move so many.
  const twoReadings = 96;
  const restarts = fc.integer({ min: 0, max: 1_000 }).map((quarters) => ({
    kind: 'restartAgents' as const,
    groups: ['group0'],
    ...timing(quarters / 4 + 3 / 64, 0),
    overUs: 0,
  }));
  fc.assert(
    fc.property(group, noticed, fc.option(restarts), fc.nat(1_000), (one, faults, told, replication) =>
      expectAgreement(
        { groups: [one], faults: told ? [...faults, told] : faults, durationUs: 5 * minute + 7 * second },
        replication,
        twoReadings,
      ),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_160 },
  );
});

const restarts = fc.integer({ min: 0, max: 1_000 }).map((quarters) => ({
  kind: 'restartAgents' as const,
  groups: ['group0'],
  ...timing(quarters / 4 + 3 / 64, 0),
  overUs: 0,
}));

test('records of event channels wait where they are from while the lock is set, and fill the buffer of an agent that sleeps', () => {
  const group = fc.record({
    count: fc.integer({ min: 1, max: 2 }),
    version,
    platform: fc.constant('windows' as const),
    events: fc.record({
      ratePerSecond: fc.constantFrom(0.05, 0.7, 7, 23.7),
      arrival: fc.constant('regular' as const),
      source: fc.constant('eventChannel' as const),
    }),
    agent: fc.record({
      clientBuffer: fc.record({ queueSize: fc.constantFrom(50, 700, 5_000) }),
      kernel: fc.record({
        sendBuffer: fc.record({
          silentBytes: fc.constantFrom(3_000, 75_000),
          hungBytes: fc.constantFrom(5_000, 2_000_000),
        }),
      }),
      life: fc.record({ onlyFutureEvents: fc.boolean(), restartUs: fc.constantFrom(3.1 * second, 15.1 * second) }),
    }),
    list: fc.constantFrom([1, 2], [0, 1, 2]),
  });
  fc.assert(
    fc.property(group, faultsAt(nodeNames, 2), fc.option(restarts), fc.nat(1_000), (one, faults, told, replication) =>
      expectAgreement(
        { groups: [one], faults: told ? [...faults, told] : faults, durationUs: 9 * minute + 57 * second },
        replication,
        // What came within the second before an agent left a node; the event that comes next to a burst that has filled the buffer.
        16,
      ),
    ),
    { numRuns: runs, seed: 20_261_161 },
  );
});

test('lines in files that are read again from where logcollector stopped, or are passed over, end as the oracle says', () => {
  const group = fc.record({
    count: fc.integer({ min: 1, max: 2 }),
    version,
    events: fc.record({
      ratePerSecond: fc.constantFrom(0.7, 5, 23.7),
      arrival: fc.constant('regular' as const),
      files: fc.constantFrom(null, 1, 3),
    }),
    agent: fc.record({
      internal: fc.record({
        logcollectorQueueSize: fc.constantFrom(64, 1_024),
        logcollectorMaxLines: fc.constantFrom(0, 30, 10_000),
      }),
      kernel: fc.constant({ sendBuffer: { silentBytes: 2_000_000, hungBytes: 2_000_000 } }),
      life: fc.record({ onlyFutureEvents: fc.boolean(), restartUs: fc.constantFrom(3.1 * second, 15.1 * second) }),
    }),
    list: fc.constantFrom([1, 2], [0, 1, 2]),
  });
  const noticed = faultsAt(nodeNames, 2).map((faults) => faults.filter(({ kind }) => kind !== 'powerOff'));
  fc.assert(
    fc.property(
      group,
      noticed,
      fc.array(restarts, { minLength: 1, maxLength: 2 }),
      fc.nat(1_000),
      (one, faults, told, replication) =>
        expectAgreement(
          { groups: [one], faults: [...faults, ...told], durationUs: 5 * minute + 7 * second },
          replication,
          96,
        ),
    ),
    { numRuns: runs, seed: 20_261_162 },
  );
});

test('lines of a look fill a send buffer one by one, and what has no room waits, as the oracle plays it', () => {
  const group = fc.record({
    count: fc.constant(1),
    version,
    events: fc.record({
      ratePerSecond: fc.constantFrom(0.7, 7),
      arrival: fc.constant('regular' as const),
      files: fc.constantFrom(1, 3),
    }),
    agent: fc.record({
      kernel: fc.record({
        sendBuffer: fc.record({
          silentBytes: fc.constantFrom(3_000, 75_000),
          hungBytes: fc.constantFrom(5_000, 2_000_000),
        }),
      }),
    }),
    list: fc.constantFrom([1, 2], [0, 1, 2]),
  });
  fc.assert(
    fc.property(group, faultsAt(nodeNames, 2, ['kill', 'hang']), fc.nat(1_000), (one, faults, replication) =>
      expectAgreement(
        { groups: [one], faults, durationUs: 9 * minute + 57 * second },
        replication,
        // A break in the midst of the lines of a look moves those of one, at each of up to six breaks.
        2 * 7 * 6,
      ),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_163 },
  );
});

test('a keepalive that is due with a look leaves before its lines have filled the send buffer', () => {
  // The agent falls asleep with the next one, 10 s later.
  const recipe = {
    groups: [
      {
        count: 1,
        version: '4.0.0',
        list: [1, 2],
        events: { ratePerSecond: 7, arrival: 'regular' as const, files: 1 },
        agent: { kernel: { sendBuffer: { silentBytes: 3_000, hungBytes: 5_000 } } },
      },
    ],
    faults: [{ ...fault('hang', 'worker01', 65, null), atUs: { fromUs: 65 * second, toUs: 95 * second } }],
    durationUs: 9 * minute + 57 * second,
  };
  expectAgreement(recipe, 3);
});
