// Where the events of agents end when a node falls: freezing, blocked senders, losses by cause. Measured with agent 4.9.2.
import { expect, test } from 'vitest';
import type { EventCounts } from '../../../src/models/ledger.ts';
import { first, play, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, second, type GroupRecipe } from '../../support/worlds.ts';

const regular = (ratePerSecond: number): NonNullable<GroupRecipe['events']> => ({ ratePerSecond, arrival: 'regular' });

/** One agent of 4.9.2 on worker01, then worker02, regular events of 300 bytes. */
function lone(ratePerSecond: number, changes: Partial<GroupRecipe> = {}): GroupRecipe {
  return { count: 1, version: '4.9.2', list: [1, 2], events: regular(ratePerSecond), ...changes };
}

function lostOf({ books }: Story): Record<string, number> {
  return Object.fromEntries(Object.entries(books.groups[0]!.lost).filter(([, events]) => events > 0));
}

function near(value: number, expected: number, tolerance: number): void {
  expect(Math.abs(value - expected), `${value} is not ${expected} ± ${tolerance}`).toBeLessThanOrEqual(tolerance);
}

/** A hang of worker01 at 100 s for ten minutes, the last ACK `age` seconds earlier; the send buffers of loopback. */
function hangOnLoopback(rate: number, age: number, hungBytes = 4_100_000): Story {
  const ackUs = (100 - age) * second;
  return play(
    aWorld({
      groups: [
        lone(rate, {
          events: { ...regular(rate), sizeBytes: 174 },
          agent: { kernel: { sendBuffer: { silentBytes: 3_940_000, hungBytes } } },
        }),
      ],
      faults: [fault('hang', 'worker01', 100, 600)],
      latencyUs: 50,
    }),
    {
      fromSeconds: 100,
      // Handshake and keepalives at the turn of the agent's second, the last of them at the ACK.
      startUs: Float64Array.of(ackUs - 30 * second - 200),
      clockPhaseUs: Float64Array.of(second - (ackUs % second)),
      lastAckUs: Float64Array.of(ackUs),
    },
  );
}

test.each([
  [100, 5, 55.9],
  [150, 5, 55.9],
  [300, 5, 55.9],
  [350, 0.25, 60.7],
  [400, 6.8, 54.2],
  [400, 3.2, 57.8],
] as const)('at %i/s with the last ACK %f s old the agent notices a hung node after %f s', (rate, age, seconds) => {
  const story = hangOnLoopback(rate, age);

  near(first(story, 'noticed').seconds - 100, seconds, 0.25);
  expect([...story.books.outages.froze]).toEqual([0]);
});

test('an agent near the limiter whose buffer holds 4.37 MB notices just in time', () => {
  near(first(hangOnLoopback(600, 7.9, 4_370_000), 'noticed').seconds - 100, 53.1, 0.25);
});

test.each([
  [400, 0.2],
  [450, 0.3],
] as const)('at %i/s with the last ACK %f s old it freezes and goes on with the node when that does', (rate, age) => {
  const story = hangOnLoopback(rate, age);

  expect(story.moments.filter(({ what }) => what !== 'try')).toEqual([]);
  expect([...story.books.outages.froze]).toEqual([1]);
  expect(story.books.nodeAtEnd[0]).toBe(1);
  near(story.books.outages.brokenAtUs[0]! + story.books.outages.handshakeUs[0]!, 700 * second, 0.1 * second);
});

test('a hung UDP node has taken in what came before the hang: only what is sent into it is lost', () => {
  const lostDuring = (endsAfter: number | null): Story =>
    play(
      aWorld({
        groups: [lone(10, { protocol: 'udp' })],
        faults: [fault('hang', 'worker01', 100, endsAfter)],
        durationUs: 10 * minute,
      }),
      { fromSeconds: 100 },
    );

  // The hang ends in time: the session heals.
  expect(lostOf(lostDuring(30))).toEqual({ path: 300 });
  // The agent leaves first, the node goes on later.
  const left = lostDuring(300);
  near(lostOf(left)['path']!, (first(left, 'noticed').seconds - 100) * 10, 1);
  // The run ends in the middle of the hang: datagrams are not pending.
  const cut = play(
    aWorld({
      groups: [lone(10, { protocol: 'udp' })],
      faults: [fault('hang', 'worker01', 100, 300)],
      durationUs: 130 * second,
    }),
  );
  near(lostOf(cut)['path']!, 300, 1);
  // Not yet flushed before the hang: at most one second of events.
  expect(cut.books.groups[0]!.pending).toBeLessThanOrEqual(10);
});

