import { expect, test } from 'vitest';
import { parseBytes, parseDuration, parseRate, parseShare } from '../../src/kernel/units.ts';

test('what users write with a unit becomes a plain number', () => {
  expect(['10s', '250ms', '1.5h', '3us', '2d'].map(parseDuration)).toEqual([1e7, 250_000, 5.4e9, 3, 172_800_000_000]);
  expect(['2/s', '30/m', '0.5/s'].map(parseRate)).toEqual([2, 0.5, 0.5]);
  expect(['300B', '16KiB', '64kB'].map(parseBytes)).toEqual([300, 16_384, 64_000]);
  expect(parseShare('25%')).toBe(0.25);
});

test.each(['10', '-5s', '10 seconds', '', 's', '1h30m'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow('expected a duration such as 10s');
});
