import { expect, test } from 'vitest';
import { groupOf, outageTable, reconnectRows } from '../../src/metrics/reconnectRows.ts';
import { aRun } from '../support/books.ts';

const run = aRun({
  world: { groups: [{ count: 2 }, { count: 2, list: [1, 2] }] },
  counts: [{ produced: 100, lost: { path: 3 } }, { produced: 50 }],
  faults: [
    ['kill', ['worker01'], 2, 4, 1],
    ['hang', ['worker02'], 3, 5, 0],
  ],
  outages: [
    { agent: 0, from: 1, to: 2, brokenAt: 2, parts: [1, 10, 2], attempts: 3 },
    { agent: 2, from: 1, brokenAt: 2, healedAfter: 4, froze: true },
    { agent: 3, fault: 1, from: 2, brokenAt: 3, noticedAfter: 60, attempts: 7 },
  ],
});

test('one row an outage, with the number that the fault has in the scenario', () => {
  const common = { replication: 4, froze: false };

  expect([...reconnectRows([outageTable(run, 4)])]).toEqual([
    {
      ...common,
      agent: 0,
      group: 'group0',
      fault: 2,
      from: 'worker01',
      to: 'worker02',
      end: 'reconnected',
      brokenAtUs: 2e6,
      totalUs: 13e6,
      detectUs: 1e6,
      retryUs: 10e6,
      handshakeUs: 2e6,
      attempts: 3,
    },
    {
      ...common,
      agent: 2,
      group: 'group1',
      fault: 2,
      from: 'worker01',
      to: null,
      end: 'healed',
      brokenAtUs: 2e6,
      totalUs: 4e6,
      detectUs: null,
      retryUs: null,
      handshakeUs: null,
      attempts: 1,
      froze: true,
    },
    {
      ...common,
      agent: 3,
      group: 'group1',
      fault: 1,
      from: 'worker02',
      to: null,
      end: 'unfinished',
      brokenAtUs: 3e6,
      totalUs: null,
      detectUs: 60e6,
      retryUs: null,
      handshakeUs: null,
      attempts: 7,
    },
  ]);
});

test('the rows of all replications, as often as one likes', () => {
  const rows = reconnectRows([outageTable(run, 0), outageTable(aRun(), 1), outageTable(run, 2)]);

  expect(rows.length).toBe(6);
  expect(rows.map(({ replication, agent }) => `${replication}:${agent}`)).toEqual([
    '0:0',
    '0:2',
    '0:3',
    '2:0',
    '2:2',
    '2:3',
  ]);
  expect(rows.filter(({ end }) => end === 'unfinished').map(({ replication }) => replication)).toEqual([0, 2]);
  expect([...rows]).toEqual(rows.map((row) => row));
});

test('agents follow each other by group', () => {
  const groups = [
    { name: 'a', count: 2 },
    { name: 'empty', count: 0 },
    { name: 'b', count: 1 },
  ];

  expect([0, 1, 2].map((agent) => groupOf(groups, agent))).toEqual([0, 0, 2]);
  expect(() => groupOf(groups, 3)).toThrow('there is no agent 3');
});
