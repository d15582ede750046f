import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loopPeriodUs } from '../../src/models/agent.ts';
import {
  dueWithAckUs,
  lastAckUs,
  lastKeepaliveSecond,
  nextKeepaliveUs,
  noticeUs,
  turnAt,
  type Clockwork,
  type Wakes,
} from '../../src/models/keepalive.ts';
import { second } from '../support/worlds.ts';

/** The main loop is woken by events at these instants, in order. */
function events(instants: readonly number[]): Wakes {
  return {
    before: (atUs) => instants.filter((instant) => instant < atUs).at(-1) ?? -Infinity,
    from: (atUs) => instants.find((instant) => instant >= atUs) ?? Infinity,
  };
}

const quiet = events([]);

function clockOf(changes: Partial<Clockwork> = {}): Clockwork {
  return {
    phaseUs: 0,
    keepalivePhaseUs: 0,
    keepaliveSecond: 0,
    notifyTimeSeconds: 10,
    timeReconnectSeconds: 60,
    ...changes,
  };
}

test('the main loop turns when an event is written, else a good second after it was last woken', () => {
  const wakes = events([3 * second, 9 * second]);

  expect(turnAt(wakes, 0, 2.5 * second)).toBe(3 * second);
  expect(turnAt(wakes, 0, 3 * second)).toBe(3 * second);
  expect(turnAt(wakes, 0, 3 * second + 1)).toBe(3 * second + loopPeriodUs);
  expect(turnAt(wakes, 5 * second, 5.5 * second)).toBe(5 * second + loopPeriodUs);
});

test.each([
  // Where in its second the ACK came; measured: 61.07 s later, 60.06 s where it came just before the next one.
  [0, 61.07],
  [0.5, 61.07],
  [0.92, 61.07],
  [0.95, 60.07],
])('an agent without events whose last ACK came %f s into a second notices %f s later', (fraction, seconds) => {
  const ack = (100 + fraction) * second;

  expect((noticeUs(clockOf(), quiet, ack) - ack) / second).toBeCloseTo(seconds, 2);
});

test('a keepalive that falls due as an ACK comes leaves in its own turn, or in that of the ACK', () => {
  const ack = 95.2 * second;
  const ownTurn = ack + 5 * loopPeriodUs; // the first at or after 100 s
  const leaves = (heardUs: number, sinceUs = heardUs - 4_000): number =>
    dueWithAckUs(clockOf(), quiet, ack, sinceUs, heardUs);

  expect(leaves(99.9 * second)).toBe(Infinity); // nothing has fallen due since that of 90 s
  expect(leaves(100 * second)).toBe(100 * second);
  expect(leaves(ownTurn - 1)).toBe(ownTurn - 1);
  expect(leaves(ownTurn + 1_000)).toBe(ownTurn);
  expect(leaves(ownTurn + 5_000)).toBe(Infinity); // it has come with what waited
  expect(leaves(99.9 * second, 0)).toBe(Infinity); // 90 s lies before that ACK
});

test('an agent with events notices in the first turn of the 61st second', () => {
  const wakes = events(Array.from({ length: 2_000 }, (_, i) => i * 0.1 * second));

  expect(noticeUs(clockOf(), wakes, 100.5 * second)).toBe(161 * second);
  expect(noticeUs(clockOf({ phaseUs: 250_000 }), wakes, 100.5 * second)).toBe(160.8 * second);
  expect(noticeUs(clockOf({ timeReconnectSeconds: 30 }), wakes, 100.5 * second)).toBe(131 * second);
});

test('keepalives leave on the grid of notify_time, whatever came between', () => {
  const clock = clockOf({ keepaliveSecond: 4, notifyTimeSeconds: 20 });
  const wakes = events(Array.from({ length: 1_000 }, (_, i) => i * 0.25 * second));

  expect(nextKeepaliveUs(clock, wakes, 4 * second, 5 * second)).toBe(24 * second);
  expect(nextKeepaliveUs(clock, wakes, 4 * second, 24 * second + 1)).toBe(44 * second);
  expect(lastKeepaliveSecond(clock, wakes, 4 * second, 63 * second)).toBe(44);
  expect(lastKeepaliveSecond(clock, wakes, 4 * second, 20 * second)).toBe(4);
});

test('a keepalive that does not reach its node in time gets no ACK', () => {
  const clock = clockOf();
  const wakes = events([30 * second]);
  const ack = (brokenUs: number): number => lastAckUs(clock, wakes, second / 2, brokenUs, 3_000);

  expect(ack(30 * second + 3_000)).toBe(30 * second + 6_000);
  expect(ack(30 * second + 2_999)).toBeLessThan(22 * second);
});

test('the last ACK is the one that playing every turn of the loop gives', () => {
  // Turns, keepalives and ACKs one by one; keepalives stay on their grid, as the engine has it.
  const played = (
    clock: Clockwork,
    instants: readonly number[],
    ackUs: number,
    brokenUs: number,
    l: number,
  ): number => {
    const wakes = events(instants);
    let woken = ackUs;
    let ack = ackUs;
    for (let k = 1; ; k++) {
      const due = (clock.keepaliveSecond + k * clock.notifyTimeSeconds) * second - clock.keepalivePhaseUs;
      if (due <= ackUs) continue;
      const sent = due <= woken ? woken : turnAt(wakes, woken, due);
      if (sent + l > brokenUs) return ack;
      ack = sent + 2 * l;
      woken = Math.max(woken, ack);
    }
  };
  const instant = fc.integer({ min: 0, max: 200 * second });
  fc.assert(
    fc.property(
      fc.array(instant, { maxLength: 40 }),
      fc.integer({ min: 0, max: second - 1 }),
      fc.constantFrom(10, 20),
      fc.integer({ min: second, max: 10 * second }),
      fc.integer({ min: 11 * second, max: 200 * second }),
      fc.constantFrom(50, 1_000, 40_000),
      (written, phaseUs, notifyTimeSeconds, ackUs, brokenUs, latencyUs) => {
        const instants = [...written].sort((a, b) => a - b);
        const keepaliveSecond = Math.floor((ackUs - 2 * latencyUs + phaseUs) / second);
        const clock = clockOf({ phaseUs, keepalivePhaseUs: phaseUs, keepaliveSecond, notifyTimeSeconds });

        expect(lastAckUs(clock, events(instants), ackUs, brokenUs, latencyUs)).toBe(
          played(clock, instants, ackUs, brokenUs, latencyUs),
        );
      },
    ),
    { seed: 1, numRuns: 1_000 },
  );
});
