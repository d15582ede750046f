import { expect, test } from 'vitest';
import { bar, sparkline } from '../../src/report/sparkline.ts';

test('a line shows the lowest value of each stretch, so that a short dip is seen', () => {
  const values = Array.from({ length: 100 }, (_, step) => (step === 42 ? 0 : 10));

  expect(sparkline(values, 10, 10)).toBe('████▁█████');
  expect(sparkline([0, 5, 10], 10, 3)).toBe('▁▄█');
  expect(sparkline([3], 10, 4)).toHaveLength(4);
  expect(sparkline([], 10, 4)).toBe('');
});

test('a bar is as long as its share, in eighths, and shows whatever is not nothing', () => {
  expect(bar(5, 10, 4)).toBe('██');
  expect(bar(10, 10, 4)).toBe('████');
  expect(bar(1, 1_000_000, 4)).toBe('▏');
  expect(bar(0, 10, 4)).toBe('');
  expect(bar(3, 0, 4)).toBe('');
});
