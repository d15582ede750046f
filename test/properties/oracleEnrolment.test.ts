// Agents without a key come into small worlds: the engine counts what the oracle plays, message by message and tick by tick.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FaultOptions } from '../../src/models/fault.ts';
import { runWorld } from '../../src/models/world.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';
import { aRollout, enroll, type Rollout } from '../support/enrolments.ts';
import { differences } from '../support/oracle/compare.ts';
import { nodesUnreachable, runs, unreachable } from '../support/oracle/recipes.ts';
import { clusterCuts } from '../support/oracle/statusWorlds.ts';
import { fault, minute, second, type GroupRecipe, nginxIn } from '../support/worlds.ts';

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
  const world = registeredThroughBalancer(aRollout(recipe), recipe.registration ?? [0]);
  // Groups lie apart: who of two acts first at one instant is nobody's truth.
  const apart = {
    ...world,
    groups: world.groups.map((group, index) => ({ ...group, latencyUs: 1_000 + 130 * index })),
  };
  const found = differences(apart, { seed: 'oracle', replication }, { us, events: 0 });
  expect(found, `replay: ${JSON.stringify({ recipe, replication })}`).toEqual([]);
}

/** The balancer's registration port leads to the nodes that listen there. */
function registeredThroughBalancer(world: WorldOptions, nodes: readonly number[]): WorldOptions {
  return {
    ...world,
    balancers: world.balancers.map((balancer) => {
      const nginx = nginxIn(world);
      const [events, registration] = nginx.upstreams;
      const peers = nodes.map((node) => {
        const peer = events!.peers[node]!;
        return { ...peer, port: 1515, serverText: `${peer.address}:1515` };
      });
      const upstreams = [events!, { ...registration!, peers }];
      return { ...balancer, product: { kind: 'nginx', nginx: { ...nginx, upstreams } } };
    }),
  };
}

/** No two faults begin at one instant, nor one with a try of a worker ten seconds behind another. */
function apartInTime(faults: readonly FaultOptions[]): readonly FaultOptions[] {
  return faults.map((one, index) => {
    const laterUs = 370_000 * (index + 1);
    return { ...one, atUs: one.atUs && { fromUs: one.atUs.fromUs + laterUs, toUs: one.atUs.toUs + laterUs } };
  });
}

/** What an agent wrote in the second before its nginx broke counts as flushed (docs/MODEL.md, "Approximations"). */
function fallsUnflushed(faults: readonly FaultOptions[]): boolean {
  const startsOf = (isOfNginx: boolean): number[] =>
    faults.flatMap((one) =>
      'places' in one && one.atUs && one.places.includes('balancer') === isOfNginx ? [one.atUs.fromUs] : [],
    );
  return startsOf(true).some((nginxUs) =>
    startsOf(false).some((nodeUs) => nodeUs > nginxUs && nodeUs < nginxUs + 2 * second),
  );
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

test.each([
  ['nothing happens', ['kill'], ['master'], 0],
  ['nodes and nginx are killed', ['kill'], ['master', 'master', 'worker01', 'worker02', 'balancer'], 3],
  ['nodes and nginx lose their power', ['powerOff'], ['master', 'master', 'worker01', 'worker02', 'balancer'], 3],
  ['the master hangs', ['hang'], ['master'], 2],
] as const)('agents enrol behind nginx while %s as the oracle plays it', (_, kinds, places, most) => {
  const behind = groups.map((all) => all.map((group) => ({ ...group, protocol: 'tcp' as const, list: undefined })));
  const fleet = fc.record({
    ...common,
    groups: behind,
    registration: fc.constantFrom([0], [0, 1, 2]),
    workers: fc.constantFrom(1, 2),
    unreachable,
    nodesUnreachable,
  });
  // Which of two that are alike in everything nginx reads first, when an address is found dead as the other comes, is nobody's truth.
  const comesApart = (all: readonly FaultOptions[]): readonly FaultOptions[] =>
    kinds[0] !== 'powerOff'
      ? all
      : all.map((one) => (one.kind === 'enroll' && one.overUs === 0 ? { ...one, overUs: 137_000 } : one));
  // A thread that waits for one client after the other is busy from the SYN that nginx gets: a few ways early.
  const us = most === 0 ? 0 : kinds[0] === 'hang' ? 20_000 : 5_000;
  fc.assert(
    fc.property(
      fleet,
      newcomers,
      faultsAt(places, kinds, most).filter((faults) => !fallsUnflushed(apartInTime(faults))),
      fc.nat(1_000),
      (recipe, enrolments, faults, replication) =>
        expectAgreement(
          {
            ...recipe,
            faults: [...comesApart(enrolments), ...apartInTime(faults)],
            durationUs: 9 * minute + 57 * second,
          },
          replication,
          us,
        ),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_203 },
  );
});

test('nginx reads what has come before it looks at its timers: two that began together, a time-out apart', () => {
  expectAgreement(
    {
      groups: [{ count: 3, version: '3.13.6', events: { ratePerSecond: 0, arrival: 'regular' } }],
      managers: '4.2.7',
      registration: [0, 1, 2],
      workers: 1,
      faults: [enroll(1, 2), fault('powerOff', 'master', 0.37, null)],
      durationUs: 9 * minute + 57 * second,
    },
    0,
  );
});

test('authd finds closed connections instead of clients whose nginx has lost its power, and asks the master for none of them', () => {
  expectAgreement(
    {
      groups: [
        {
          count: 3,
          version: '3.13.6',
          events: { ratePerSecond: 0, arrival: 'regular' },
          agent: { enrollment: { enabled: true, delayAfterEnrollmentSeconds: 1 } },
        },
      ],
      managers: '4.2.7',
      registration: [0, 1, 2],
      workers: 1,
      unreachable: { agents: 'routed', balancer: 'routed' },
      nodesUnreachable: ['sameSegment', undefined, undefined],
      faults: [enroll(125, 3, 7), fault('powerOff', 'balancer', 171.37, 1), fault('powerOff', 'master', 51.74, 200)],
      durationUs: 9 * minute + 57 * second,
    },
    1,
  );
});

test('agents enrol while workers are cut off from the master as the oracle plays it', () => {
  fc.assert(
    fc.property(
      fc.record({ ...common, unreachable, nodesUnreachable }),
      newcomers,
      clusterCuts,
      faultsAt(['master', 'worker01', 'worker02'], ['kill'], 2),
      fc.nat(1_000),
      (recipe, enrolments, cuts, faults, replication) =>
        expectAgreement(
          {
            ...recipe,
            faults: [...enrolments, ...apartInTime([...cuts, ...faults])],
            durationUs: 9 * minute + 57 * second,
          },
          replication,
        ),
    ),
    { numRuns: runs, seed: 20_261_204 },
  );
});

test.each([
  ['4.12.0', [0]],
  ['4.13.1', undefined],
] as const)('more than a thousand at once are told so by authd of %s as the oracle plays it', (managers, list) => {
  const crowd = 1_020;
  const recipe: Rollout = {
    managers,
    serviceMs: 20,
    groups: [{ count: crowd, version: '4.9.2', events: { ratePerSecond: 0 }, ...(list && { list }) }],
    faults: [enroll(5, crowd)],
    durationUs: 40 * second,
  };
  const { failed } = runWorld(aRollout(recipe), { seed: 'oracle', replication: 0 }).enrolment;

  // main-server.c, AUTH_POOL: 1000.
  expect(failed.reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(20);
  expectAgreement(recipe, 0, list ? 0 : 1_000);
});
