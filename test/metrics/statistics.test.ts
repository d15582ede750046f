import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  estimate,
  pairedDifference,
  percentile,
  percentiles,
  statistic,
  tQuantile,
} from '../../src/metrics/statistics.ts';

test("Student's t agrees with the published table", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975.
  const table: readonly (readonly [freedom: number, quantile: string])[] = [
    [1, '12.706'],
    [2, '4.303'],
    [3, '3.182'],
    [4, '2.776'],
    [5, '2.571'],
    [6, '2.447'],
    [7, '2.365'],
    [8, '2.306'],
    [9, '2.262'],
    [10, '2.228'],
    [15, '2.131'],
    [19, '2.093'],
    [20, '2.086'],
    [24, '2.064'],
    [29, '2.045'],
    [30, '2.042'],
    [40, '2.021'],
    [60, '2.000'],
    [99, '1.984'],
    [100, '1.984'],
  ];
  for (const [freedom, quantile] of table) expect(tQuantile(freedom).toFixed(3), `${freedom}`).toBe(quantile);
});

test("Student's t is rounded to six digits", () => {
  expect([1, 2, 9].map(tQuantile)).toEqual([12.706205, 4.302653, 2.262157]);
});

test('a percentile is the value of the nearest rank, never one between two', () => {
  // Ranks of ten values: the 5th, the 9th, the 10th, the 10th.
  const ten = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
  expect(Object.values(percentiles).map((share) => percentile(ten, share))).toEqual([50, 90, 100, 100]);
  // Twenty: rank 19 is exactly 95 %; a hundred: rank 99 is exactly 99 %.
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);
  expect(percentile(upTo(20), 0.95)).toBe(19);
  expect(percentile(upTo(100), 0.99)).toBe(99);
  expect(percentile(upTo(101), 0.99)).toBe(100);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeNull();
});

test('what is unfinished is longer than everything else', () => {
  const lengths = Float64Array.from([3, 4, 5, Infinity]);

  expect(['p50', 'p95', 'max', 'mean'].map((name) => statistic(lengths, name))).toEqual([
    4,
    Infinity,
    Infinity,
    Infinity,
  ]);
});

test('mean, 95 % t interval, least and largest over the replications', () => {
  // 2, 4, 4, 6: mean 4, variance 8/3, standard error √(8/3/4) = 0.8165, times t(3) = 3.182446.
  const { mean, halfWidth, min, max } = estimate([2, 4, 4, 6]);

  expect({ mean, min, max }).toEqual({ mean: 4, min: 2, max: 6 });
  expect(halfWidth).toBeCloseTo(2.598456, 6);
});

test('a replication that says nothing is left out; with one value there is no interval', () => {
  expect(estimate([null, 5, null])).toEqual({ values: [null, 5, null], mean: 5, halfWidth: null, min: 5, max: 5 });
  expect(estimate([null, null])).toEqual({ values: [null, null], mean: null, halfWidth: null, min: null, max: null });
});

test('one unfinished replication makes the mean infinite', () => {
  expect(estimate([5, Infinity])).toMatchObject({ mean: Infinity, halfWidth: null, min: 5, max: Infinity });
});

test('infinite both ways there is no mean', () => {
  expect(pairedDifference([Infinity, 1, 2], [1, Infinity, 2])).toMatchObject({
    values: [Infinity, -Infinity, 0],
    mean: null,
    halfWidth: null,
    min: -Infinity,
    max: Infinity,
  });
});

test('differences are taken replication by replication', () => {
  // Both modes vary by tens, their difference hardly: 1, 1, 2. Mean 4/3, variance 1/3, √(1/9) × 4.302653.
  const { values, mean, halfWidth } = pairedDifference([11, 21, 32], [10, 20, 30]);

  expect(values).toEqual([1, 1, 2]);
  expect(mean).toBeCloseTo(4 / 3, 12);
  expect(halfWidth).toBeCloseTo(1.434218, 6);
});

test('a replication in which either says nothing, or both are unfinished, has no difference', () => {
  expect(pairedDifference([null, 3, Infinity, 9], [1, null, Infinity, 4]).values).toEqual([null, null, null, 5]);
});

const values = fc.array(fc.option(fc.oneof(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.constant(Infinity))), {
  maxLength: 12,
});

test('a mode differs from itself by nothing', () => {
  fc.assert(
    fc.property(values, (own) => {
      const { mean, halfWidth } = pairedDifference(own, own);
      expect(mean === null || mean === 0).toBe(true);
      expect(halfWidth === null || halfWidth === 0).toBe(true);
    }),
    { seed: 1 },
  );
});

test('the order of the replications changes nothing but rounding', () => {
  fc.assert(
    fc.property(values, fc.nat(), (own, by) => {
      const turned = own.map((_, index) => own[(index + by) % own.length]!);
      const [a, b] = [estimate(own), estimate(turned)];
      expect([b.min, b.max]).toEqual([a.min, a.max]);
      for (const key of ['mean', 'halfWidth'] as const) {
        if (a[key] === null || a[key] === Infinity) expect(b[key]).toBe(a[key]);
        else
          expect(Math.abs(b[key]! - a[key])).toBeLessThanOrEqual(
            1e-6 * Math.max(1, Math.abs(a.max!), Math.abs(a.min!)),
          );
      }
    }),
    { seed: 1 },
  );
});
