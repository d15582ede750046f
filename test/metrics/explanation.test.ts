import { expect, test } from 'vitest';
import { explain } from '../../src/metrics/explanation.ts';
import type { FaultOptions } from '../../src/models/fault.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';
import { aRun, type BooksSketch } from '../support/books.ts';
import { replications } from '../support/numbers.ts';
import { dropFlows, fault, partition, timing, type WorldRecipe } from '../support/worlds.ts';

const away = [{ agent: 0, parts: [55.9, 50, 0.1] as const }];

/** What is said of runs whose faults and agents are those of the recipe; the books themselves are the sketches'. */
function said(
  recipe: Partial<WorldRecipe>,
  sketches: readonly Omit<BooksSketch, 'world'>[],
  change: (world: WorldOptions) => WorldOptions = (world) => world,
): string[] {
  const world = change(aRun({ world: recipe }).world);
  return explain(world, replications(...sketches.map((sketch) => ({ ...sketch, world: recipe }))));
}

function hit(kind: 'kill' | 'powerOff' | 'hang', place = 'worker01'): readonly FaultOptions[] {
  return [fault(kind, place, 600, 600)];
}
const occurred = [['kill', ['worker01'], 600, 1_200]] as const;
const list = { count: 1, list: [1, 2], events: { ratePerSecond: 2 } };
const chatty = { ...list, events: { ratePerSecond: 10 } };
const balanced = { count: 1, events: { ratePerSecond: 10 } };

test('a process that dies is noticed at once, and its server is tried five times before the next', () => {
  const sentences = said({ groups: [list], faults: hit('kill') }, [
    { faults: occurred, outages: [{ agent: 0, parts: [0.001, 50, 0.004] }] },
  ]);

  expect(sentences).toEqual([
    'A process that dies closes its connections: half of those who notice do within 1 ms.',
    'An agent first makes 5 attempts, each refused at once, with 10 s after each. Only then it takes the next server of its list.',
    'Half of the agents search for 50.0 s from noticing to the attempt that works.',
  ]);
});

test('agents of 3.12 walk their list, over UDP without waiting for a minute', () => {
  const search = (protocol: 'tcp' | 'udp', kind: 'kill' | 'hang'): string =>
    said({ groups: [{ ...list, version: '3.12.3', protocol }], faults: hit(kind) }, [
      { faults: occurred, outages: away },
    ])[1]!;

  expect(search('tcp', 'kill')).toBe(
    'An agent of 3.12.3 first sends on the closed connection and sleeps, 9 s in all. Then it connects anew and goes down its list, a server that refuses costing nothing; behind the last one it sleeps up to 10 s (notify_time).',
  );
  expect(search('tcp', 'hang')).toContain('first waits three times 60 s on the connection it has');
  expect(search('udp', 'hang')).toBe(
    'An agent of 3.12.3 asks its server for 21 s, then turns to the next server of its list.',
  );
});

test('where a send times out before an ACK is missed, that is how agents notice', () => {
  const way = (version: string, ratePerSecond: number): string =>
    said({ groups: [{ ...list, version, events: { ratePerSecond } }], faults: hit('powerOff') }, [
      { faults: occurred, outages: away },
    ])[0]!;

  expect(way('4.14.9', 10)).toMatch(/^The send buffer is full before an ACK is missed; a send that lasts 30 s fails/);
  expect(way('4.14.9', 2)).toMatch(/^A host without power closes nothing/);
  expect(way('4.14.7', 10)).toMatch(/^A host without power closes nothing/);
});

test('over UDP nobody closes anything, however a node goes', () => {
  for (const kind of ['kill', 'powerOff', 'hang'] as const) {
    const [first] = said({ groups: [{ ...list, protocol: 'udp' }], faults: hit(kind) }, [
      { faults: occurred, outages: away },
    ]);
    expect(first).toBe(
      'UDP closes nothing; only the ACKs of the keepalives stay away (time-reconnect is 60 s): half of those who notice do within 55.9 s.',
    );
  }
});

