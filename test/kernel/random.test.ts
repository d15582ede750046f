import { expect, test } from 'vitest';
import { deriveKey, lane, rootKey, shuffle, threefry, uniform } from '../../src/kernel/random.ts';

test('Threefry2x32 with 20 rounds gives the published value for the zero vector', () => {
  threefry(0, 0, 0, 0);

  expect([lane.x0 >>> 0, lane.x1 >>> 0]).toEqual([0x6b200159, 0x99ba4efe]);
});

test('a draw depends on its key and counter alone, not on what was drawn before', () => {
  const key = deriveKey(rootKey('1', 3), 7, 0);
  const alone = uniform(key, 5, 2);
  for (let i = 0; i < 100; i++) uniform(key, i, 0);

  expect(uniform(key, 5, 2)).toBe(alone);
});

test('seeds, replications and purposes meet different luck', () => {
  const draws = ['1', '2'].flatMap((seed) =>
    [0, 1].flatMap((replication) =>
      [1, 2].map((purpose) => uniform(deriveKey(rootKey(seed, replication), purpose, 0), 0, 0)),
    ),
  );

  expect(new Set(draws).size).toBe(8);
});

test('uniforms fill [0, 1) evenly', () => {
  const key = rootKey('even', 0);
  const bins = new Array<number>(16).fill(0);
  for (let i = 0; i < 160_000; i++) bins[Math.floor(uniform(key, i, 0) * 16)]! += 1;

  // Chi-square with 15 degrees of freedom exceeds 44.3 with probability 1e-4.
  const chiSquare = bins.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
  expect(chiSquare).toBeLessThan(44.3);
});

test('a shuffled list keeps its members', () => {
  const drawn = shuffle([1, 2, 3, 4, 5, 6, 7, 8], rootKey('1', 0), 4);

  expect([...drawn].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(drawn).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
