// A run against reality: how many agents there were on each node.
import { describe, expect, test } from 'vitest';
import { backtestErrors } from '../../src/metrics/backtest.ts';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything, type RunView } from '../../src/metrics/selection.ts';
import { runWorld } from '../../src/models/world.ts';
import type { Observed } from '../../src/scenario/scenario.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

const luck = { seed: 'r', replication: 0 };

/** Four agents on worker01, two on worker02; worker01 dies in the tenth minute of twenty. */
function run(observed: Observed | null): RunView {
  const world = aWorld({
    groups: [
      { count: 4, list: [1, 2] },
      { count: 2, list: [2] },
    ],
    faults: [fault('kill', 'worker01', 600, null)],
  });
  return { world, books: runWorld(world, luck), observed };
}

describe('a backtest', () => {
  const observed: Observed = {
    lines: [
      { node: 'worker01', atUs: [0, 5 * minute, 15 * minute], agents: [4, 5, 1] },
      { node: 'worker02', atUs: [0], agents: [2] },
      { node: 'gone', atUs: [0], agents: [7] },
    ],
  };
  const found = run(observed);

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
    expect(metricValue('backtest.error', run(null), everything)).toBeNull();
    expect(metricValue('backtest.error', found, { ...everything, node: 0 })).toBeNull();
  });
});
