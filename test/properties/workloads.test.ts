// What rates that change with time do in the world: to rings, time lines and nodes' queues.
import { expect, test } from 'vitest';
import type { WorkloadOptions } from '../../src/models/workload.ts';
import { runWorld } from '../../src/models/world.ts';
import type { Books } from '../../src/models/ledger.ts';
import { aWorld, minute, second, type WorldRecipe } from '../support/worlds.ts';

const luck = { seed: 'w', replication: 0 };

function run(events: Partial<WorkloadOptions> & { ratePerSecond: number }, more: Partial<WorldRecipe> = {}): Books {
  const groups = [{ count: 1, list: [1], events: { arrival: 'regular' as const, ...events } }];
  return runWorld(aWorld({ groups, durationUs: 30 * minute, ...more }), luck);
}

test('a burst above the rate of the dispatcher fills the client buffer, and what does not fit is lost', () => {
  // In 10 s of each minute 9,000 events are written. The dispatcher sends 4,775 of them, 5,001 fit.
  const fits = run({ ratePerSecond: 150, burst: { everyUs: minute, lengthUs: 10 * second, share: 1 } });
  // In 20 s 18,000 are written: 9,550 are sent, 5,001 fit, 3,449 are lost. 30 bursts of a run, the first or last cut by the phase.
  const floods = run({ ratePerSecond: 300, burst: { everyUs: minute, lengthUs: 20 * second, share: 1 } });

  expect(fits.groups[0]!.produced).toBeCloseTo(150 * 1_800, -3);
  expect(fits.groups[0]!.lost.ring).toBe(0);
  expect(floods.groups[0]!.lost.ring / 3_449).toBeGreaterThan(28.5);
  expect(floods.groups[0]!.lost.ring / 3_449).toBeLessThan(30.5);
});

test('produced and delivered follow the hours of the day', () => {
  const profile = { startsAtUs: 0, fromUs: [0, 10 * minute, 20 * minute], factors: [0.1, 1, 0] };
  const { timeline } = run({ ratePerSecond: 10, profile });
  const at = (line: Float64Array, minutes: number): number => line[(minutes * minute) / timeline.stepUs]!;

  for (const line of [timeline.produced, timeline.delivered]) {
    expect(Math.abs(at(line, 10) - 600)).toBeLessThan(3);
    expect(Math.abs(at(line, 15) - 3_600)).toBeLessThan(30);
    expect(Math.abs(at(line, 20) - 6_600)).toBeLessThan(30);
    expect(Math.abs(at(line, 30) - 6_600)).toBeLessThan(30);
  }
  expect(timeline.nodeRate[1]![Math.round((5 * minute) / timeline.stepUs)]).toBeCloseTo(1, 9);
  expect(timeline.nodeRate[1]![Math.round((25 * minute) / timeline.stepUs)]).toBe(0);
});

test('the bursts of an agent that writes much fill the queue of its node', () => {
  const steady = run({ ratePerSecond: 60 }, { eventsPerSecond: 100 });
  const bursts = run(
    { ratePerSecond: 60, burst: { everyUs: minute, lengthUs: 10 * second, share: 1 } },
    { eventsPerSecond: 100 },
  );

  expect(steady.nodes[1]!.queuePeak).toBeLessThan(20);
  // 360 a second for 10 s, of which 100 are analysed.
  expect(Math.abs(bursts.nodes[1]!.queuePeak - 2_600)).toBeLessThan(60);
});