test('a host without power: the network decides how long each attempt takes, and the enrollment attempt is one more', () => {
  const search = (agents: 'routed' | 'sameSegment'): string =>
    said({ groups: [list], faults: hit('powerOff'), unreachable: { agents, balancer: 'sameSegment' } }, [
      { faults: occurred, outages: away },
    ])[1]!;

  expect(search('routed')).toBe(
    'An agent first makes 5 attempts, each failing with the SYN time-out after 2 min 13 s, with 10 s after each and an enrollment attempt with the last (2 min 13 s more). Only then it takes the next server of its list.',
  );
  expect(search('sameSegment')).toContain('each failing with no answer to ARP after 3.1 s');
});

test('a node that hangs takes what its accept queue holds, and its registration service hangs with it', () => {
  const world: Partial<WorldRecipe> = { groups: [list], faults: hit('hang') };
  const registering =
    (timeoutSeconds: number | null) =>
    (plain: WorldOptions): WorldOptions => ({
      ...plain,
      groups: plain.groups.map((group) => ({
        ...group,
        agent: { ...group.agent, enrollment: { ...group.agent.enrollment, timeoutSeconds } },
        servers: group.servers.map((server) => ({ ...server, registration: server.endpoint })),
      })),
    });
  const sketch = { faults: occurred, outages: away };

  expect(said(world, [sketch], registering(60))[1]).toBe(
    'An agent first makes 5 attempts, each without an answer for 60 s, or, behind the 129 connections that its kernel accepts, failing with the SYN time-out after 2 min 13 s, with 10 s after each and an enrollment attempt with the last (60 s more). Only then it takes the next server of its list.',
  );
  expect(said(world, [sketch], registering(null))[1]).toContain('which waits as long as the node hangs');
});

test('who freezes, and why: what the connection takes against what an agent writes', () => {
  const frozen = { agent: 1, froze: true, noticedAfter: 940 };
  const off = said({ groups: [list, chatty], faults: hit('powerOff') }, [
    { faults: occurred, counts: [{}, {}], outages: [{ agent: 0, parts: [55, 50, 0.1] }, frozen] },
  ]);

  expect(off.slice(0, 2)).toEqual([
    'A host without power closes nothing; only the ACKs of the keepalives stay away (time-reconnect is 60 s): half of those who notice do within 55.0 s (group0).',
    'group1: 1 of 1 agent freezes: at 3 kB/s the 75 kB that a connection takes in front of a silent host (send buffer) are full before the agent notices. ' +
      'The next keepalive waits behind them, and with it the thread that would notice, until TCP gives up after 15 min 40 s or the host is back. ' +
      'Half of those who wake notice 15 min 40 s after the break.',
  ]);

  const hangs = said({ groups: [{ ...list, events: { ratePerSecond: 200 } }], faults: hit('hang') }, [
    { faults: occurred, outages: [{ agent: 0, froze: true, healedAfter: 600 }] },
  ]);
  expect(hangs).toEqual([
    '1 of 1 agent freezes: at 60 kB/s the 2 MB that a connection takes in front of a host that hangs (send buffer) are full before the agent notices. The next keepalive waits behind them, and with it the thread that would notice, until worker01 goes on.',
    '1 agent goes on over the old connection when worker01 goes on.',
  ]);
});

test('behind the balancer nobody freezes who would without it, and the balancer looks for another node', () => {
  const off = said({ groups: [balanced], faults: hit('powerOff') }, [{ faults: occurred, outages: away }]);

  expect(off.slice(0, 3)).toEqual([
    'A host without power closes nothing, and neither does the balancer; only the ACKs of the keepalives stay away (time-reconnect is 60 s): half of those who notice do within 55.9 s.',
    "Nobody freezes at 3 kB/s: the balancer's host goes on taking what the agent writes, and 2.09 MB fit before it stops (the agent's send buffer, proxy_buffer_size and the balancer's own send buffer).",
    "The balancer's connect to the host that is gone fails after 3.1 s (no answer to ARP); then it takes another node for the same attempt, and passes the node over for 10 s (fail_timeout).",
  ]);
  // A quiet agent would not freeze without a balancer either: nothing to explain.
  expect(
    said({ groups: [{ count: 1, events: { ratePerSecond: 2 } }], faults: hit('powerOff') }, [
      { faults: occurred, outages: away },
    ]).join(),
  ).not.toContain('freezes');
  expect(said({ groups: [balanced], faults: hit('kill') }, [{ faults: occurred, outages: away }]).join()).toContain(
    'refuses the balancer, which passes the same attempt on',
  );
  expect(
    said({ groups: [balanced], faults: hit('hang'), connectTimeoutUs: 5e6 }, [
      { faults: occurred, outages: away },
    ]).join(),
  ).toContain('Later connects fail after 5.0 s (proxy_connect_timeout)');
});

