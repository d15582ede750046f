// How many agents would have left a node whose handlers answer their keepalives late.
import { expect, test } from 'vitest';
import { missAcks, type BusyNode } from '../../src/models/ackSilence.ts';

const sliceUs = 100_000;
const steps = { stepUs: 1_000_000 };
const patient = { notifyTimeSeconds: 10, timeReconnectSeconds: 60 };

/** A node with as many agents for 400 s, and so much work before it at each second, s. */
function busy(agents: number, workSeconds: (second: number) => number): BusyNode {
  return {
    workUs: Float64Array.from({ length: 4_000 }, (_, slice) => Math.max(0, workSeconds(slice / 10)) * 1e6),
    sliceUs,
    connected: new Float64Array(401).fill(agents),
    steps,
  };
}

/** So much work comes at 100 s, all at once, and is done a second a second. */
const burst = (seconds: number) => (second: number) => (second < 100 ? 0 : seconds - (second - 100));

test('work of a minute that comes all at once keeps the ACK of every agent back for longer than time-reconnect', () => {
  expect(missAcks(busy(1_000, burst(70)), [patient])).toBe(1_000);
});

test('of work a little above what lies between two ACKs those miss theirs whose keepalive comes next', () => {
  // Two ACKs lie 10 s and the growth apart: within 5 s of the burst, of the 10 between two keepalives, it is above 50 s.
  const agents = missAcks(busy(1_000, burst(55)), [patient]);

  expect(agents).toBeGreaterThanOrEqual(490);
  expect(agents).toBeLessThanOrEqual(510);
});

test('work that waits for long, but has grown slowly, makes nobody leave', () => {
  expect(
    missAcks(
      busy(1_000, (second) => Math.min(second, 390)),
      [patient],
    ),
  ).toBe(0);
  expect(missAcks(busy(1_000, burst(49)), [patient])).toBe(0);
});

test('keepalives of 20 s leave less time for the work between them', () => {
  const of413 = { notifyTimeSeconds: 20, timeReconnectSeconds: 60 };

  expect(missAcks(busy(1_000, burst(49)), [patient, of413])).toBeGreaterThan(0);
});

test('agents that come to a node behind more than a minute of work miss the ACK of their first keepalive', () => {
  const node = busy(0, () => 65);
  const connected = node.connected.map((_, second) => (second < 50 ? 0 : 30));

  expect(missAcks({ ...node, connected }, [patient])).toBe(30);
  expect(missAcks({ ...busy(0, () => 59), connected }, [patient])).toBe(0);
});

test('a node whose handlers do no work has nobody wait', () => {
  expect(missAcks({ ...busy(10, () => 0), workUs: new Float64Array(0) }, [patient])).toBe(0);
});
