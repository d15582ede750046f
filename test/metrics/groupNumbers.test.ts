import { expect, test } from 'vitest';
import { groupNumbers } from '../../src/metrics/groupNumbers.ts';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything } from '../../src/metrics/selection.ts';
import { runWorld } from '../../src/models/world.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

test('numbers of a group are the metrics with that group selected', () => {
  const world = aWorld({
    groups: [{ count: 12 }, { count: 7, list: [1, 2] }],
    faults: [fault('powerOff', 'worker01', 120, 60)],
    durationUs: 6 * minute,
  });
  const run = { world, books: runWorld(world, { seed: '1', replication: 0 }) };
  const numbers = groupNumbers(run);

  expect(numbers.map(({ outages }) => outages > 0)).toEqual([true, true]);
  expect(numbers).toEqual(
    world.groups.map((_, group) => {
      const ask = (name: string): number | null => metricValue(name, run, { ...everything, group });
      return {
        produced: ask('events.produced'),
        lost: ask('events.lost'),
        outages: ask('reconnect.count'),
        unfinished: ask('reconnect.unfinished'),
        p50Us: ask('reconnect.p50'),
        p95Us: ask('reconnect.p95'),
      };
    }),
  );
});
