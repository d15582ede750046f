// Restarts of agents, new shared configurations, requests to reconnect.
import { expect, test } from 'vitest';
import { loopPeriodUs } from '../../../src/models/agent.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { balances } from '../../../src/models/ledger.ts';
import { runWorld } from '../../../src/models/world.ts';
import type { WorldFixed } from '../../../src/models/world/state.ts';
import { first, play, rows, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, partition, second, timing, type GroupRecipe } from '../../support/worlds.ts';

const regular = { ratePerSecond: 10, arrival: 'regular' } as const;

function restart(changes: { overUs?: number; at?: number } = {}): FaultOptions {
  return { kind: 'restartAgents', groups: ['group0'], ...timing(changes.at ?? 100, 0), overUs: changes.overUs ?? 0 };
}

function push(at = 100): FaultOptions {
  return { kind: 'pushConfig', groups: ['group0'], ...timing(at, 0), restarts: true };
}

function reconnect(chunk: number | null = null): FaultOptions {
  return { kind: 'reconnectAgents', groups: ['group0'], ...timing(100, 0), chunk, pauseUs: 5 * second };
}

function tell(
  faults: readonly FaultOptions[],
  group: Partial<GroupRecipe> = {},
  durationUs = 5 * minute,
  fixed: WorldFixed = {},
): Story {
  const story = play(
    aWorld({
      groups: [{ count: 1, version: '4.9.2', list: [1, 2], events: regular, ...group }],
      faults,
      durationUs,
    }),
    { fromSeconds: 100, ...fixed },
  );
  for (const counts of story.books.groups) expect(balances(counts)).toBe(true);
  return story;
}

test('an agent that is restarted is away for the time its service takes, then begins at the first server of its list', () => {
  // It is on worker02 since worker01 was down.
  const story = tell([fault('kill', 'worker01', null, 50), restart()]);

  expect(rows(story, { zero: 100 })).toEqual(['15.0 try worker01', '15.0 handshake worker01']);
  const { outages } = story.books;
  expect(outages.count).toBe(1);
  expect([outages.fault[0], outages.fromNode[0], outages.toNode[0], outages.detectUs[0]]).toEqual([1, 2, 1, 0]);
  expect(outages.retryUs[0]! / second).toBeCloseTo(15, 3);
});

test('an agent with auto_restart no takes a new configuration and goes on', () => {
  const outages = (autoRestart: boolean): number => tell([push()], { agent: { autoRestart } }).books.outages.count;

  expect([outages(true), outages(false)]).toEqual([1, 0]);
});

test('what is written while the service is down is lost, as is what it had in memory', () => {
  const lost = (group: Partial<GroupRecipe>): Record<string, number> => {
    const { lost } = tell([restart()], group).books.groups[0]!;
    return Object.fromEntries(Object.entries(lost).filter(([, events]) => events > 0));
  };

  expect(lost({})).toEqual({ agentRestart: 150 });
  // Of 800 a second the client buffer is full.
  const busy = lost({ events: { ratePerSecond: 800, arrival: 'regular' } });
  expect(Math.abs(busy['agentRestart']! - (15 * 800 + 5_000))).toBeLessThan(3);
  // logcollector goes on where it was: its queue takes 1,024 of what has come, also in the five seconds for which it meets the lock.
  expect(lost({ agent: { life: { onlyFutureEvents: false } } })).toEqual({});
  const resumed = lost({
    agent: { life: { onlyFutureEvents: false } },
    events: { ratePerSecond: 100, arrival: 'regular' },
  });
  expect(Math.abs(resumed['logcollector']! - (1_500 + 500 - 1_024))).toBeLessThan(3);
  expect(resumed['agentRestart']).toBeUndefined();
});

test('writers at the socket are daemons of the agent: they write nothing while it is down', () => {
  const { produced, lost } = tell([restart()], { events: { ...regular, source: 'socket' } }).books.groups[0]!;

  expect(Math.abs(produced - (300 - 15) * 10)).toBeLessThan(3);
  expect(lost.agentRestart).toBe(0);
});

test('restarts over a time follow each other at equal distances', () => {
  const story = tell([restart({ overUs: 40 * second })], { count: 4 });

  expect(story.moments.filter(({ what }) => what === 'handshake').map(({ seconds }) => Math.round(seconds))).toEqual([
    115, 125, 135, 145,
  ]);
});

