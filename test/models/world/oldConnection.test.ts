// A node that goes on after a hang and finds an agent's old connection full of events, and a new one waiting.
import { expect, test } from 'vitest';
import type { LossCause } from '../../../src/models/ledger.ts';
import { runWorld } from '../../../src/models/world.ts';
import { aWorld, fault, minute, second } from '../../support/worlds.ts';

interface Outcome {
  readonly lost: Partial<Record<LossCause, number>>;
  readonly refused: number;
  /** Seconds after the end of the hang at which each agent is back. */
  readonly back: readonly number[];
}

/** One agent of the measured runs, or some: 50 events/s of 174 bytes; its node hangs at 100 s. */
function hang(seconds: number, version: string, count = 1, more: { readonly overtakeSeconds?: number } = {}): Outcome {
  const world = aWorld({
    groups: [
      { count, version: '4.9.2', list: [1, 2], events: { ratePerSecond: 50, arrival: 'regular', sizeBytes: 174 } },
    ],
    faults: [fault('hang', 'worker01', 100, seconds)],
    durationUs: 12 * minute,
    node: { version, ...(more.overtakeSeconds !== undefined && { connectionOvertakeSeconds: more.overtakeSeconds }) },
  });
  const back: number[] = [];
  const books = runWorld(
    world,
    { seed: 'old', replication: 0 },
    {
      connected: (_, atUs) => {
        if (atUs > 100 * second) back.push(atUs / second - 100 - seconds);
      },
    },
    { lastAckUs: new Float64Array(count).fill(95 * second) },
  );
  const { lost } = books.groups[0]!;
  const some = Object.entries(lost).filter(([, events]) => events > 0);
  return { lost: Object.fromEntries(some), refused: books.nodes[1]!.keysRefused, back };
}

/** Events in the old connections: a manager of 4.3 throws all of them away. */
const leftBehind = (seconds: number, count: number): number => hang(seconds, '4.3.0', count).lost.path!;

// Noticed 56 s after the hang; the attempts that nobody answers begin 56, 126, 196 and 266 s after it.
test.each([
  { seconds: 90, accepted: 47 }, // two chunks of 4,096 bytes
  { seconds: 300, accepted: 117 }, // five: three connections that nobody waits for any more stand in front. Measured 118
])('after a hang of $seconds s, $accepted old events get through before the new connection is let in', (run) => {
  const { lost, refused, back } = hang(run.seconds, '4.9.2');

  expect(leftBehind(run.seconds, 1) - lost.keyInUse!).toBe(run.accepted);
  expect(refused).toBe(0);
  expect(back[0]).toBeLessThan(0.1);
});

test('an agent that has gone to another node gets all of it through, late', () => {
  const { lost, refused } = hang(450, '4.9.2');

  expect([lost.keyInUse, lost.path, refused]).toEqual([undefined, undefined, 0]);
});

test('who stands farther back in the accept queue gets more through: a chunk each pass', () => {
  // 2, 3 and 4 chunks.
  expect(leftBehind(90, 3) - hang(90, '4.9.2', 3).lost.keyInUse!).toBe(47 + 70 + 94);
});

test('managers of 4.4.0 to 4.5.1 refuse the new connection, and throw the old one away when it has ended', () => {
  const { lost, refused, back } = hang(90, '4.5.1');

  expect(refused).toBe(1);
  expect(lost.keyInUse).toBeUndefined();
  expect(lost.path).toBeGreaterThan(2_700);
  // The attempt has failed, the next one comes after retry_interval.
  expect(back[0]).toBeCloseTo(10, 1);
});

test('managers up to 4.3 know no such check', () => {
  const { lost, refused, back } = hang(90, '4.3.0');

  expect([refused, lost.keyInUse]).toEqual([0, undefined]);
  expect(lost.path).toBeGreaterThan(2_700);
  expect(back[0]).toBeLessThan(0.1);
});

test('who has been silent for less than connection_overtake_time is refused, and its old events count', () => {
  // The hang ends 58 s after the last event that was read.
  const soon = hang(58, '4.9.2');
  expect([soon.refused, soon.lost.keyInUse]).toEqual([1, undefined]);
  expect(soon.back[0]).toBeCloseTo(10, 1);

  const never = hang(300, '4.9.2', 1, { overtakeSeconds: 0 });
  expect([never.refused, never.lost.keyInUse]).toEqual([1, undefined]);
  expect(hang(58, '4.9.2', 1, { overtakeSeconds: 30 }).refused).toBe(0);
});
