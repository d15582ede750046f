import { expect, test } from 'vitest';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything } from '../../src/metrics/selection.ts';
import { runWorld } from '../../src/models/world.ts';
import { aWorld, minute, second } from '../support/worlds.ts';

test('buffers tell when they are full, and for how many agents', () => {
  const world = aWorld({
    groups: [
      { count: 3, list: [1], events: { ratePerSecond: 800, arrival: 'regular' } },
      { count: 5, list: [1], events: { ratePerSecond: 10 } },
    ],
    durationUs: minute,
  });
  const run = { books: runWorld(world, { seed: '1', replication: 0 }), world };
  const value = (name: string, group = -1): number | null => metricValue(name, run, { ...everything, group });

  expect(Math.abs(value('buffer.firstFull')! / second - 15.6)).toBeLessThan(0.5);
  expect([value('buffer.full'), value('buffer.floods'), value('buffer.alerts')]).toEqual([3, 3, 9]);
  expect([value('buffer.firstFull', 1), value('buffer.full', 1), value('buffer.alerts', 1)]).toEqual([Infinity, 0, 0]);
});