test.each([
  ['in an outage', [fault('kill', 'worker01', 90, null)], 'worker02'],
  ['frozen', [fault('powerOff', 'worker01', 30, null)], 'worker02'],
])('an agent that is %s restarts like any other, and finds its way', (_, faults, last) => {
  const story = tell([...faults, restart()], { events: { ...regular, ratePerSecond: 20 } }, 20 * minute);

  expect(first(story, 'try').text).toBe('worker01');
  expect(first(story, 'handshake').text).toBe(last);
  // One outage, of the fault that broke the session.
  expect([...story.books.outages.fault]).toEqual([0]);
});

test('a command to a name that several groups share reaches all of them', () => {
  const world = aWorld({
    groups: [
      { count: 2, list: [1] },
      { count: 3, list: [1] },
      { count: 4, list: [1] },
    ],
    faults: [{ ...restart(), groups: ['branch'] } as FaultOptions],
    durationUs: 3 * minute,
  });
  const groups = world.groups.map((group, index) => (index < 2 ? { ...group, labels: ['branch'] } : group));

  expect(play({ ...world, groups }).books.outages.count).toBe(5);
});

test('an agent in the middle of its restart is not restarted again', () => {
  const story = tell([restart(), restart({ at: 105 })]);

  expect(first(story, 'handshake').seconds).toBeCloseTo(115, 1);
  expect(story.books.outages.count).toBe(1);
});

test('up to 4.13 and on Windows a new configuration restarts an agent behind its next keepalive, from 4.14 only logcollector', () => {
  const story = tell([push()], { count: 20, version: '4.12.0' });
  const back = story.moments.filter(({ what }) => what === 'handshake').map(({ seconds }) => seconds - 115);

  // Within one notify_time, and spread over it.
  expect(back.length).toBe(20);
  expect(Math.min(...back)).toBeLessThan(3);
  expect(Math.max(...back)).toBeGreaterThan(7);
  expect(Math.max(...back)).toBeLessThan(10.2);

  const reloaded = tell([push()], { version: '4.14.0' });
  expect(reloaded.moments).toEqual([]);
  expect(reloaded.books.outages.count).toBe(0);
  expect(reloaded.books.groups[0]!.lost.agentRestart).toBe(150);
});

test('the new configuration of a quiet agent comes behind a keepalive whose turn the ACKs before it have moved', () => {
  const latencyUs = 100_000;
  const world = aWorld({
    groups: [{ count: 1, version: '4.9.2', list: [1], events: { ratePerSecond: 0, arrival: 'regular' } }],
    faults: [push()],
    durationUs: 5 * minute,
    latencyUs,
  });
  const stops: number[] = [];

  runWorld(
    world,
    { seed: 'story', replication: 0 },
    { stopped: (_, atUs) => stops.push(atUs) },
    { startUs: Float64Array.of(-100 * second), clockPhaseUs: Float64Array.of(0) },
  );

  // SYN, startup message and their answers; a keepalive at once, another in the first turn of every tenth second.
  let ackUs = -100 * second + 6 * latencyUs;
  for (let dueUs = -90 * second; ackUs < 100 * second; dueUs += 10 * second) {
    ackUs += Math.ceil((dueUs - ackUs) / loopPeriodUs) * loopPeriodUs + 2 * latencyUs;
  }
  expect(stops).toEqual([ackUs]);
});

test('a reload keeps the client buffer', () => {
  const { lost } = tell([push()], {
    version: '4.14.0',
    events: { ratePerSecond: 800, arrival: 'regular' },
  }).books.groups[0]!;

  expect(Math.abs(lost.agentRestart - 15 * 800)).toBeLessThan(3);
});

test('an agent that is away gets its new configuration when it is back', () => {
  const story = tell([fault('kill', 'worker01', 90, null), push()], { version: '4.12.0' });

  // Back after 50 s; its first keepalive is overdue, so the push follows at once.
  const handshakes = story.moments.filter(({ what }) => what === 'handshake').map(({ seconds }) => seconds);
  expect(handshakes[0]! - 90).toBeCloseTo(50, 1);
  // 15 s down, then again five attempts at worker01.
  expect(handshakes[1]! - handshakes[0]!).toBeCloseTo(65, 1);
});

