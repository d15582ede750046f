// What stands in front of remoted, as the oracle plays it: connections that wait to be taken, one a pass.
import fc from 'fast-check';
import { test } from 'vitest';
import {
  behindNginx,
  expectAgreement,
  faultsAt,
  listed,
  nodesUnreachable,
  runs,
  unreachable,
} from '../support/oracle/recipes.ts';
import { fault, minute, second, type GroupRecipe, type WorldRecipe } from '../support/worlds.ts';

/** From fourteen seconds a connection, when nobody has the patience to wait for the fifth, to more than anybody asks for. */
const acceptsPerSecond = fc.constantFrom(0.07, 0.9, 3, 40, 1_000);
const acceptQueue = fc.constantFrom(1, 3, 128);
/** No multiple of it is one of a retry's: who of two acts first at one instant is nobody's truth. */
const latencyUs = 1_237;

/** One agent a group, each a little farther away than the one before. */
const apartFromEachOther = fc.array(
  listed.map((group) => ({ ...group, count: 1 })),
  { minLength: 1, maxLength: 14 },
);

test('agents with a list wait in front of nodes that take a connection a pass as the oracle plays it', () => {
  fc.assert(
    fc.property(
      fc.record({
        groups: apartFromEachOther,
        faults: faultsAt(['worker01', 'worker02', 'master'], 3),
        unreachable,
        nodesUnreachable,
        acceptQueue,
        node: fc.record({ acceptsPerSecond }),
      }),
      fc.nat(1_000),
      (recipe, replication) =>
        expectAgreement({ ...recipe, latencyUs, durationUs: 9 * minute + 57 * second }, replication),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_140 },
  );
});

const atNodes = faultsAt(['worker01', 'worker02', 'master'], 3);
const atNginxToo = fc
  .tuple(faultsAt(['worker01', 'worker02', 'master'], 2), faultsAt(['balancer'], 1, ['kill', 'powerOff']))
  .map(([nodes, nginx]) => [...nodes, ...nginx]);

test.each([
  ['nodes', atNodes],
  ['nginx and nodes', atNginxToo],
])('nginx waits for nodes that take a connection a pass, through faults of %s, as the oracle plays it', (_, of) => {
  // One agent a group: who of two behind nginx acts first at one instant is nobody's truth.
  const groups = fc.array(
    listed.map((group) => ({ ...group, count: 1, protocol: 'tcp' as const, list: undefined })),
    { minLength: 1, maxLength: 9 },
  );
  fc.assert(
    fc.property(
      behindNginx,
      groups,
      of,
      fc.tuple(acceptQueue, acceptsPerSecond),
      fc.nat(1_000),
      (recipe, crowd, faults, [queue, rate], replication) =>
        expectAgreement(
          {
            ...recipe,
            groups: crowd,
            faults,
            latencyUs,
            acceptQueue: queue,
            node: { acceptsPerSecond: rate },
            durationUs: 9 * minute + 57 * second,
          },
          replication,
        ),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_141 },
  );
});

/** Agents of the workers alone: at the master they would enrol as well. */
const ofWorkers = fc
  .tuple(listed, fc.integer({ min: 1, max: 12 }), fc.constantFrom([1, 2], [2]))
  .map(([group, count, list]) => ({ ...group, count, list }));

/** The oracle plays every keepalive, the engine has them come evenly: µs of work that may stand in front of a startup or not. */
function workUs({ groups, node }: Pick<WorldRecipe, 'groups' | 'node'>, messages: number): number {
  const agents = groups.reduce((sum, { count }) => sum + count, 0);
  return (messages * agents * node!.controlCostUs!) / node!.workerPool! + node!.controlCostUs!; // all are given below
}

test('handlers that do the work of control messages themselves answer as the oracle plays it, to what keepalives make', () => {
  fc.assert(
    fc.property(
      fc.record({
        groups: fc.array(ofWorkers, { minLength: 1, maxLength: 2 }),
        faults: faultsAt(['worker01', 'worker02'], 3),
        node: fc.record({
          version: fc.constantFrom('3.13.6', '4.5.0', '4.9.2', '4.12.0'),
          workerPool: fc.constant(1),
          controlCostUs: fc.constant(400),
        }),
      }),
      fc.nat(1_000),
      // Up to five datagrams of an agent wait in front of a node that stands still, and all of them are worked on.
      (recipe, replication) =>
        expectAgreement(
          { ...recipe, latencyUs, durationUs: 6 * minute + 57 * second },
          replication,
          10,
          2 * latencyUs + workUs(recipe, 6),
        ),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_142 },
  );
});

