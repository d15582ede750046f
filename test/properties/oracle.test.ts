// The engine counts what the oracle plays one by one: on small worlds both tell the same story.
import fc from 'fast-check';
import { test } from 'vitest';
import {
  behindNginx,
  expectAgreement,
  faultsAt,
  listed,
  manyWays,
  nodesUnreachable,
  ownUnreachable,
  runs,
  unreachable,
  version,
} from '../support/oracle/recipes.ts';
import { fault, minute, second, type GroupRecipe, type WorldRecipe } from '../support/worlds.ts';

test('agents with a list of servers live through faults as the oracle plays it, instant by instant', () => {
  fc.assert(
    fc.property(
      fc.record({
        groups: fc.array(
          fc.tuple(listed, ownUnreachable).map(([one, own]) => ({ ...one, unreachable: own })),
          { minLength: 1, maxLength: 2 },
        ),
        faults: faultsAt(['worker01', 'worker02', 'master'], 3),
        unreachable,
        nodesUnreachable,
        untilSettled: fc.boolean(),
      }),
      fc.nat(1_000),
      (recipe, replication) => expectAgreement({ ...recipe, durationUs: 9 * minute + 57 * second }, replication),
    ),
    { numRuns: runs, seed: 20_261_124 },
  );
});

test.each([
  ['nodes', ['worker01', 'worker02', 'master']],
  ['nginx itself', ['balancer']],
  ['nginx and nodes', ['balancer', 'worker01', 'worker02', 'master']],
])('agents behind nginx live through faults of %s as the oracle plays it', (_, places) => {
  fc.assert(
    fc.property(behindNginx, faultsAt(places, 3), fc.nat(1_000), (recipe, faults, replication) =>
      expectAgreement({ ...recipe, faults, durationUs: 9 * minute + 57 * second }, replication),
    ),
    { numRuns: runs, seed: 20_261_125 },
  );
});

test('agents of 3.12 and 3.13.0 ask on the connection they have, then walk down their list, as the oracle plays it', () => {
  const walker = fc
    .tuple(listed, fc.constantFrom('3.12.0', '3.12.3', '3.13.0'), fc.constantFrom([1, 2], [0, 1, 2], [2], undefined))
    .map(([group, old, list]) => ({
      ...group,
      version: old,
      list,
      count: list === undefined ? 1 : group.count,
      protocol: list === undefined ? ('tcp' as const) : group.protocol,
      // A second message that fails costs a second: whether the dispatcher sends one in the milliseconds in which the main thread
      // handles a connection that was closed, the oracle does not play.
      events: { ratePerSecond: group.events!.ratePerSecond > 0.1 ? 0.05 : 0, arrival: 'regular' as const },
    }));
  fc.assert(
    fc.property(
      fc.record({
        groups: fc.array(walker, { minLength: 1, maxLength: 2 }),
        faults: faultsAt(['worker01', 'worker02', 'master'], 3),
        unreachable,
      }),
      fc.nat(1_000),
      (recipe, replication) => expectAgreement({ ...recipe, durationUs: 12 * minute + 7 * second }, replication),
    ),
    { numRuns: runs, seed: 20_261_130 },
  );
});

test('agents whose send buffers fill freeze and wake as the oracle plays it, from files and from sockets', () => {
  const group = fc.record({
    count: fc.integer({ min: 1, max: 2 }),
    version,
    events: fc.record({
      ratePerSecond: fc.constantFrom(0.05, 1, 7),
      arrival: fc.constant('regular' as const),
      sizeBytes: fc.constantFrom(300, 2_500),
      source: fc.constantFrom('logcollector', 'socket'),
    }),
    agent: fc.record({
      clientBuffer: fc.record({ disabled: fc.boolean() }),
      kernel: fc.record({
        sendBuffer: fc.record({
          silentBytes: fc.constantFrom(3_000, 75_000),
          hungBytes: fc.constantFrom(5_000, 2_000_000),
        }),
      }),
    }),
    list: manyWays,
  });
  fc.assert(
    fc.property(
      fc.record({ groups: fc.tuple(group), faults: faultsAt(['worker01', 'worker02', 'master'], 2), unreachable }),
      fc.nat(1_000),
      (recipe, replication) => expectAgreement({ ...recipe, durationUs: 15 * minute + 7 * second }, replication),
    ),
    { numRuns: runs, seed: 20_261_126 },
  );
});