test('the losses, largest first, without those below a hundredth of all', () => {
  const sentences = said({ groups: [list] }, [
    { counts: [{ produced: 9_000, lost: { path: 98, ring: 2, logcollector: 300 } }] },
    { counts: [{ produced: 9_000, lost: { path: 100, logcollector: 500 } }] },
  ]);

  expect(sentences).toEqual([
    "400 events lost: logcollector's queue (1,024 lines) was full: nobody reads it while an agent looks for a node or is frozen.",
    '99 events lost: written into dead connections before their agent noticed; nobody sends them again.',
  ]);
});

test('a node that is back stays empty, and a node that no agent uses is said to be none', () => {
  const minutes = 30 * 60;
  const connected = [0, 1, 2].map((node) =>
    Array.from({ length: minutes }, (_, second) => (node === (second < 600 ? 1 : 2) ? 40 : 0)),
  );

  expect(
    said({ groups: [list], faults: hit('kill'), durationUs: minutes * 1e6 }, [{ faults: occurred, connected }]),
  ).toEqual(['Nobody goes back to worker01 by itself: at the end it has 0 agents, before the fault it had 40.']);
  expect(said({ groups: [list], faults: hit('kill', 'master') }, [{}])).toEqual([
    'No agent of this mode connects to master.',
  ]);
});

test('an orderly stop is noticed as a death is', () => {
  const sketch = { outages: [{ agent: 0, parts: [0, 50, 0.1] as const }] };
  const of = (kind: 'kill' | 'stop' | 'restart'): string[] =>
    said({ groups: [list], faults: [fault(kind, 'worker01', 600, 600)] }, [
      { ...sketch, faults: [[kind, ['worker01'], 600, 1_200]] },
    ]);

  expect(of('stop')).toEqual(of('kill'));
  expect(of('restart')).toEqual(of('kill'));
  expect(of('stop').join(' ')).toContain('each refused at once');
});

test('what makes an agent leave a zombie is something else', () => {
  const faults = [fault('zombie', 'worker01', 600, 600), fault('stop', 'worker01', 900, 60)];

  expect(
    said({ groups: [list], faults }, [
      { faults: occurred, outages: [{ agent: 0, parts: [300, 50, 0.1] as const }] },
    ])[0],
  ).toBe(
    'An agent leaves a node that throws its events away only when something else makes it: half of those who notice do within 5 min 0 s.',
  );
});

test('what nobody notices is said', () => {
  expect(
    said({ groups: [list], faults: [fault('zombie', 'worker01', 600, 600)] }, [
      { faults: [['zombie', ['worker01'], 600, 1_200]] },
    ]),
  ).toEqual(['No agent notices that worker01 throws its events away: remoted goes on answering the keepalives.']);
  expect(
    said({ groups: [list], faults: [{ kind: 'slow', places: ['worker02'], ...timing(600, 600), toShare: 0.5 }] }, [
      { faults: [['slow', ['worker02'], 600, 1_200]] },
    ]),
  ).toEqual(['No agent notices that worker02 is slow: what comes on top of what its ring takes is lost there.']);
  expect(
    said(
      {
        groups: [{ count: 1 }],
        faults: [{ kind: 'reload', balancers: ['balancer'], product: null, ...timing(600, 0) }],
      },
      [{ faults: [['reload', ['balancer'], 600, 600]] }],
    ),
  ).toEqual([
    'A reload closes no session: the old worker processes keep theirs, the new ones begin with an empty memory.',
  ]);
});

test('an attempt that works may have waited long', () => {
  expect(
    said({ groups: [list], faults: hit('kill') }, [
      { faults: occurred, outages: [{ agent: 0, parts: [0.002, 0, 60.1] }] },
    ]).at(-1),
  ).toBe('Half of the attempts that work take 60.1 s: they wait in front of a node first.');
});