/** Worker01 is killed at 100 s and stays dead: the agent is on worker02 after 50 s. */
function killed(rate: number, changes: Partial<GroupRecipe> = {}, durationUs = 4 * minute): Story {
  return play(aWorld({ groups: [lone(rate, changes)], faults: [fault('kill', 'worker01', 100, null)], durationUs }), {
    fromSeconds: 100,
  });
}

test('a writer at the local socket is blocked while the agent looks for a manager, and does not catch up', () => {
  const { books } = killed(100, { events: { ...regular(100), source: 'socket' } });
  const { produced, lost } = books.groups[0]!;

  // 50 s of lock at 100 a second; the socket takes 11 of them.
  near(240 * 100 - produced, 50 * 100 - 11, 2);
  expect(lost.ring + lost.logcollector).toBe(0);
});

test.each([1_000, 50, 0])(
  'a writer near the limiter loses what comes in the five seconds in which the dispatcher does not look, %i µs away',
  (latencyUs) => {
    const run = (faults: ReturnType<typeof fault>[]): number =>
      play(
        aWorld({
          groups: [lone(800, { events: { ...regular(800), source: 'socket' } })],
          latencyUs,
          faults,
          durationUs: 160 * second,
        }),
      ).books.groups[0]!.lost.ring;

    // Measured on loopback: 5,597 lost in 50 to 60 s instead of the usual 3,220, that is 2,377 more; none in the 50 s of lock.
    near(run([fault('kill', 'worker01', 100, null)]) - run([]), 2_377 - 50 * 322, 60);
  },
);

test('the limiter of 500 passes 477 to 478 events per second; a full buffer drops the rest, fault or not', () => {
  const { delivered, lost } = play(aWorld({ groups: [lone(800)], durationUs: 100 * second })).books.groups[0]!;

  // Measured: at 800/s the buffer is full after 15 s and 322/s are dropped for ever after.
  near(delivered, 477.5 * 100, 600);
  near(lost.ring, (800 - 477.5) * 100 - 5_001, 100);
});

test.each([
  // With nothing in hand at the lock it goes on at once; busy, at its first look at the lock after the handshake.
  [50, 0, 0.01],
  [800, 5, 0.1],
])('at %i/s the dispatcher goes on %f s after the handshake', (rate, seconds, tolerance) => {
  const story = killed(rate, { events: { ...regular(rate), source: 'socket' } });

  near(story.books.blindUs[0]! / second - (first(story, 'handshake').seconds - 100), seconds, tolerance);
});

test('logcollector looks at the lock every five seconds from the first event it had to hold', () => {
  const story = killed(0.4);
  const { outages, blindUs } = story.books;

  // Back after 50.01 s; the first event it met the lock with comes within 2.5 s, so its tenth or eleventh look is the first after.
  const wait = blindUs[0]! / second - (outages.detectUs[0]! + outages.retryUs[0]! + outages.handshakeUs[0]!) / second;
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(5);
});

test('while its agent looks for a manager logcollector keeps 1,024 lines and drops what comes on top', () => {
  const { lost } = killed(100).books.groups[0]!;

  // Up to 55 s of lock at 100 a second.
  const held = 1_023 + 1;
  expect(lost.logcollector).toBeGreaterThan(50 * 100 - held - 1);
  expect(lost.logcollector).toBeLessThan(55.1 * 100 - held);
  // 10 a second fill it in 102 s: nothing is lost in 55.
  expect(killed(10).books.groups[0]!.lost.logcollector).toBe(0);
});

test('the client buffer does not absorb a reconnect: a larger one saves nothing', () => {
  const lostWith = (queueSize: number): number =>
    killed(100, { agent: { clientBuffer: { queueSize } } }).books.groups[0]!.lost.logcollector;

  expect(lostWith(100_000)).toBe(lostWith(5_000));
});

test('of a killed node its last second of events is lost, and what was on the way', () => {
  const lost = lostOf(killed(100));

  // analysisd flushes once a second; two milliseconds on the way, the notice on the way back.
  expect(lost['nodeMemory']!).toBeLessThanOrEqual(100);
  expect(lost['path'] ?? 0).toBeLessThanOrEqual(1);
  expect(lost['sendError']).toBeUndefined();
});

