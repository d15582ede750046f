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

test('heavy hitters are drawn, and an agent more takes the place of one of them or of nobody', () => {
  const hittersOf = (count: number, replication: number): number[] => {
    const events = { ratePerSecond: 1, hitters: { count: 3, ratePerSecond: 400 } };
    const [group] = aWorld({ groups: [{ count, events }] }).groups;
    const drawn = [...eventRates(group!, rootKey('1', replication))];
    return [...drawn.keys()].filter((agent) => drawn[agent] === 400);
  };
  const found = Array.from({ length: 20 }, (_, replication) => hittersOf(50, replication));

  for (const hitters of found) expect(hitters).toHaveLength(3);
  expect(new Set(found.flat()).size).toBeGreaterThan(20);
  found.forEach((hitters, replication) => {
    const more = hittersOf(51, replication);
    expect(hitters.filter((agent) => !more.includes(agent)).length).toBe(more.includes(50) ? 1 : 0);
  });
});

test('agents of an inventory write what it says', () => {
  expect(rates(3, { kind: 'list', ratesPerSecond: Float64Array.of(0.5, 400, 0) })).toEqual([0.5, 400, 0]);
});
