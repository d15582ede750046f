import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distribution, keptIndexes, rates } from '../../src/report/series.ts';

test('a drop of one step survives the thinning of a time line', () => {
  const line = new Array<number>(1_800).fill(2_000);
  line[600] = 1_300;

  expect(keptIndexes([line], 4)).toEqual([0, 599, 600, 601, 1_799]);
});

test('between the instants kept no line strays further than the tolerance', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 60 }), (line) => {
      const kept = keptIndexes([line], 5);
      for (let part = 1; part < kept.length; part++) {
        const from = kept[part - 1]!;
        const to = kept[part]!;
        for (let index = from; index <= to; index++) {
          const chord = line[from]! + ((line[to]! - line[from]!) * (index - from)) / (to - from);
          expect(Math.abs(line[index]! - chord)).toBeLessThanOrEqual(5 + 1e-9);
        }
      }
    }),
  );
});

test('a time line of one instant, or of none, is kept as it is', () => {
  expect(keptIndexes([[7]], 1)).toEqual([0]);
  expect(keptIndexes([[]], 1)).toEqual([]);
});

test('rates of a cumulated line add up to it', () => {
  const line = Array.from({ length: 101 }, (_, step) => step * step);
  const found = rates(line, 7);

  expect(found.length).toBeLessThanOrEqual(7);
  expect(found.reduce((sum, { fromIndex, toIndex, perStep }) => sum + perStep * (toIndex - fromIndex), 0)).toBe(10_000);
});

test('a distribution ends below one when some never come back', () => {
  expect(distribution([10, 10, 50, Infinity], 200)).toEqual([
    { value: 10, share: 0.5 },
    { value: 50, share: 0.75 },
  ]);
  expect(distribution([Infinity], 200)).toEqual([]);
});