test('agents that are made to reconnect do so in the turn in which the oracle plays it', () => {
  const group = fc.tuple(listed, fc.constantFrom(45, 100), manyWays).map(([one, interval, list]) => ({
    ...one,
    list,
    protocol: list === undefined ? ('tcp' as const) : one.protocol,
    count: list === undefined ? 1 : one.count,
    agent: { forceReconnectIntervalSeconds: interval },
  }));
  fc.assert(
    fc.property(
      fc.record({
        groups: fc.array(group, { minLength: 1, maxLength: 2 }),
        faults: faultsAt(['worker01', 'master'], 2),
      }),
      fc.nat(1_000),
      // What an agent wrote within the second before it left a node is not followed to the node's next flush.
      (recipe, replication) => expectAgreement({ ...recipe, durationUs: 6 * minute + 7 * second }, replication, 10),
    ),
    { numRuns: runs, seed: 20_261_127 },
  );
});

test('buffers that are too small for what comes in lose what the oracle loses', () => {
  const group = fc.record({
    count: fc.integer({ min: 1, max: 2 }),
    version,
    events: fc.record({
      ratePerSecond: fc.constantFrom(0.97, 29.3, 61.7),
      arrival: fc.constant('regular' as const),
      source: fc.constantFrom('logcollector', 'socket'),
    }),
    agent: fc.record({
      clientBuffer: fc.record({
        queueSize: fc.constantFrom(1, 50, 5_000),
        eventsPerSecond: fc.constantFrom(50, 100, 500),
      }),
      internal: fc.record({ logcollectorQueueSize: fc.constantFrom(8, 64, 1_024) }),
    }),
    list: manyWays,
  });
  fc.assert(
    fc.property(
      fc.record({ groups: fc.tuple(group), faults: faultsAt(['worker01', 'worker02'], 2) }),
      fc.nat(1_000),
      // An event that comes within the dispatcher's first slot behind a burst that filled the buffer: once a burst.
      (recipe, replication) => expectAgreement({ ...recipe, durationUs: 5 * minute + 7 * second }, replication, 6),
    ),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_128 },
  );
});

test('nodes with a limit analyse, lose and keep what the oracle says, to what comes in within a few slices', () => {
  const group = fc.record({
    count: fc.constant(1),
    version,
    events: fc.record({
      ratePerSecond: fc.constantFrom(0.7, 3, 70),
      arrival: fc.constantFrom('regular', 'poisson'),
      source: fc.constant('logcollector' as const),
    }),
    list: manyWays,
  });
  fc.assert(
    fc.property(
      fc.record({
        groups: fc.tuple(group),
        faults: faultsAt(['worker01', 'worker02'], 2),
        eventsPerSecond: fc.constantFrom(5, 1_000),
      }),
      fc.nat(1_000),
      // Queues are kept in slices of 100 ms.
      (recipe, replication) => expectAgreement({ ...recipe, durationUs: 6 * minute + 7 * second }, replication, 30),
    ),
    { numRuns: Math.ceil(runs / 4), seed: 20_261_129 },
  );
});

