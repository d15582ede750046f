// Paths that go silent and heal with the connections kept: who hears what when, and where the events are.
import { expect, test } from 'vitest';
import { OutageEnd, lostTotal } from '../../../src/models/ledger.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { first, play, rows, type Story } from '../../support/stories.ts';
import {
  aWorld,
  dropFlows,
  fault,
  minute,
  partition,
  type GroupRecipe,
  type WorldRecipe,
} from '../../support/worlds.ts';

/** Two events a second, worker01 and then worker02. Everything happens at 100 s. */
const busy: GroupRecipe = {
  count: 1,
  version: '4.9.2',
  list: [1, 2],
  events: { ratePerSecond: 2, arrival: 'regular' },
};
const quiet = { events: { ratePerSecond: 0, arrival: 'regular' } } as const;
/** Every connection goes to the node that one key is hashed to. */
const behindNginx: Partial<WorldRecipe> = { method: { kind: 'hash', key: 'x' }, workers: 1 };

function live(
  faults: readonly FaultOptions[],
  agent: Partial<GroupRecipe> = {},
  world: Partial<WorldRecipe> = {},
): Story {
  return play(aWorld({ groups: [{ ...busy, ...agent }], faults, durationUs: 12 * minute, ...world }), {
    fromSeconds: 99,
  });
}

/** How the outage ended, seconds from the fault to noticing (`-`: never) and to the end, events lost. */
function outcome({ books }: Story): string {
  const { outages } = books;
  const at = outages.count - 1;
  if (at < 0) return 'nothing';
  const [group] = books.groups;
  const detected = outages.detectUs[at]! < 0 ? '-' : (outages.detectUs[at]! / 1e6).toFixed(1);
  const parts = [outages.detectUs[at]!, outages.retryUs[at]!, outages.handshakeUs[at]!];
  const back = parts.reduce((sum, us) => sum + Math.max(0, us), 0) / 1e6;
  const end = outages.end[at] === OutageEnd.Healed ? 'healed' : 'reconnected';
  return `${end} noticed ${detected} back ${back.toFixed(1)} lost ${lostTotal(group!)}`;
}

test.each([
  // The first event is lost within half a second; it is repeated 6.66, 13.3, 26.6 and 53.2 s later. Measured behind nginx:
  // silence of 8 s, nothing lost, delivered 5.3 s after it.
  [0.1, 'healed noticed - back 0.1 lost 0'],
  [5, 'healed noticed - back 6.8 lost 0'],
  [8, 'healed noticed - back 13.5 lost 0'],
  [30, 'healed noticed - back 53.4 lost 0'],
  [45, 'healed noticed - back 53.4 lost 0'],
  // It has left by then, and its SYN is repeated 19 and 143 s after the connect.
  [70, 'reconnected noticed 55.7 back 74.7 lost 112'],
  [180, 'reconnected noticed 55.7 back 199.0 lost 112'],
])('a path that is silent for %d s ends so: %s', (seconds, expected) => {
  expect(outcome(live([partition('group0', 'worker01', 100, seconds)]))).toBe(expected);
});

test('a manager whose keepalive gives up sooner has closed its end when the path heals', () => {
  // remoted.tcp_keepidle 5, tcp_keepintvl 2, tcp_keepcnt 2: closed 9 s after the last byte; the repetition at 53.4 s meets RST.
  const keepalive = { idleUs: 5_000_000, intervalUs: 2_000_000, count: 2 };
  const cut = [partition('group0', 'worker01', 100, 30)];

  expect(outcome(live(cut))).toBe('healed noticed - back 53.4 lost 0');
  expect(outcome(live(cut, {}, { node: { keepalive } }))).toMatch(/^reconnected noticed 53\.\d/);
});

