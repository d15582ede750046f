// What was measured about events inside the real agent (4.9.2, Linux 6.18), each with the same played by the engine. Lines of about
// 110 bytes are 174 on the wire; on loopback a connection takes 4.1 MB in front of a peer that hangs.
import type { LossCause } from '../../src/models/ledger.ts';
import { first, play, type Story } from './stories.ts';
import { aWorld, fault, minute, second, type GroupRecipe } from './worlds.ts';

export interface MeasuredRule {
  readonly rule: string;
  /** As it was measured. */
  readonly measured: string;
  /** What the engine may say. */
  readonly from: number;
  readonly to: number;
  readonly simulated: () => number;
}

const killSeconds = 100;
const loopback = { silentBytes: 3_940_000, hungBytes: 4_100_000 };

function lone(rate: number, changes: Partial<GroupRecipe> = {}): GroupRecipe {
  return {
    count: 1,
    version: '4.9.2',
    list: [1, 2],
    ...changes,
    events: { ratePerSecond: rate, arrival: 'regular', sizeBytes: 174, ...changes.events },
  };
}

/** Worker01 is killed at 100 s and stays dead: the agent is on worker02 after 50 s. */
function killed(rate: number, seconds: number, changes: Partial<GroupRecipe> = {}, faults = true): Story {
  return play(
    aWorld({
      groups: [lone(rate, changes)],
      faults: faults ? [fault('kill', 'worker01', killSeconds, null)] : [],
      durationUs: (killSeconds + seconds) * second,
      latencyUs: 50,
    }),
    { fromSeconds: killSeconds },
  );
}

function socket(rate: number): Partial<GroupRecipe> {
  return { events: { ratePerSecond: rate, source: 'socket' } };
}

function lost({ books }: Story, cause: LossCause): number {
  return books.groups[0]!.lost[cause];
}

/** Datagrams that the local socket takes from a sender at 100/s while its agent looks for a manager. */
function taken(maxDgramQlen: number): number {
  const { produced } = killed(100, 20, { ...socket(100), agent: { kernel: { maxDgramQlen } } }).books.groups[0]!;
  return produced - killSeconds * 100;
}

/** Seconds from the handshake with worker02 until events flow. */
function resumes(rate: number): number {
  const story = killed(rate, 100, socket(rate));
  return (story.books.blindUs[0]! - Math.round((first(story, 'handshake').seconds - killSeconds) * second)) / second;
}

/** Worker01 hangs at 100 s for ten minutes; `age` seconds before came the last ACK, at the turn of the agent's second. */
function hang(rate: number, age: number, hungBytes = loopback.hungBytes, version = '4.9.2'): Story {
  const ackUs = (killSeconds - age) * second;
  return play(
    aWorld({
      groups: [lone(rate, { version, agent: { kernel: { sendBuffer: { ...loopback, hungBytes } } } })],
      faults: [fault('hang', 'worker01', killSeconds, 600)],
      durationUs: 15 * minute,
      latencyUs: 50,
    }),
    {
      fromSeconds: killSeconds,
      startUs: Float64Array.of(ackUs - 30 * second - 200),
      clockPhaseUs: Float64Array.of(second - (ackUs % second)),
      lastAckUs: Float64Array.of(ackUs),
    },
  );
}

/** Seconds from the hang to noticing it; Infinity: never, the agent is frozen. */
function noticed(story: Story): number {
  const found = story.moments.find(({ what }) => what === 'noticed');
  return found ? found.seconds - killSeconds : Infinity;
}

/** The smallest whole rate of an agent with the send buffers of an MTU of 1500 that freezes. */
function freezesFrom(kind: 'powerOff' | 'hang', sizeBytes: number, rates: readonly number[]): number {
  for (const rate of rates) {
    const { outages } = play(
      aWorld({
        groups: [lone(rate, { events: { ratePerSecond: rate, sizeBytes } })],
        faults: [fault(kind, 'worker01', killSeconds, null)],
        durationUs: 5 * minute,
      }),
    ).books;
    if (outages.froze[0] === 1) return rate;
  }
  return Infinity;
}

/** A node that hangs for so long and goes on; 50 events a second. */
function resumed(seconds: number, version = '4.9.2'): Story {
  const world = aWorld({
    groups: [lone(50)],
    faults: [fault('hang', 'worker01', killSeconds, seconds)],
    durationUs: 16 * minute,
    latencyUs: 50,
  });
  return play({ ...world, nodes: world.nodes.map((node) => ({ ...node, version })) }, { fromSeconds: killSeconds });
}

/** Of what was written into the old connection. */
function lostOnTheWay(story: Story): number {
  return lost(story, 'path') + lost(story, 'keyInUse') + lost(story, 'nodeMemory') + lost(story, 'sendError');
}

const noticing: readonly MeasuredRule[] = (
  [
    [100, 5, 55.95],
    [150, 5, 55.95],
    [200, 5, 55.95],
    [300, 5, 55.95],
    [350, 0.25, 60.7],
    [400, 6.8, 54.2],
    [400, 3.2, 57.8],
  ] as const
).map(([rate, age, seconds]) => ({
  rule: `hung peer, ${rate}/s, last ACK ${age} s old: noticed after, s`,
  measured: String(seconds),
  from: seconds - 0.25,
  to: seconds + 0.25,
  simulated: () => noticed(hang(rate, age)),
}));

