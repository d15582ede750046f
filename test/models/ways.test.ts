// Which ways between two ends are cut.
import { expect, test } from 'vitest';
import { Ways } from '../../src/models/ways.ts';

test('a way is cut as long as one cut of it lasts, and only in the direction of the cut', () => {
  const ways = new Ways(1, 2);
  const there = { from: 0, to: ways.endOfPlace(1) };
  ways.cut(there, 10);
  ways.cut(there, 20);
  ways.mend(there);

  expect(ways.isCut(there.from, there.to)).toBe(true);
  expect(ways.isCut(there.to, there.from)).toBe(false);
  expect(ways.isCut(0, ways.endOfPlace(0))).toBe(false);
  expect(ways.sinceUs(there.to, there.from)).toBe(10);
  ways.mend(there);
  expect(ways.whole).toBe(true);
  expect(ways.sinceUs(there.from, there.to)).toBe(Infinity);
});
