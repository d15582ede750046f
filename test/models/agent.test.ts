import { expect, test } from 'vitest';
import {
  dispatchSpacingUs,
  lockReleaseUs,
  retrySleepUs,
  nextTurnUs,
  receiveTimeoutUs,
  retransmissionUs,
  synRetryUs,
  wholeSeconds,
  instantOfSecond,
} from '../../src/models/agent.ts';
import { second } from '../support/worlds.ts';

test('who met the lock file looks at it every five seconds, who did not goes on at once', () => {
  const released = (met: number, free: number): number => lockReleaseUs(met * second, free * second) / second;

  expect(released(10, 8)).toBe(10); // gone before he comes
  expect(released(10, 10)).toBe(10);
  expect(released(10, 10.001)).toBe(15);
  expect(released(10, 60)).toBe(60);
  expect(released(10, 62)).toBe(65);
});

test('the main loop turns at whole periods after it was woken', () => {
  expect(nextTurnUs(5 * second, 4 * second)).toBe(4 * second);
  expect(nextTurnUs(0, 1)).toBe(1_001_150);
  // Measured: the 61st turn after the last ACK comes 61.07 s after it.
  expect(nextTurnUs(0, 61 * second) / second).toBeCloseTo(61.07, 2);
});

test('a host counts whole seconds from its own phase', () => {
  expect(wholeSeconds(0, 400_000)).toBe(0);
  expect(wholeSeconds(600_000, 400_000)).toBe(1);
  expect(wholeSeconds(-400_001, 400_000)).toBe(-1);
  expect(instantOfSecond(wholeSeconds(7_700_000, 400_000), 400_000)).toBe(7_600_000);
});

test('from one refused attempt to the next it takes a millisecond more than retry_interval', () => {
  expect([10, 5].map((seconds) => retrySleepUs(seconds) / second)).toEqual([10.001, 5.001]);
});

test('the wait for a handshake lasts a thousandth longer than it says', () => {
  expect(receiveTimeoutUs(60) / second).toBe(60.06);
  expect(receiveTimeoutUs(15) / second).toBe(15.015);
});

test('an unacknowledged segment is sent again after 0.2, 0.6, 1.4 … s, then every two minutes', () => {
  const instants: number[] = [];
  for (let at = 0; instants.length < 13;) {
    at = retransmissionUs(0, at + 1);
    instants.push(at / second);
  }

  // Measured on Linux 6.18; a silence of 8 s behind nginx ended 13.3 s after it began.
  expect(instants).toEqual([
    0.208, 0.416, 0.832, 1.664, 3.328, 6.656, 13.312, 26.624, 53.248, 106.496, 212.992, 332.992, 452.992,
  ]);
});

test.each([
  // Linux 6.5 and later: four linear time-outs; before: none. tcp_syn_retries 6 in both.
  [4, 133.36, [1, 2, 3, 4, 5, 7, 11, 19, 35, 67]],
  [0, 130, [1, 3, 7, 15, 31, 63]],
])(
  'with %i linear time-outs and a connect time-out of %f s a SYN is repeated after %j s',
  (linear, timeout, expected) => {
    const instants: number[] = [];
    for (let at = 1; ;) {
      at = synRetryUs(0, at, linear, timeout * second);
      if (at === Infinity) break;
      instants.push(at / second);
      at += 1;
    }

    expect(instants).toEqual(expected);
  },
);

test('the limiter of 500 events per second passes 477 to 478', () => {
  const passed = 1e6 / dispatchSpacingUs(500);

  expect(passed).toBeGreaterThan(477);
  expect(passed).toBeLessThan(478);
});
