import { expect, test } from 'vitest';
import { addChange, addPart, cumulated, runningSum, stepMeans, stepsOf } from '../../src/models/timelines.ts';
import { minute, second } from '../support/worlds.ts';

test.each([
  [10 * minute, 1, 601],
  [20 * minute, 2, 601],
  [30 * minute, 3, 601],
  [90 * second, 1, 91],
  [25 * second + 1, 1, 26],
])('a run of %i µs is looked at every %i s, both ends included: %i instants', (duration, stepSeconds, count) => {
  expect(stepsOf(duration)).toEqual({ stepUs: stepSeconds * second, count });
});

test('a change counts from the first instant at or after it', () => {
  const steps = stepsOf(5 * second);
  const changes = new Float64Array(steps.count);
  addChange(changes, steps, -10, 3);
  addChange(changes, steps, 2 * second, -1);
  addChange(changes, steps, 3 * second + 1, -1);
  addChange(changes, steps, 6 * second, 100);

  expect([...runningSum(changes)]).toEqual([3, 3, 2, 2, 1, 1]);
});

test('the mean over a step knows when in it something changed', () => {
  const steps = stepsOf(5 * second);
  const changes = new Float64Array(steps.count);
  const parts = new Float64Array(steps.count);
  for (const [atUs, change] of [
    [-10, 4],
    [2 * second, -1],
    [3.25 * second, -2],
  ] as const) {
    addChange(changes, steps, atUs, change);
    addPart(parts, steps, atUs, change);
  }

  expect([...stepMeans(runningSum(changes), parts)]).toEqual([4, 4, 3, 1.5, 1, 1]);
});

test('rates that cancel out leave nothing behind', () => {
  expect([...runningSum(Float64Array.of(0.1, 0.2, -0.3))][2]).toBe(0);
});

test('amounts of slices are added up to the instants', () => {
  const amounts = new Float64Array(30).fill(1);

  expect([...cumulated(amounts, second / 10, { stepUs: second, count: 4 })]).toEqual([0, 10, 20, 30]);
});
