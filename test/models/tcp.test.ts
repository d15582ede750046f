// What Linux does about a peer that is not heard.
import { expect, test } from 'vitest';
import { keepaliveEndUs, managerKeepalive, orphanRepeatUs, probeUs } from '../../src/models/tcp.ts';

const second = 1_000_000;

test('a socket whose process has left repeats its last segment eight times, 53 s after the first for the last time', () => {
  // Linux, tcp_orphan_retries(): 8; instants as measured for retransmissions.
  const instants: number[] = [];
  for (let at = orphanRepeatUs(0, 1); at < Infinity; at = orphanRepeatUs(0, at + 1)) instants.push(at / second);

  expect(instants).toEqual([0.208, 0.416, 0.832, 1.664, 3.328, 6.656, 13.312, 26.624, 53.248]);
  expect(orphanRepeatUs(-Infinity, 0)).toBe(Infinity);
});

test('the manager probes an idle connection after 30, 40 and 50 s and closes it after 60 s', () => {
  // Wazuh, internal_options.conf: remoted.tcp_keepidle 30, tcp_keepintvl 10, tcp_keepcnt 3.
  expect([0, 30, 30.001, 40.5, 50, 50.001].map((at) => probeUs(0, at * second, managerKeepalive) / second)).toEqual([
    30,
    30,
    40,
    50,
    50,
    Infinity,
  ]);
  expect(keepaliveEndUs(7 * second, managerKeepalive)).toBe(67 * second);
});

test('a manager told to probe otherwise does so', () => {
  const keepalive = { idleUs: 5 * second, intervalUs: 2 * second, count: 2 };

  expect([0, 5.1, 7, 7.1].map((at) => probeUs(0, at * second, keepalive) / second)).toEqual([5, 7, 7, Infinity]);
  expect(keepaliveEndUs(0, keepalive)).toBe(9 * second);
});
