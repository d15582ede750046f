import { describe, expect, test } from 'vitest';
import { evenSkew, exactSkew, largestOfNormals, normalSkew } from '../../src/metrics/evenSkew.ts';

test('small fleets by hand: every way to lie on the nodes is as likely', () => {
  expect(evenSkew(1, 2)).toBeCloseTo(2, 9); // one node has it
  expect(evenSkew(2, 2)).toBeCloseTo(1.5, 9); // together or apart, half and half
  expect(evenSkew(3, 2)).toBeCloseTo((3 * 0.25 + 2 * 0.75) / 1.5, 9);
  expect(evenSkew(2, 3)).toBeCloseTo((2 / 3 + 1 / 3 + 1 / 3) / (2 / 3), 9);
});

test('one node carries everything, and nobody is nowhere uneven', () => {
  expect(evenSkew(2_000, 1)).toBe(1);
  expect(evenSkew(0, 3)).toBeNull();
  expect(evenSkew(5, 0)).toBeNull();
});

test('the largest of normal numbers is as Harter tabulates it', () => {
  const tabulated: readonly (readonly [number, number])[] = [
    [2, 0.56419],
    [3, 0.84628],
    [5, 1.16296],
    [10, 1.53875],
    [50, 2.24907],
  ];
  for (const [count, value] of tabulated) expect(largestOfNormals(count)).toBeCloseTo(value, 4);
});

describe('where the two ways meet', () => {
  test.each([2, 3, 5, 10])('%i nodes: they differ by less than a hundredth', (nodes) => {
    expect(Math.abs(exactSkew(40 * nodes, nodes) - normalSkew(40 * nodes, nodes))).toBeLessThan(0.01);
  });
});

test('a mean of nodes over time lies between whole numbers of them', () => {
  expect(evenSkew(3_000, 2.5)).toBeCloseTo((evenSkew(3_000, 2)! + evenSkew(3_000, 3)!) / 2, 9);
});

test('the more agents, the more even', () => {
  const skews = [30, 75, 300, 3_000, 300_000].map((agents) => evenSkew(agents, 3)!);

  expect(skews).toEqual([...skews].sort((a, b) => b - a));
  expect(skews.at(-1)).toBeLessThan(1.01);
});