test.each([
  ['agents and nginx', 'agents', 'balancer', 8, 'healed noticed - back 13.5 lost 0'],
  ['nginx and node', 'balancer', 'worker01', 8, 'healed noticed - back 13.5 lost 0'],
  ['agents and nginx', 'agents', 'balancer', 70, 'reconnected noticed 55.7 back 74.7 lost 112'],
  // nginx's connect times out as the agent leaves: it has marked the node, and the next attempt goes to another one.
  ['nginx and node', 'balancer', 'worker01', 180, 'reconnected noticed 55.7 back 125.8 lost 112'],
])('behind nginx a path between %s (%s, %s) that is silent for %d s ends so: %s', (_, from, to, seconds, expected) => {
  expect(outcome(live([partition(from, to, 100, seconds)], { list: undefined }, behindNginx))).toBe(expected);
});

test('events that waited in a silent path are delivered late, all at the repetition that heals it', () => {
  const { books } = live([partition('group0', 'worker01', 100, 8)]);

  // The oldest was written within half a second of the fault.
  expect(books.delays.maxUs / 1e6).toBeGreaterThan(12.9);
  expect(books.delays.maxUs / 1e6).toBeLessThan(13.6);
  expect(books.blindUs[0]! / 1e6).toBeCloseTo(13.5, 1);
  expect(books.groups[0]!.delivered).toBe(books.groups[0]!.produced);
});

test('an agent that writes nothing loses its keepalive, and leaves before that one is repeated', () => {
  // Open again after 45 s; lost was a keepalive 4.8 s after the fault: repeated at 58.1 s. The last probe of the manager's own
  // keepalive was lost too, at 44.8 s: at 54.8 s it closes the connection, and its RST comes through.
  const story = live([partition('group0', 'worker01', 100, 45)], quiet);

  expect(outcome(story)).toBe('reconnected noticed 54.8 back 54.8 lost 0');
  expect(outcome(live([partition('group0', 'worker01', 100, 5)], quiet))).toBe('healed noticed - back 5.1 lost 0');
});

test.each([
  // A quiet agent leaves at 55.9 s and repeats its keepalive until 58.1 s; its kernel has answered the probe at 44.8 s.
  ['4.5.1', quiet, [partition('group0', 'worker01', 100, 40)], 65.9],
  // The same; what the kernel answered is no message of the agent: the last one was 61 s ago, and it overtakes itself.
  ['4.14.7', quiet, [partition('group0', 'worker01', 100, 40), partition('group0', 'worker01', 146, 1)], 55.9],
  // The node has answered nothing while the window was open: its keepalive has closed the connection when the agent is heard.
  ['4.4.0', {}, [partition('worker01', 'group0', 100, 200, true)], 200.0],
])(
  'a node of %s has an old connection until its keepalive, or the agent’s kernel, ends it',
  (version, agent, cuts, back) => {
    const story = live(cuts, agent, { node: { version } });
    expect(first(story, 'handshake').seconds - 100).toBeCloseTo(back, 1);
  },
);

test('on a way that is cut only towards the node a quiet agent hears the RST of the manager first', () => {
  // The manager closes 60 s after the last byte, the agent would notice 61.07 s after the last ACK.
  const both = first(live([partition('group0', 'worker01', 100, 200)], quiet), 'noticed');
  const there = first(live([partition('group0', 'worker01', 100, 200, true)], quiet), 'noticed');

  expect([both.text, there.text]).toEqual(['silence', 'closed']);
  expect(both.seconds - there.seconds).toBeCloseTo(1.07, 1);
});

test('while only the way back is cut events arrive until the window of the sender is shut', () => {
  const { books } = live([partition('worker01', 'group0', 100, 200, true)]);
  const both = live([partition('group0', 'worker01', 100, 200)]);

  // 0.416 s at two events a second: one event more than with both ways cut.
  expect(both.books.groups[0]!.lost.path - books.groups[0]!.lost.path).toBe(1);
  expect(outcome(live([partition('worker01', 'group0', 100, 30, true)]))).toBe('healed noticed - back 53.4 lost 0');
});