test('an agent that restarts before its configuration has come gets it behind a keepalive of its new session', () => {
  // Of 4.14.7 the first keepalive leaves 20 s after the start; the old session's next one would have left before.
  const quiet = { ratePerSecond: 0, arrival: 'regular' } as const;
  const group = { version: '4.14.7', events: quiet, agent: { life: { restartUs: 3 * second } } };
  const world = (faults: readonly FaultOptions[]) =>
    aWorld({ groups: [{ count: 1, list: [1], ...group, platform: 'windows' }], faults, durationUs: 5 * minute });
  const stops: number[] = [];
  runWorld(world([push(), restart()]), { seed: 'story', replication: 0 }, { stopped: (_, atUs) => stops.push(atUs) });

  expect(stops[0]).toBe(100 * second);
  expect(stops[1]).toBeGreaterThan(122 * second);
  expect(stops[1]).toBeLessThan(125 * second);
});

test('of two configurations that wait for a keepalive the newer one comes, once', () => {
  const quiet = { ratePerSecond: 0, arrival: 'regular' } as const;
  const { outages } = tell([push(101), push(102)], { events: quiet }).books;

  expect([...outages.fault.subarray(0, outages.count)]).toEqual([1]);
});

test('a reload in an outage: logcollector starts while the lock is set and delivers what it then reads', () => {
  // Keepalives at 97 s and 117 s.
  const startUs = Float64Array.of(-103 * second);
  const story = tell([push(95), fault('kill', 'worker01', 106, null)], { version: '4.14.0' }, 5 * minute, { startUs });

  expect(story.books.outages.count).toBe(1);
  expect(story.books.groups[0]!.lost.agentRestart).toBe(150);
  expect(story.books.groups[0]!.lost.logcollector).toBe(0);
});

test('an agent that is told to reconnect does so at once, at the server it is on, and loses nothing', () => {
  const story = tell([reconnect()]);

  expect(rows(story, { zero: 100 })).toEqual(['0.0 noticed forced', '0.0 try worker01', '0.0 handshake worker01']);
  const { outages, groups } = story.books;
  expect([outages.count, outages.detectUs[0], outages.fault[0]]).toEqual([1, 0, 0]);
  expect(Object.values(groups[0]!.lost).every((events) => events === 0)).toBe(true);
  expect(tell([reconnect()], { version: '4.2.7' }).moments).toEqual([]);
});

test('requests to reconnect need the master, and a link from it to the node', () => {
  const told = (faults: readonly FaultOptions[]): number =>
    tell([...faults, reconnect()], { count: 5 }).moments.filter(({ text }) => text === 'forced').length;

  expect(told([fault('kill', 'master', 50, null)])).toBe(0);
  expect(told([fault('hang', 'master', 50, null)])).toBe(0);
  expect(told([partition('master', 'worker01', 50, null)])).toBe(0);
  expect(told([fault('kill', 'master', 50, 20)])).toBe(5);
});

test('requests to reconnect go out in chunks', () => {
  const story = tell([reconnect(2)], { count: 5 });
  const at = story.moments.filter(({ what }) => what === 'noticed').map(({ seconds }) => Math.round(seconds - 100));

  expect(at).toEqual([0, 0, 5, 5, 10]);
});

test('agents that restart once per hour do so as often, at instants of their own, in every mode', () => {
  const world = (list: readonly number[]) => {
    const options = aWorld({ groups: [{ count: 200, list, events: regular }], durationUs: 60 * minute });
    return { ...options, groups: options.groups.map((group) => ({ ...group, restartEveryUs: 60 * minute })) };
  };
  const stops = (list: readonly number[]): string[] => {
    const found: string[] = [];
    const { books } = {
      books: runWorld(
        world(list),
        { seed: '1', replication: 0 },
        { stopped: (agent, atUs) => found.push(`${agent} ${atUs}`) },
      ),
    };
    expect(books.outages.count).toBe(0); // nothing broke
    expect(books.groups[0]!.lost.agentRestart).toBeGreaterThan(0);
    return found;
  };
  const found = stops([1, 2]);

  expect(found.length).toBeGreaterThan(200 - 3 * Math.sqrt(200));
  expect(found.length).toBeLessThan(200 + 3 * Math.sqrt(200));
  expect(stops([2])).toEqual(found);
});
