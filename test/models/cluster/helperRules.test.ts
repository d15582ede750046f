import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { helperDefaults } from '../../../src/models/cluster/haproxyHelper.ts';
import {
  canReconnect,
  excessConnections,
  hardStopAfterUs,
  lastFirst,
} from '../../../src/models/cluster/helperRules.ts';

const excess = (counts: readonly number[], tolerance = 0.1): Record<string, number> =>
  Object.fromEntries(excessConnections(new Map(counts.map((count, index) => [`w${index}`, count])), tolerance));

describe('the load counts as even', () => {
  test.each([
    ['where nobody is', []],
    ['on one server', [7]],
    ['at the tolerance, to both sides', [110, 100, 90]],
    ['within one of each other when it cannot be divided', [5, 5, 4]],
    ['with one agent for three servers', [1, 0, 0]],
  ])('%s', (_, counts) => {
    expect(excess(counts)).toEqual({});
  });
});

describe('too many are all above the mean, rounded down', () => {
  test.each([
    ['beyond the tolerance above', [111, 100, 89], { w0: 11 }],
    ['beyond the tolerance below alone', [105, 105, 89], { w0: 6, w1: 6 }],
    ['a server that has come back', [15, 15, 0], { w0: 5, w1: 5 }],
    // The mean is 1: nobody is within a tenth of it, and four can be divided by two.
    ['two to nobody', [2, 0], { w0: 1 }],
    ['a mean of nothing', [2, 0, 0], { w0: 2 }],
  ])('%s', (_, counts, expected) => {
    expect(excess(counts)).toEqual(expected);
  });
});

test('as many are too many as bring the servers above the mean to it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(5000), { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (counts, tolerance) => {
        const mean = Math.floor(counts.reduce((a, b) => a + b, 0) / counts.length);
        const found = Object.values(excess(counts, tolerance)).reduce((a, b) => a + b, 0);
        const above = counts.reduce((sum, count) => sum + Math.max(0, count - mean), 0);
        expect([0, above]).toContain(found);
      },
    ),
    { seed: 4, numRuns: 300 },
  );
});

test('major and minor are compared each for itself', () => {
  const able = ['3.13.6', '4.2.7', '4.3.0', '4.14.7', '5.0.0', '5.2.1', '5.3.0'].filter(canReconnect);
  expect(able).toEqual(['4.3.0', '4.14.7', '5.3.0']);
});

test('releases are sorted as text, ids as numbers', () => {
  const agents = [
    { agent: 2, version: '4.14.7', node: 'a' },
    { agent: 10, version: '4.14.7', node: 'a' },
    { agent: 1, version: '4.9.0', node: 'a' },
  ];
  expect(agents.sort(lastFirst).map(({ agent }) => agent)).toEqual([1, 10, 2]);
});

test('old processes of HAProxy live as long as it takes to have all agents reconnect', () => {
  // 10 000 / (3 × 300) × 3 × 5 s, and 2 × 5 s for each of three managers; in whole milliseconds.
  expect(hardStopAfterUs(10_000, 3, helperDefaults)).toBe(196_666_000);
  expect(hardStopAfterUs(0, 1, helperDefaults)).toBe(10_000_000);
});