test('what is written into a hung node is delivered when it goes on, unless the agent waits there with a new connection', () => {
  const hang = (forSeconds: number, list: readonly number[]): Record<string, number> =>
    lostOf(
      play(
        aWorld({
          groups: [lone(10, { list })],
          faults: [fault('hang', 'worker01', 100, forSeconds)],
          durationUs: 16 * minute,
        }),
      ),
    );

  // Measured: after 30 s, not noticed: all delivered. After 90 s the same key waits in the queue: 47 of 2,788 got through.
  expect(hang(30, [1, 2])).toEqual({});
  near(hang(90, [1, 2])['keyInUse']!, 56 * 10, 55);
  // After 450 s the agent is on the other node: all delivered.
  expect(hang(450, [1, 2])['keyInUse']).toBeUndefined();
  expect(hang(450, [1, 2])['path']).toBeUndefined();
});

test.each([
  // Measured after 450 s with the agent on the other node: 4.9.2 took in all 2,788, 3.13.6 only 39.
  ['4.6.0', 0],
  ['4.5.4', 56 * 10],
])('a manager %s that goes on after its agents have left loses %i of what they left behind', (version, lost) => {
  const world = aWorld({
    groups: [lone(10)],
    faults: [fault('hang', 'worker01', 100, 450)],
    durationUs: 16 * minute,
  });
  const nodes = world.nodes.map((node) => ({ ...node, version }));

  near(lostOf(play({ ...world, nodes }))['path'] ?? 0, lost, lost === 0 ? 0 : 60);
});

test('what is written into a node that is gone is lost, and so is what a hung one holds when it dies', () => {
  const gone = play(
    aWorld({ groups: [lone(2)], faults: [fault('powerOff', 'worker01', 100, null)], durationUs: 20 * minute }),
    { fromSeconds: 100 },
  );
  near(lostOf(gone)['path']!, (first(gone, 'noticed').seconds - 100) * 2, 2);

  const held = (faults: ReturnType<typeof fault>[]): number | undefined =>
    lostOf(play(aWorld({ groups: [lone(2)], faults, durationUs: 20 * minute })))['path'];
  expect(held([fault('hang', 'worker01', 100, 700)])).toBeUndefined();
  near(held([fault('hang', 'worker01', 100, null), fault('kill', 'worker01', 600, null)])!, 2 * 56, 12);
});

/** A node that is gone for good, behind a router, before an agent with the send buffers of an MTU of 1500. */
function gone(rate: number, version: string, durationUs = 25 * minute): Story {
  return play(
    aWorld({ groups: [lone(rate, { version })], faults: [fault('powerOff', 'worker01', 100, null)], durationUs }),
    { fromSeconds: 100 },
  );
}

test.each([
  [2, 0],
  [3, 0],
  [6, 1],
  [20, 1],
] as const)(
  'in front of a silent node 75 kB hold %i events of 300 bytes a second long enough or not (frozen: %i)',
  (rate, froze) => {
    expect([...gone(rate, '4.9.2').books.outages.froze]).toEqual([froze]);
  },
);

test('a frozen agent notices when TCP gives up, a second after it wakes', () => {
  const story = gone(20, '4.14.7');

  // Measured: 939.5 s after the first segment that was not acknowledged.
  expect(first(story, 'noticed').text).toBe('closed');
  near(first(story, 'noticed').seconds - 100, 939.5 + 1, 0.3);
  // The event in the blocked dispatcher's hand fails, 250 others were in the send buffer.
  expect(lostOf(story)['sendError']).toBe(1);
  near(lostOf(story)['path']!, 250, 2);
});

test('a frozen agent reads nothing: its local socket and logcollector fill, its buffer does not', () => {
  const { lost, pending, delivered, produced } = gone(100, '4.14.7', 10 * minute).books.groups[0]!;

  expect(lost.logcollector).toBeGreaterThan(0);
  // 75 kB are full after 2.5 s; until the next keepalive the main loop still reads; then 11 + 1,023 + 1 outside.
  expect(pending).toBeLessThanOrEqual(11 + 1_024 + 20 * 100);
  expect(produced).toBe(delivered + pending + lost.logcollector + lost.path + lost.nodeMemory + lost.ring);
});