const freezing: readonly MeasuredRule[] = (
  [
    [400, 0.2],
    [400, 0.3],
    [450, 0.3],
  ] as const
).map(([rate, age]) => ({
  rule: `hung peer, ${rate}/s, last ACK ${age} s old: noticed after, s`,
  measured: 'frozen',
  from: Infinity,
  to: Infinity,
  simulated: () => noticed(hang(rate, age)),
}));

export const measuredRules: readonly MeasuredRule[] = [
  {
    rule: 'blocked sender: datagrams in the local socket',
    measured: '11 to 12',
    from: 11,
    to: 12,
    simulated: () => taken(10),
  },
  {
    rule: 'the same with max_dgram_qlen 512',
    measured: '277',
    from: 276,
    to: 278,
    simulated: () => taken(512),
  },
  {
    rule: 'limiter of 500: events/s that pass',
    measured: '477 to 478',
    from: 477,
    to: 478,
    simulated: () =>
      (killed(800, 100, {}, false).books.groups[0]!.delivered - killed(800, 0, {}, false).books.groups[0]!.delivered) /
      100,
  },
  {
    rule: '800/s: the client buffer is full after, s',
    measured: '15',
    from: 14.5,
    to: 16,
    simulated: () => killed(800, 0, {}, false).books.alerts[0]!.firstFullUs / second,
  },
  {
    rule: '800/s: events/s that find it full',
    measured: '322',
    from: 321.5,
    to: 323.5,
    simulated: () => (lost(killed(800, 100, {}, false), 'ring') - lost(killed(800, 0, {}, false), 'ring')) / 100,
  },
  {
    rule: '50/s: events flow after the handshake, s',
    measured: '0',
    from: 0,
    to: 0.05,
    simulated: () => resumes(50),
  },
  {
    rule: '800/s: events flow after the handshake, s',
    measured: '5.0',
    from: 4.9,
    to: 5.01,
    simulated: () => resumes(800),
  },
  {
    rule: '800/s, full buffer: lost 50 to 60 s after the kill',
    measured: '5,597 (else 3,220)',
    from: 5_540,
    to: 5_660,
    simulated: () => lost(killed(800, 60, socket(800)), 'ring') - lost(killed(800, 50, socket(800)), 'ring'),
  },
  {
    rule: 'killed peer, 400/s: written into the dead path',
    measured: '0 to 14',
    from: 0,
    to: 14,
    simulated: () => lost(killed(400, 60), 'path') + lost(killed(400, 60), 'sendError'),
  },
  {
    rule: 'hung peer, 200/s: held for it, events per second until noticing',
    measured: '200',
    from: 199,
    to: 201,
    simulated: () => {
      // The node dies in the end, and with it what it held.
      const { books, moments } = play(
        aWorld({
          groups: [lone(200, { agent: { kernel: { sendBuffer: loopback } } })],
          faults: [fault('hang', 'worker01', killSeconds, null), fault('kill', 'worker01', 1_200, null)],
          durationUs: 21 * minute,
          latencyUs: 50,
        }),
        { fromSeconds: killSeconds },
      );
      return books.groups[0]!.lost.path / (moments.find(({ what }) => what === 'noticed')!.seconds - killSeconds);
    },
  },
  ...noticing,
  {
    rule: 'hung peer, 600/s, last ACK 7.9 s old, 4.19 MB held: noticed, s',
    measured: '53.1, just in time',
    from: 52.9,
    to: 53.4,
    simulated: () => noticed(hang(600, 7.9, 4_370_000)),
  },
  ...freezing,
  {
    rule: 'a frozen agent goes on with its node, s after that',
    measured: '0.1 at most',
    from: 0,
    to: 0.1,
    simulated: () => hang(400, 0.2).books.outages.handshakeUs[0]! / second - 600,
  },
  {
    rule: 'silent peer: a frozen agent notices when TCP gives up, s',
    measured: '939.5 (and 1 s)',
    from: 940.2,
    to: 940.9,
    simulated: () => {
      const story = play(
        aWorld({
          groups: [lone(20)],
          faults: [fault('powerOff', 'worker01', killSeconds, null)],
          durationUs: 25 * minute,
        }),
        { fromSeconds: killSeconds },
      );
      return noticed(story);
    },
  },
  {
    rule: 'MTU 1500, silent peer: 300-byte events/s that freeze',
    measured: 'above 4 to 5',
    from: 4,
    to: 6,
    simulated: () => freezesFrom('powerOff', 300, [2, 3, 4, 5, 6, 7, 8]),
  },
  {
    rule: 'MTU 1500, hung peer: 174-byte events/s that freeze, kB/s',
    measured: 'above about 34',
    from: 32,
    to: 42,
    simulated: () => (freezesFrom('hang', 174, [170, 180, 190, 200, 210, 220, 230, 240]) * 174) / 1_000,
  },
  {
    rule: 'node goes on after 30 s, nobody has left: lost',
    measured: '0 of 3,027',
    from: 0,
    to: 0,
    simulated: () => lostOnTheWay(resumed(30)),
  },
  {
    rule: 'goes on after 90 s, the agent waits there anew: part refused',
    measured: '0.98 (47 of 2,788 pass)',
    from: 0.95,
    to: 1,
    simulated: () => {
      const story = resumed(90);
      return lost(story, 'keyInUse') / Math.ceil((first(story, 'noticed').seconds - killSeconds) * 50);
    },
  },
  {
    rule: 'goes on after 450 s, the agent is elsewhere: lost',
    measured: '0 of 2,788',
    from: 0,
    to: 0,
    simulated: () => lostOnTheWay(resumed(450)),
  },
];
