import { expect, test } from 'vitest';
import { OutageEnd } from '../../src/models/ledger.ts';
import { newOpenOutages, openOutage, OutageBook } from '../../src/models/outages.ts';

test('an outage that ends in a handshake is told in three parts', () => {
  const open = newOpenOutages(2);
  const book = new OutageBook();
  openOutage(open, 1, 7, 2, 1_000);
  open.noticedAtUs[1] = 5_000;
  open.attempts[1] = 6;
  book.close(open, 1, 'reconnected', 0, 55_000, 55_040);

  const { count, agent, fault, end, fromNode, toNode, brokenAtUs, detectUs, retryUs, handshakeUs, attempts, froze } =
    book.finish(open);
  expect(count).toBe(1);
  expect([agent[0], fault[0], end[0], fromNode[0], toNode[0]]).toEqual([1, 7, OutageEnd.Reconnected, 2, 0]);
  expect([brokenAtUs[0], detectUs[0], retryUs[0], handshakeUs[0]]).toEqual([1_000, 4_000, 50_000, 40]);
  expect([attempts[0], froze[0]]).toEqual([6, 0]);
});

test('a session that lives again was not missed: only its length is told', () => {
  const open = newOpenOutages(1);
  const book = new OutageBook();
  openOutage(open, 0, 0, 1, 1_000);
  open.froze[0] = 1;
  book.close(open, 0, 'healed', 1, 31_000, 31_000);

  const row = book.finish(open);
  expect([row.end[0], row.detectUs[0], row.retryUs[0], row.handshakeUs[0]]).toEqual([OutageEnd.Healed, -1, -1, 30_000]);
  expect(row.froze[0]).toBe(1);
});

test('who is not back at the end gets an unfinished row behind the others, in the order of the fleet', () => {
  const open = newOpenOutages(3);
  const book = new OutageBook();
  openOutage(open, 2, 0, 1, 1_000);
  openOutage(open, 1, 0, 1, 1_000);
  openOutage(open, 0, 0, 1, 1_000);
  open.noticedAtUs[2] = 9_000;
  book.close(open, 0, 'reconnected', 2, 2_000, 3_000);

  const { agent, end, detectUs, toNode } = book.finish(open);
  expect([...agent]).toEqual([0, 1, 2]);
  expect([...end]).toEqual([OutageEnd.Reconnected, OutageEnd.Unfinished, OutageEnd.Unfinished]);
  expect([...detectUs].slice(1)).toEqual([-1, 8_000]);
  expect([...toNode].slice(1)).toEqual([-1, -1]);
});

test('a second outage of an agent starts from nothing', () => {
  const open = newOpenOutages(1);
  const book = new OutageBook();
  openOutage(open, 0, 0, 1, 1_000);
  open.noticedAtUs[0] = 2_000;
  open.attempts[0] = 3;
  open.froze[0] = 1;
  book.close(open, 0, 'reconnected', 2, 3_000, 4_000);
  openOutage(open, 0, 1, 2, 10_000);

  const rows = book.finish(open);
  expect([...rows.attempts]).toEqual([3, 0]);
  expect([...rows.froze]).toEqual([1, 0]);
  expect([...rows.detectUs]).toEqual([1_000, -1]);
});
