// What the dashboard shows of small worlds: the engine counts what the oracle plays, message by message, sync by sync, sweep by
// sweep.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { disconnectionDefaults } from '../../src/models/cluster/timings.ts';
import type { Counts } from '../support/oracle/dashboard.ts';
import { faultsAt, runs } from '../support/oracle/recipes.ts';
import {
  aFleet,
  clusterCuts,
  places,
  restarts,
  statusDifferences,
  type StatusRecipe,
} from '../support/oracle/statusWorlds.ts';
import { fault, timing } from '../support/worlds.ts';

function expectAgreement(recipe: StatusRecipe, replication: number, counts: Counts = 'due'): void {
  const found = statusDifferences(recipe, replication, counts);
  expect(found, `replay: ${JSON.stringify({ recipe, replication })}`).toEqual([]);
}

test.each([
  ['nodes are killed', ['kill']],
  ['nodes lose their power', ['powerOff']],
  ['nodes hang', ['hang']],
  ['all of it happens', ['kill', 'powerOff', 'hang']],
] as const)('the dashboard shows what the oracle shows while %s', (_, kinds) => {
  fc.assert(
    fc.property(aFleet, faultsAt(places, 3, kinds), fc.nat(1_000), (recipe, faults, replication) =>
      expectAgreement({ ...recipe, faults }, replication),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_301 },
  );
});

test('the dashboard shows what the oracle shows while workers are cut off from the master and nodes fail', () => {
  fc.assert(
    fc.property(aFleet, clusterCuts, faultsAt(places, 2), fc.nat(1_000), (recipe, cuts, faults, replication) =>
      expectAgreement({ ...recipe, faults: [...cuts, ...faults] }, replication),
    ),
    { numRuns: runs, seed: 20_261_302 },
  );
});

test('the dashboard shows what the oracle shows of agents that restart', () => {
  fc.assert(
    fc.property(aFleet, restarts, faultsAt(places, 2), fc.nat(1_000), (recipe, restarted, faults, replication) =>
      expectAgreement({ ...recipe, faults: [...restarted, ...faults] }, replication),
    ),
    { numRuns: runs, seed: 20_261_303 },
  );
});

test('an agent that has been active and left again between two looks of monitord is told of, as the oracle says', () => {
  const quiet = { ratePerSecond: 0, arrival: 'regular' } as const;
  expectAgreement(
    {
      groups: [{ count: 1, version: '4.9.2', events: quiet, list: [1, 2], order: 'shuffled' }],
      disconnection: disconnectionDefaults('4.1.1'),
      faults: [
        { kind: 'restartAgents', groups: ['group0'], ...timing(66, 0), overUs: 0 },
        { kind: 'restartAgents', groups: ['group0'], ...timing(0, 0), overUs: 0 },
        fault('kill', 'worker02', 0, null),
        fault('powerOff', 'worker02', 55, null),
      ],
    },
    206, // the replication in which it is at worker02 first
  );
});

// docs/MODEL.md, "The cluster and the dashboard": the engine takes a keepalive for sent when it is due.
test('keepalives that count when they have been read change what is known by a sync or a sweep at most', () => {
  fc.assert(
    // A time not much above a notify time and a sync is decided by that second in every sweep.
    fc.property(
      aFleet.filter(({ disconnection }) => disconnection.thresholdSeconds >= 60),
      clusterCuts,
      faultsAt(places, 2),
      fc.nat(1_000),
      (fleet, cuts, faults, replication) =>
        expectAgreement({ ...fleet, faults: [...cuts, ...faults] }, replication, 'read'),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_304 },
  );
});