test('notes of the runs are told once, their counts as the mean over the replications', () => {
  const always = 'This mode has no balancer: kill balancer does nothing here.';
  const full = (count: number): string => `${count} connects found a full accept queue.`;

  expect(
    said({ groups: [list] }, [{ notes: [always, full(30)] }, { notes: [always, full(10)] }, { notes: [always] }]),
  ).toEqual([always, '13.3 connects found a full accept queue.']);
});

test('of agents that are told to leave nobody says that they notice a death, nor that a node hangs', () => {
  const left = { agent: 0, parts: [0, 15, 0.01] as const };
  const of = (
    kind: 'restartAgents' | 'pushConfig' | 'reconnectAgents',
    version: string,
    group = balanced,
  ): string[] => {
    const own = {
      restartAgents: { kind: 'restartAgents', overUs: 0 },
      pushConfig: { kind: 'pushConfig', restarts: true },
      reconnectAgents: { kind: 'reconnectAgents', chunk: null, pauseUs: 0 },
    } as const;
    const faults = [{ ...own[kind], groups: ['group0'], ...timing(600, 0) }];
    return said({ groups: [{ ...group, version }], faults }, [{ faults: [[kind, [], 600, 600]], outages: [left] }]);
  };
  const away = 'Half of the agents need 15.0 s from leaving to the attempt that works.';

  expect(of('restartAgents', '4.14.7')).toEqual([
    'An agent that restarts closes its connection, and is down for 15.0 s.',
    away,
  ]);
  expect(of('pushConfig', '4.13.1', list)).toEqual([
    'With a new configuration agents of 4.13.1 restart, and are down for 15.0 s.',
    away,
  ]);
  expect(of('pushConfig', '4.14.7')[0]).toBe(
    'Agents of 4.14.7 reload: their connection stays, and what is written in 15.0 s is not read.',
  );
  expect(of('reconnectAgents', '4.14.7')[0]).toBe(
    'An agent that is told to reconnect closes its connection and begins with the server it is on.',
  );
  expect(of('reconnectAgents', '4.2.5')[0]).toBe(
    'Agents of 4.2.5 do not know the message to reconnect (from 4.3.0), and go on.',
  );
});

test('where a path is cut or forgotten nothing dies and nothing hangs', () => {
  const of = (cut: FaultOptions, group: WorldRecipe['groups'][number], detect = 55): string[] =>
    said({ groups: [group], faults: [cut] }, [
      { faults: [[cut.kind, [], 600, 780]], outages: [{ agent: 0, parts: [detect, 10, 0.01] as const }] },
    ]);

  expect(of(partition('balancer', 'worker01', 600, 180), balanced)[1]).toBe(
    "The balancer's connect over the path that is cut fails after 60.0 s (proxy_connect_timeout); then it takes another node for the same attempt, and passes the node over for 10 s (fail_timeout).",
  );
  expect(of(partition('agents', 'balancer', 600, 30), balanced).join(' ')).not.toMatch(/hangs|dies|another node/);
  expect(of(partition('agents', 'worker01', 600, 180), list)[1]).toMatch(
    /^An agent first makes 5 attempts, while the path is cut each failing with the SYN time-out after 2 min 13 s/,
  );
  // Nobody tries in the first 50 s.
  expect(of(partition('agents', 'worker01', 600, 30), list).join(' ')).not.toContain('attempts,');
  expect(of(dropFlows('agents', 'worker01', 600, 'rst'), list, 0.3)[0]).toBe(
    'What has forgotten the connections answers the next packet with RST: half of those who notice do within 300 ms.',
  );
  expect(said({ groups: [balanced], faults: [partition('agents', 'worker01', 600, 180)] }, [{}])).toEqual([
    'No agent goes straight to worker01 in this mode: this path carries nothing.',
  ]);
});

test('a dying process that goes on accepting is named', () => {
  const faults = hit('kill').map((kill) => ({ ...kill, acceptsForUs: 2e6 }) as FaultOptions);

  expect(said({ groups: [balanced], faults }, [{ faults: occurred, outages: away }])).toContain(
    'For 2.0 s the dying process still takes connections (acceptsFor): an attempt that meets it is reset, and fails.',
  );
});
