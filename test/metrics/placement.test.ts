// Where agents were seen, and where they land.
import { describe, expect, test } from 'vitest';
import { metricValue } from '../../src/metrics/metric.ts';
import { numbersOf } from '../../src/metrics/numbers.ts';
import { placementTable } from '../../src/metrics/placement.ts';
import { everything, type RunView } from '../../src/metrics/selection.ts';
import { runWorld } from '../../src/models/world.ts';
import { aWorld, fault } from '../support/worlds.ts';

const luck = { seed: 'r', replication: 0 };

/** Four agents on worker01, two on worker02; worker01 dies in the tenth minute of twenty. */
function run(seen: readonly number[]): RunView {
  const options = aWorld({
    groups: [
      { count: 4, list: [1, 2] },
      { count: 2, list: [2] },
    ],
    faults: [fault('kill', 'worker01', 600, null)],
  });
  const world = {
    ...options,
    groups: options.groups.map((group, index) =>
      seen.length === 0
        ? group
        : { ...group, observedNode: Int16Array.from(index === 0 ? seen.slice(0, 4) : seen.slice(4)) },
    ),
  };
  return { world, books: runWorld(world, luck), observed: null };
}

describe('placement', () => {
  const table = run([1, 1, 2, -1, 2, 0]);

  test('agents are counted by the node they were seen on and the one they land on', () => {
    expect(placementTable(table, everything)).toEqual([
      [0, 0, 1, 0],
      [0, 2, 0, 0],
      [0, 1, 1, 0],
    ]);
    expect(metricValue('placement.agreement', table, everything)).toBe(3 / 5);
    expect(metricValue('placement.agreement', table, { ...everything, group: 1 })).toBe(1 / 2);
    expect(numbersOf(table, 0, []).placement).toEqual(placementTable(table, everything));
  });

  test('says nothing where no inventory says where anybody was', () => {
    expect(metricValue('placement.agreement', run([]), everything)).toBeNull();
    expect(metricValue('placement.agreement', run([-1, -1, -1, -1, -1, -1]), everything)).toBeNull();
  });
});