// Worlds in which engine and oracle once parted.
const quiet = { ratePerSecond: 0, arrival: 'regular' } as const;
const busy = { ratePerSecond: 2, arrival: 'regular' } as const;
const agents = (over: Partial<GroupRecipe>): GroupRecipe[] => [
  { count: 4, version: '4.9.2', list: [1, 2], events: busy, ...over },
];
const stories: readonly (readonly [string, Partial<WorldRecipe> & Pick<WorldRecipe, 'groups'>])[] = [
  [
    'an event that wakes an agent that notices silence is sent before',
    { groups: agents({}), faults: [fault('powerOff', 'worker01', 100, 200)] },
  ],
  ['a node that hangs from the start accepts', { groups: agents({}), faults: [fault('hang', 'worker01', null, 200)] }],
  [
    'what a hung node has read and not flushed is no part of a refused connection',
    { groups: agents({ list: undefined }), faults: [fault('hang', 'worker01', 100, 500)] },
  ],
  [
    'who waits at the registration port of a hung node does not make it refuse what he left behind',
    { groups: agents({ version: '4.14.7', list: [0, 1, 2] }), faults: [fault('hang', 'master', 0, 450)] },
  ],
  [
    'a node that is back too shortly for a keepalive sends no ACK',
    {
      groups: agents({ protocol: 'udp', events: quiet }),
      faults: [fault('kill', 'worker01', 232, 20), fault('kill', 'worker01', 253, null)],
    },
  ],
  [
    'the host of a hung node goes off: what the node had acknowledged is not sent again',
    {
      groups: agents({ list: [0, 1, 2], events: quiet }),
      faults: [fault('powerOff', 'master', 2, 1), fault('hang', 'master', 0, null)],
    },
  ],
  [
    'a hang that follows another leaves no instant in between',
    { groups: agents({}), faults: [fault('hang', 'worker01', 190, 70), fault('hang', 'worker01', 260, null)] },
  ],
  [
    'behind nginx it is nginx that repeats what a silent node does not acknowledge',
    {
      groups: agents({ count: 8, list: undefined, events: { ratePerSecond: 0.7, arrival: 'regular' } }),
      faults: [fault('powerOff', 'master', 137, 1), fault('powerOff', 'worker01', 138, 1)],
    },
  ],
  [
    'nginx forgets the failures of a peer when its answer comes, not when it is asked',
    {
      groups: [...agents({ count: 1, list: undefined }), ...agents({ count: 1, list: undefined })],
      workers: 1,
      faults: [fault('kill', 'master', 0, null), fault('kill', 'worker01', 1, 20), fault('kill', 'worker02', 11, null)],
    },
  ],
  [
    'logcollector wakes the main loop when it lets go, not when it reads',
    {
      groups: agents({ count: 3, list: undefined, events: { ratePerSecond: 0.05, arrival: 'regular' } }),
      method: { kind: 'roundRobin' },
      workers: 1,
      unreachable: { agents: 'routed', balancer: 'routed' },
      faults: [fault('powerOff', 'worker01', 147, 1), fault('hang', 'master', 15, null)],
    },
  ],
  [
    'the ACKs of what a hung nginx held come over the node',
    {
      groups: agents({ count: 3, list: undefined, events: quiet }),
      faults: [fault('powerOff', 'balancer', 21, null), fault('hang', 'balancer', 0, 20)],
    },
  ],
  [
    'a host that is off again before it was asked still has to be found out',
    {
      groups: agents({ list: undefined, events: quiet }),
      unreachable: { agents: 'routed', balancer: 'routed' },
      faults: [fault('powerOff', 'worker01', 216, null), fault('powerOff', 'worker01', 195, 20)],
    },
  ],
  [
    'an agent that freezes has read the event that woke it',
    {
      groups: agents({ count: 3, list: undefined, version: '4.0.0', events: { ratePerSecond: 3, arrival: 'regular' } }),
      faults: [fault('powerOff', 'balancer', 201, null), fault('powerOff', 'balancer', null, 200)],
    },
  ],
  [
    'a forced reconnect comes in the turn that the ACKs of the keepalives have moved',
    { groups: agents({ events: quiet, agent: { forceReconnectIntervalSeconds: 45 } }) },
  ],
  [
    'the missing ACK comes before a reconnect that is due',
    {
      groups: agents({ version: '4.14.7', events: quiet, agent: { forceReconnectIntervalSeconds: 100 } }),
      faults: [fault('hang', 'worker01', 251, null)],
    },
  ],
  [
    'a main thread without a buffer freezes with an event in its hand',
    {
      groups: agents({
        events: { ratePerSecond: 7, arrival: 'regular' },
        agent: {
          clientBuffer: { disabled: true },
          kernel: { sendBuffer: { silentBytes: 3_000, hungBytes: 5_000 } },
        },
      }),
      faults: [fault('powerOff', 'worker01', 0, 450), fault('hang', 'worker02', 0, 450)],
    },
  ],
  [
    'what a frozen agent had sent into a host that is back as another is lost',
    {
      groups: agents({
        protocol: 'tcp',
        events: { ratePerSecond: 0.05, arrival: 'regular', sizeBytes: 2_500, source: 'socket' },
        agent: { kernel: { sendBuffer: { silentBytes: 3_000 } } },
      }),
      faults: [fault('powerOff', 'worker01', 42, 450)],
    },
  ],
  [
    'a dispatcher that goes on before logcollector drains its backlog slot by slot',
    {
      groups: agents({
        events: { ratePerSecond: 61.7, arrival: 'regular' },
        agent: { clientBuffer: { queueSize: 50, eventsPerSecond: 50 } },
      }),
      faults: [fault('kill', 'worker01', 77, null)],
      durationUs: 133 * second,
    },
  ],
  [
    'an agent of 3.12 that asks on a connection of which it has noticed that it is gone is on no node',
    { groups: agents({ version: '3.12.3', events: quiet }), faults: [fault('kill', 'worker01', 100, null)] },
  ],
  [
    'a startup message on an old connection is the first that a silent host does not acknowledge',
    {
      groups: agents({ count: 8, version: '3.12.3', list: undefined, events: quiet }),
      unreachable: { agents: 'routed', balancer: 'routed' },
      faults: [fault('hang', 'worker02', 130, 70), fault('powerOff', 'worker02', 181, 2)],
    },
  ],
  [
    'an answer that waits to be read may come from a node that has gone since',
    {
      groups: agents({ count: 40, version: '3.12.3', protocol: 'udp', events: quiet }),
      faults: [fault('kill', 'worker01', 127, null), fault('kill', 'worker02', 217, null)],
    },
  ],
  [
    'a round that has been in vain is over when the next connection stands, not when it answers',
    {
      groups: agents({ count: 40, version: '3.12.3', list: [1, 2], events: quiet }),
      faults: [fault('hang', 'worker01', null, null), fault('kill', 'worker01', 200, null)],
    },
  ],
  [
    'a run goes on while somebody waits for a look at the lock that lies behind its end',
    {
      groups: agents({ count: 8, version: '4.9.2', events: { ratePerSecond: 0.7, arrival: 'regular' } }),
      untilSettled: true,
      durationUs: 154 * second,
      faults: [fault('kill', 'worker01', 100, null)],
    },
  ],
  [
    'a send buffer that a hung node has filled stays full when its host goes off',
    {
      groups: agents({
        events: { ratePerSecond: 7, arrival: 'regular' },
        agent: { kernel: { sendBuffer: { silentBytes: 3_000, hungBytes: 5_000 } } },
      }),
      faults: [fault('hang', 'worker01', 100, null), fault('powerOff', 'worker01', 106, null)],
    },
  ],
];