test('one handler or four, a storm in front of them is answered as the oracle plays it, to what keepalives make', () => {
  fc.assert(
    fc.property(
      fc.record({
        groups: fc.array(
          ofWorkers.map((group) => ({ ...group, protocol: 'tcp' as const })),
          { minLength: 1, maxLength: 2 },
        ),
        // An agent that does not hear of it counts from its last ACK, whose second a keepalive's wait may move.
        faults: faultsAt(['worker01', 'worker02'], 3, ['kill']),
        node: fc.record({
          version: fc.constantFrom('3.13.6', '4.9.2', '4.12.0'),
          workerPool: fc.constantFrom(1, 4),
          controlCostUs: fc.constantFrom(3_000, 20_000),
        }),
      }),
      fc.nat(1_000),
      (recipe, replication) =>
        expectAgreement(
          { ...recipe, latencyUs, durationUs: 6 * minute + 57 * second },
          replication,
          10,
          2 * latencyUs + workUs(recipe, 2),
        ),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_143 },
  );
});

test('from 4.13 on nobody waits for the work of control messages, and it is what the oracle plays', () => {
  fc.assert(
    fc.property(
      fc.record({
        groups: apartFromEachOther,
        faults: faultsAt(['worker01', 'worker02'], 3),
        acceptQueue,
        node: fc.record({
          version: fc.constantFrom('4.13.0', '4.14.7'),
          acceptsPerSecond: fc.constantFrom(null, 3, 40),
          controlCostUs: fc.constantFrom(400, 20_000),
        }),
      }),
      fc.nat(1_000),
      (recipe, replication) =>
        expectAgreement({ ...recipe, latencyUs, durationUs: 6 * minute + 57 * second }, replication),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_144 },
  );
});

// Worlds in which engine and oracle once parted.
const quiet = { ratePerSecond: 0, arrival: 'regular' } as const;
const crowd = (over: Partial<GroupRecipe>): GroupRecipe[] => [
  { count: 10, version: '4.0.0', list: [2], events: quiet, ...over },
];
const stories: readonly (readonly [string, Partial<WorldRecipe> & Pick<WorldRecipe, 'groups'>, number])[] = [
  [
    'every SYN that a node that stands still drops for want of room is counted',
    {
      groups: crowd({ version: '4.14.9' }),
      acceptQueue: 1,
      node: { acceptsPerSecond: 0.9 },
      faults: [fault('hang', 'worker02', 7, 450)],
    },
    0,
  ],
  [
    'handshakes that end together in front of a node that stands still take no more room than there is',
    {
      groups: crowd({ version: '4.14.9', list: [1, 2] }),
      acceptQueue: 1,
      node: { acceptsPerSecond: 1_000 },
      faults: [fault('kill', 'worker01', 93, null), fault('hang', 'worker02', null, 450)],
    },
    0,
  ],
  [
    'a third packet that was forgotten is no SYN that waits, and a node that has died since answers it by RST',
    {
      groups: crowd({}),
      acceptQueue: 3,
      node: { acceptsPerSecond: 0.07 },
      faults: [
        {
          ...fault('kill', 'worker02', 13, 20),
          atUs: { fromUs: 13 * second, toUs: 43 * second },
          everyUs: minute,
          times: 3,
        },
      ],
      durationUs: 175 * second,
    },
    732, // the replication in which a SYN that was dropped is accepted when it comes again
  ],
  [
    'what nginx passes on behind a SYN that came again is repeated from then on',
    {
      // Three of them are the master's.
      groups: Array.from({ length: 9 }, () => ({ count: 1, version: '3.13.1', events: quiet })),
      method: { kind: 'hashConsistent', key: '$remote_addr' },
      workers: 1,
      latencyUs,
      acceptQueue: 1,
      node: { acceptsPerSecond: 0.07 },
      faults: [{ ...fault('kill', 'balancer', 0, 1), everyUs: minute, times: 2 }],
    },
    0,
  ],
  [
    'a node whose handlers have little to do has written of a backlog what it had before its last flush, to the event',
    {
      groups: [
        { count: 1, version: '3.13.1', list: [1, 2], events: quiet },
        { count: 2, version: '4.2.0', list: [2], events: { ratePerSecond: 3, arrival: 'regular' } },
      ],
      latencyUs,
      node: { version: '3.13.6', workerPool: 1, controlCostUs: 400 },
      faults: [
        { ...fault('kill', 'worker02', null, 70), everyUs: 130 * second, times: 2 },
        fault('kill', 'worker02', 211, null),
      ],
      durationUs: 417 * second,
    },
    267, // the replication in which the backlog comes in the tenth of a second in which worker02 writes for the last time
  ],
];

test.each(stories)('%s', (_, recipe, replication) => {
  expectAgreement({ durationUs: 10 * minute + 7 * second, ...recipe }, replication);
});
