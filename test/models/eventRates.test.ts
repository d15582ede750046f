import { expect, test } from 'vitest';
import { rootKey } from '../../src/kernel/random.ts';
import { eventRates } from '../../src/models/eventRates.ts';
import type { WorkloadOptions } from '../../src/models/workload.ts';
import { aWorld } from '../support/worlds.ts';

function rates(count: number, spread: WorkloadOptions['spread'], replication = 0): number[] {
  const [group] = aWorld({ groups: [{ count, events: { ratePerSecond: 2, spread } }] }).groups;
  return [...eventRates(group!, rootKey('1', replication))];
}

test('without a spread every agent writes as much as the others', () => {
  expect(rates(3, { kind: 'equal' })).toEqual([2, 2, 2]);
});

test('a Pareto spread leaves the total and gives the few the most', () => {
  const drawn = rates(5_000, { kind: 'pareto', alpha: 1.2 });
  const inOrder = [...drawn].sort((a, b) => b - a);
  const total = drawn.reduce((a, b) => a + b, 0);

  expect(total).toBeCloseTo(10_000, 6);
  // Of a Pareto law with alpha 1.2 the upper fifth holds 0.2^(1 - 1/1.2), three quarters.
  expect(inOrder.slice(0, 1_000).reduce((a, b) => a + b, 0) / total).toBeGreaterThan(0.6);
  expect(Math.min(...drawn)).toBeGreaterThan(0);
});

test('who writes much is a matter of the replication', () => {
  expect(rates(4, { kind: 'pareto', alpha: 1.2 })).toEqual(rates(4, { kind: 'pareto', alpha: 1.2 }));
  expect(rates(4, { kind: 'pareto', alpha: 1.2 }, 1)).not.toEqual(rates(4, { kind: 'pareto', alpha: 1.2 }));
});
