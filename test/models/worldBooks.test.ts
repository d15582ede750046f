import { expect, test } from 'vitest';
import { runWorld } from '../../src/models/world.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

test('what waits over time is what is on the way or held, without the noise of chance', () => {
  const world = aWorld({
    groups: [
      { count: 300, events: { ratePerSecond: 2 } },
      { count: 300, events: { ratePerSecond: 2 }, list: [1, 2] },
    ],
    faults: [fault('kill', 'worker01', 600, 300)],
    durationUs: 30 * minute,
    latencyUs: 1_000,
  });

  const { timeline, groups } = runWorld(world, { seed: '1', replication: 0 });

  // Two hops for one half, one for the other: 600 × 2/s × 1 ms and 300 × 2/s × 1 ms more.
  const at = (seconds: number): number => timeline.waiting[(seconds * 1e6) / timeline.stepUs]!;
  for (const seconds of [60, 300, 594]) expect(at(seconds)).toBeCloseTo(1.8, 1);
  // Agents that have emptied their buffers are counted with that stretch: less than a tenth of a second of all events.
  for (const seconds of [900, 1_500]) expect(at(seconds)).toBeLessThan(120);
  // A second before the list's agents are back: theirs of 49 s, less what their buffers dropped of it.
  expect(at(648)).toBeGreaterThan(25_000);
  expect(timeline.produced.at(-1)).toBeCloseTo(
    groups.reduce((sum, { produced }) => sum + produced, 0),
    3,
  );
});
