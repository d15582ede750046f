import { expect, test } from 'vitest';
import { balances, emptyCounts, lossCauses, lostTotal } from '../../src/models/ledger.ts';

test('every produced event is delivered, pending or lost for one cause', () => {
  const counts = emptyCounts();
  counts.produced = 10;
  counts.delivered = 6;
  counts.pending = 1;
  counts.lost.path = 2;
  expect(balances(counts)).toBe(false);

  counts.lost.ring = 1;
  expect(balances(counts)).toBe(true);
  expect(lostTotal(counts)).toBe(3);
});

test('a new book has a column of zero for every cause', () => {
  expect(Object.entries(emptyCounts().lost)).toEqual(lossCauses.map((cause) => [cause, 0]));
});
