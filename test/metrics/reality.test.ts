// A run against reality: where agents were seen, and how many there were on each node.
import { describe, expect, test } from 'vitest';
import { backtestErrors } from '../../src/metrics/backtest.ts';
import { metricValue } from '../../src/metrics/metric.ts';
import { numbersOf } from '../../src/metrics/numbers.ts';
import { placementTable } from '../../src/metrics/placement.ts';
import { everything, type RunView } from '../../src/metrics/selection.ts';
import { runWorld } from '../../src/models/world.ts';
import type { Observed } from '../../src/scenario/scenario.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

const luck = { seed: 'r', replication: 0 };

/** Four agents on worker01, two on worker02; worker01 dies in the tenth minute of twenty. */
function run(seen: readonly number[], observed: Observed | null = null): RunView {
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
  return { world, books: runWorld(world, luck), observed };
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

describe('a backtest', () => {
  const observed: Observed = {
    lines: [
      { node: 'worker01', atUs: [0, 5 * minute, 15 * minute], agents: [4, 5, 1] },
      { node: 'worker02', atUs: [0], agents: [2] },
      { node: 'gone', atUs: [0], agents: [7] },
    ],
  };
  const found = run([], observed);

  test('tells the mean distance of each node that the mode has', () => {
    expect(backtestErrors(found)).toEqual([
      { node: 'worker01', points: 3, agents: 2 / 3, share: 2 / 10 },
      { node: 'worker02', points: 1, agents: 0, share: 0 },
    ]);
    expect(metricValue('backtest.error', found, everything)).toBe(2 / 4);
    expect(metricValue('backtest.share', found, everything)).toBe(2 / 12);
    expect(metricValue('backtest.error', found, { ...everything, node: 1 })).toBe(2 / 3);
    expect(metricValue('backtest.share', found, { ...everything, node: 2 })).toBe(0);
  });

  test('says nothing where nothing was observed', () => {
    expect(metricValue('backtest.error', run([]), everything)).toBeNull();
    expect(metricValue('backtest.error', found, { ...everything, node: 0 })).toBeNull();
  });
});