const quietOne: GroupRecipe = { count: 1, version: '3.13.1', events: quiet };

/** Worlds that chance has found. */
const found: readonly (readonly [string, WorldRecipe, number])[] = [
  [
    'a keepalive that falls due as the ACK of a session that has healed comes leaves with it, and has its own',
    {
      groups: [quietOne, quietOne],
      unreachable: { agents: 'routed', balancer: 'routed' },
      method: { kind: 'hashConsistent', key: '$remote_addr' },
      workers: 1,
      faults: [
        { ...fault('hang', 'balancer', 0, 20), atUs: { fromUs: 156 * second, toUs: 186 * second } },
        fault('powerOff', 'balancer', 182, null),
      ],
    },
    907,
  ],
  [
    'one that is on its way to a node as that goes on has its own ACK',
    {
      groups: [quietOne, quietOne, quietOne],
      latencyUs: 1_237,
      unreachable: { agents: 'routed', balancer: 'routed' },
      method: { kind: 'leastConn' },
      workers: 1,
      acceptQueue: 1,
      node: { acceptsPerSecond: 0.07 },
      faults: [
        { ...fault('hang', 'worker02', 0, 20), everyUs: minute, times: 2 },
        { ...fault('powerOff', 'balancer', 0, null), atUs: { fromUs: 7 * second, toUs: 37 * second } },
      ],
    },
    101,
  ],
];

test.each(found)('%s', (_, recipe, replication) => {
  expectAgreement({ durationUs: 9 * minute + 57 * second, ...recipe }, replication);
});

test.each(stories)('%s', (_, recipe) => {
  expectAgreement({ durationUs: 10 * minute + 7 * second, ...recipe }, 0);
});