test.each([
  ['both ways', false, 'group0', 'worker01', 30, 'healed noticed - back 30.0 lost 60'],
  ['only back', true, 'worker01', 'group0', 30, 'healed noticed - back 30.0 lost 0'],
  // Attempts fail after 60 s each until the way is open.
  ['only back', true, 'worker01', 'group0', 200, 'reconnected noticed 55.7 back 265.9 lost 0'],
])('datagrams whose path is cut %s (%s, %s to %s, %d s): %s', (_, oneWay, from, to, seconds, expected) => {
  const story = live([partition(from, to, 100, seconds, oneWay)], { protocol: 'udp' });
  expect(outcome(story)).toBe(expected);
  // Events came through all the time, until the agent itself stopped sending.
  if (oneWay && seconds < 60) expect(story.books.blindUs[0]).toBe(0);
});

test.each([
  // The next event is answered with RST; it alone is lost. The node learns of it from its probe 30 s later: until then the key is
  // in use there. nginx asks nobody: its node is overtaken when nothing has come for more than 60 s.
  ['rst', 'worker01', 'reconnected noticed 0.2 back 30.2 lost 1'],
  ['rst', 'balancer', 'reconnected noticed 0.2 back 70.3 lost 1'],
  ['silence', 'worker01', 'reconnected noticed 55.7 back 65.7 lost 112'],
  ['silence', 'balancer', 'reconnected noticed 55.7 back 65.7 lost 112'],
] as const)('a box that forgets connections answers with %s in front of %s: %s', (answer, place, expected) => {
  const way = place === 'balancer' ? { list: undefined } : {};
  expect(outcome(live([dropFlows('agents', place, 100, answer)], way, behindNginx))).toBe(expected);
});

test.each([
  // No check; closed as long as the old connection is open; let in after more than 60 s of silence.
  ['4.3.11', 0.2],
  ['4.5.1', 30.2],
  ['4.14.7', 30.2],
])('a node of %s lets an agent in %d s after a box has reset its connection', (version, back) => {
  const world = aWorld({ groups: [busy], faults: [dropFlows('agents', 'worker01', 100, 'rst')] });
  const story = play({ ...world, nodes: world.nodes.map((node) => ({ ...node, version })) }, { fromSeconds: 99 });
  expect(first(story, 'handshake').seconds - 100).toBeCloseTo(back, 1);
});

test.each([
  // 75 kB are full at once. Open before the manager closes: the blocked sender goes on with the next repetition.
  [40, 'healed noticed - back 53.3 lost 0', 1],
  // The manager has closed after 60 s: the repetition after 106.5 s is answered with RST, and the failed send sleeps a second.
  [70, 'closed 107.5', 1],
  [400, 'closed 454.0', 1],
  // Measured: TCP gives up 939.5 s after the first lost segment.
  [null, 'closed 940.5', 1],
])('a sender that is blocked by a path that is silent for %s s: %s', (seconds, expected, froze) => {
  const story = live(
    [partition('agents', 'worker01', 100, seconds)],
    { events: { ratePerSecond: 20, sizeBytes: 4_000, arrival: 'regular' } },
    { durationUs: 20 * minute },
  );

  if (seconds === 40) expect(outcome(story)).toBe(expected);
  else {
    const noticed = first(story, 'noticed');
    expect(`${noticed.text} ${(noticed.seconds - 100).toFixed(1)}`).toBe(expected);
  }
  expect(story.books.outages.froze[0]).toBe(froze);
});

test('the FIN of a process that dies behind a cut is repeated; it, or the RST to what is repeated, is heard first', () => {
  // Dead at 110 s; the path opens at 120 s; the FIN comes again at 123.3 s, the first lost event at 126.8 s.
  const story = live([partition('agents', 'worker01', 100, 20), fault('kill', 'worker01', 110, 3)]);

  expect(rows(story, { zero: 100, digits: 1 }).slice(0, 2)).toEqual(['23.3 noticed closed', '23.3 try worker01']);
});

test('a process that dies says FIN on the way back that is open, though nothing comes to it', () => {
  const story = live([partition('agents', 'worker01', 100, 200, true), fault('kill', 'worker01', 110, null)]);

  expect(rows(story, { zero: 100, digits: 1 })[0]).toBe('10.0 noticed closed');
});