test.each([
  // shutdown() before close() from 4.11.1: it wakes a blocked sender.
  ['4.11.1', 0, 1],
  ['4.11.0', 1, 0],
])('an agent %s that notices while its dispatcher is blocked', (version, froze, sendError) => {
  // 75 kB are full between the last keepalive and the end of its patience: 4.2 a second, last ACK just before the fault.
  const ackUs = 99.9 * second;
  const story = play(
    aWorld({
      groups: [lone(4.14, { version })],
      faults: [fault('powerOff', 'worker01', 100, null)],
      durationUs: 10 * minute,
    }),
    {
      fromSeconds: 100,
      startUs: Float64Array.of(ackUs - 30 * second - 4_000),
      clockPhaseUs: Float64Array.of(second - (ackUs % second)),
      lastAckUs: Float64Array.of(ackUs),
    },
  );

  expect(first(story, 'noticed').text).toBe('silence');
  expect([...story.books.outages.froze]).toEqual([froze]);
  expect(lostOf(story)['sendError'] ?? 0).toBe(sendError);
  expect(story.moments.some(({ what }) => what === 'try')).toBe(froze === 0);
});

test('without a client buffer the main thread itself sends: a full send buffer freezes it at once', () => {
  const run = (disabled: boolean): Story =>
    play(
      aWorld({
        groups: [lone(5, { agent: { clientBuffer: { disabled } } })],
        faults: [fault('powerOff', 'worker01', 100, null)],
        durationUs: 4 * minute,
      }),
    );

  expect(run(true).books.outages.froze[0]).toBe(1);
  // No limiter either: 800/s pass.
  const { delivered, lost } = play(
    aWorld({ groups: [lone(800, { agent: { clientBuffer: { disabled: true } } })], durationUs: minute }),
  ).books.groups[0]!;
  expect(lost.ring).toBe(0);
  near(delivered, 800 * 60, 801);
});

test('with nodes of too little capacity what does not fit is lost where it does not fit', () => {
  const { books } = play(
    aWorld({
      groups: [{ count: 100, version: '4.9.2', list: [1, 2], events: regular(20) }],
      eventsPerSecond: 1_500,
      durationUs: 2 * minute,
    }),
  );
  const { lost, pending, produced, delivered } = books.groups[0]!;

  // 2,000 a second come, 1,500 are analysed, 16,383 wait, the rest is dropped.
  near(delivered, 120 * 1_500, 1_700);
  near(lost.analysis, 120 * 500 - 16_383, 300);
  expect(produced).toBe(delivered + pending + lost.analysis);
  expect(books.nodes[1]).toMatchObject({ queuePeak: 16_383, lostQueue: 0 });
});

test('records of a Windows event channel wait where lines of a file are lost', () => {
  // 20/s for 50 s of looking for a node and longer: 1,023 lines are too few from a minute on.
  const lostWith = (source: 'logcollector' | 'eventChannel'): Record<string, number> =>
    lostOf(
      play(
        aWorld({
          groups: [lone(20, { events: { ...regular(20), source } })],
          faults: [fault('kill', ['worker01', 'worker02'], 100, 120)],
        }),
      ),
    );

  expect(lostWith('logcollector')['logcollector']).toBeGreaterThan(1_000);
  expect(lostWith('eventChannel')['logcollector']).toBeUndefined();
  expect(lostWith('eventChannel')['ring']).toBeUndefined();
});

test('what waited in an event channel comes all at once, and the client buffer holds 5,000 of it', () => {
  const story = play(
    aWorld({
      groups: [lone(60, { events: { ...regular(60), source: 'eventChannel' } })],
      faults: [fault('kill', ['worker01', 'worker02'], 100, 120)],
    }),
  );

  // 60/s from 100 s until the handshake, and up to 5 s more until the next look at the lock.
  const back = story.moments.filter(({ what }) => what === 'handshake').at(-1)!;
  near(lostOf(story)['ring']!, 60 * (back.seconds + 2.5 - 100) - 5_000, 160);
});

test('records of an event channel fill the buffer of an agent whose main thread sleeps, and what then finds no room is lost', () => {
  // 300 B a record: 75 kB are full after 250 of them, 5 s after the host has gone; the next keepalive puts the main thread to sleep.
  const lost = (source: 'logcollector' | 'eventChannel'): EventCounts['lost'] =>
    play(
      aWorld({
        groups: [
          {
            count: 1,
            version: '4.9.2',
            platform: 'windows',
            list: [1, 2],
            events: { ...regular(50), source },
            agent: { clientBuffer: { queueSize: 1_000 } },
          },
        ],
        faults: [fault('powerOff', 'worker01', 100, null)],
        durationUs: 10 * minute,
      }),
    ).books.groups[0]!.lost;

  // What was written in the 495 s since then, but for 1,000 in the buffer and one in the dispatcher's hand.
  expect(lost('eventChannel').ring).toBe(25_000 - 250 - 1_001);
  expect(lost('eventChannel').logcollector).toBe(0);
  expect(lost('logcollector').logcollector).toBeGreaterThan(20_000);
});
