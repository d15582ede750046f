import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kaplanMeier } from '../../src/metrics/survival.ts';

test('where every outage ends the curve is the share of longer ones', () => {
  const { steps, censored } = kaplanMeier([4, 1, 2, 2], []);

  expect(steps.map(({ us, share, atRisk }) => [us, Number(share.toFixed(9)), atRisk])).toEqual([
    [1, 0.75, 4],
    [2, 0.25, 3],
    [4, 0, 1],
  ]);
  expect(censored).toEqual([]);
});

test('one that nobody saw end counts until it was lost from sight, and no longer', () => {
  // By hand: 1 − 1/4; then one of four is gone unended, so 3/4 × (1 − 1/2).
  const { steps, censored } = kaplanMeier([1, 3], [2, 9]);

  expect(steps.map(({ us, share, atRisk }) => [us, share, atRisk])).toEqual([
    [1, 0.75, 4],
    [3, 0.375, 2],
  ]);
  expect(censored).toEqual([
    { us: 2, share: 0.75, count: 1 },
    { us: 9, share: 0.375, count: 1 },
  ]);
});

test('an end at the instant at which another is lost from sight comes first', () => {
  const { steps, censored } = kaplanMeier([5], [5]);

  expect(steps).toEqual([{ us: 5, share: 0.5, atRisk: 2 }]);
  expect(censored).toEqual([{ us: 5, share: 0.5, count: 1 }]);
});

test('remission times of the 6-MP group of Freireich (1963) give the published curve', () => {
  const ended = [6, 6, 6, 7, 10, 13, 16, 22, 23];
  const watched = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];

  const { steps } = kaplanMeier(ended, watched);

  expect(steps.map(({ us, share }) => [us, Number(share.toFixed(3))])).toEqual([
    [6, 0.857],
    [7, 0.807],
    [10, 0.753],
    [13, 0.69],
    [16, 0.627],
    [22, 0.538],
    [23, 0.448],
  ]);
});

test('the curve never rises, and everybody is counted once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.array(fc.nat(50)), (ended, watched) => {
      const { steps, censored } = kaplanMeier(ended, watched);
      const shares = [1, ...steps.map(({ share }) => share)];
      expect(shares.every((share, at) => at === 0 || share <= shares[at - 1]!)).toBe(true);
      expect(censored.reduce((sum, { count }) => sum + count, 0)).toBe(watched.length);
      if (watched.length === 0 && ended.length > 0) expect(shares.at(-1)).toBe(0);
    }),
  );
});