test('nginx asks nobody whether he is there: open for a while or not, proxy_timeout after the last byte it has ended the session', () => {
  // 30 s after the last byte a manager would ask, and be answered. Open for good at 40 s: its FIN comes through at once.
  const blinks = [partition('group0', 'balancer', 100, 29), partition('group0', 'balancer', 132, 8)];
  const ended = (seconds: number): string =>
    outcome(live(blinks, { list: undefined }, { ...behindNginx, proxyTimeoutUs: seconds * 1_000_000 }));

  expect(ended(50)).toMatch(/^reconnected noticed 49\.\d back 49\.\d/);
  expect(ended(600)).toBe('healed noticed - back 53.4 lost 0');
});

test('cuts that overlap are one cut', () => {
  const two = live([partition('group0', 'worker01', 100, 4), partition('agents', 'worker01', 103, 5)]);
  expect(outcome(two)).toBe('healed noticed - back 13.5 lost 0');
});

test('a path between two nodes is no agent’s', () => {
  expect(outcome(live([partition('worker01', 'worker02', 100, 60)]))).toBe('nothing');
});

test('an attempt through a cut goes on with the first SYN that comes through', () => {
  const story = live([fault('kill', 'worker02', 0, null), partition('agents', 'worker01', 100, 64)]);

  // Noticed at 55.7 s; SYNs 1, 2, 3, 4, 5, 7, 11 … s later.
  expect(first(story, 'handshake').seconds - first(story, 'noticed').seconds).toBeCloseTo(11, 1);
});

test('what waits in front of a cut at the end is pending where the cut ends in time, and lost where it does not', () => {
  const ends = (forSeconds: number | null): string => {
    const { lost, pending } = live([partition('group0', 'worker01', 100, forSeconds)], {}, { durationUs: 120 * 1e6 })
      .books.groups[0]!;
    return `pending ${pending} lost ${lost.path}`;
  };

  expect(ends(30)).toBe('pending 40 lost 0');
  expect(ends(null)).toBe('pending 0 lost 40');
});

test('what an agent of 3.12 still holds when it closes the old connection, 187 s after noticing, is repeated no more', () => {
  const { books, moments } = live([partition('worker01', 'group0', 100, null, true)], { version: '3.12.3' });
  const left = moments.find(({ what }) => what === 'try')!.seconds;
  // Its window was shut after 0.4 s; what was written between that and noticing at 155.7 s never left.
  expect(left - 155.7).toBeCloseTo(187.2, 0);
  expect(books.groups[0]!.lost.path).toBe(111);
});

test.each([
  // The agent hears of it with its next keepalive; the node asks at 24.8 s, and with its connection its key is free again.
  ['rst', 'reconnected noticed 4.9 back 24.9 lost 0'],
  // The end that nginx hears does not come to the agent: that notices silence. The node has asked long before.
  ['silence', 'reconnected noticed 55.9 back 56.0 lost 0'],
] as const)('boxes on both sides of nginx that forget, with %s towards the agents: %s', (answer, expected) => {
  const faults = [dropFlows('balancer', 'worker01', 100, 'rst'), dropFlows('agents', 'balancer', 100, answer)];
  const story = live(faults, { ...quiet, list: undefined }, { ...behindNginx, node: { version: '4.4.0' } });
  expect(outcome(story)).toBe(expected);
});

test('for a host that is off nobody answers ARP, behind a cut neither', () => {
  const off = fault('powerOff', 'worker01', 100, null);
  const world = { unreachable: { agents: 'sameSegment', balancer: 'sameSegment' } } as const;
  const alone = live([off], { protocol: 'udp' }, world);
  const cut = live([off, partition('agents', 'worker01', 100, null)], { protocol: 'udp' }, world);

  expect(first(cut, 'handshake').seconds).toBe(first(alone, 'handshake').seconds);
});
