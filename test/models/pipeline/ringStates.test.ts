import { expect, test } from 'vitest';
import { RingState, RingStates, noBufferAlerts } from '../../../src/models/pipeline/ringStates.ts';

// Wazuh 4.14.7: warn_level 90 %, normal_level 70 %, tolerance 15 s of a buffer of 100.
const limits = {
  spacingUs: 2_094,
  ringSize: 100,
  queueSize: 1_023,
  socketSize: 11,
  blocks: false,
  skips: true,
  isChannel: false,
  warnAt: 90,
  normalAt: 70,
  toleranceUs: 15_000_000,
};

test('a buffer warns at 90 %, is full, floods after 15 s, and is normal again at 70 %', () => {
  const states = new RingStates(1);
  const alerts = noBufferAlerts();
  const after = (events: number, seconds: number, appended = true, overflowed = false): number => {
    states.note(0, limits, alerts, events, seconds * 1e6, appended, overflowed);
    return states.state[0]!;
  };

  expect(after(89, 1)).toBe(RingState.Normal);
  expect(after(90, 2)).toBe(RingState.Warning);
  expect(after(100, 3)).toBe(RingState.Full);
  expect(after(99, 17.9)).toBe(RingState.Full);
  expect(after(95, 18)).toBe(RingState.Flood);
  expect(after(91, 19, false)).toBe(RingState.Flood);
  expect(after(90, 20, false)).toBe(RingState.Warning);
  expect(after(71, 21, false)).toBe(RingState.Warning);
  expect(after(70, 22, false)).toBe(RingState.Normal);
  expect(alerts).toEqual({ warning: 2, full: 1, flood: 1, normal: 1, firstFullUs: 3e6 });
});

test('what fills or empties it at once passes all states in between', () => {
  const states = new RingStates(1);
  const alerts = noBufferAlerts();
  states.note(0, limits, alerts, 100, 5e6, true, true);
  states.note(0, limits, alerts, 0, 9e6, false, false);

  expect(alerts).toEqual({ warning: 2, full: 1, flood: 0, normal: 1, firstFullUs: 5e6 });
});
