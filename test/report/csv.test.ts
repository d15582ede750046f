import { expect, test } from 'vitest';
import { lossesCsv, modesCsv, nodesCsv, reconnectsCsv, timelineCsv } from '../../src/report/csv.ts';
import { aComparison, failoverUdp, loadBalancer, nastyName } from '../support/comparison.ts';

const tables = { modesCsv, nodesCsv, timelineCsv, lossesCsv, reconnectsCsv };

/** A reader of CSV of its own, after RFC 4180. */
function read(pieces: Iterable<string>): string[][] {
  const text = [...pieces].join('');
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    row.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'));
    if (end === '\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

test('one row an outage of an agent, with its parts in seconds', () => {
  const [header, first, ...rest] = read(
    reconnectsCsv(aComparison({ modes: [loadBalancer, failoverUdp], replications: 2 })),
  );

  expect(header).toEqual(
    'replication,mode,agent,group,fault,from,to,end,broken_at_s,away_s,detect_s,retry_s,handshake_s,attempts,froze'.split(
      ',',
    ),
  );
  expect(first!.slice(0, 9)).toEqual([
    '1',
    'load-balancer',
    '0',
    'servers',
    '1',
    'worker01',
    'master',
    'reconnected',
    '600',
  ]);
  const [, , , , , , , , , away, detect, retry, handshake] = first!.map(Number);
  expect(detect! + retry! + handshake!).toBeCloseTo(away!, 6);
  const unfinished = rest.filter((row) => row[7] === 'unfinished');
  expect(unfinished.length).toBeGreaterThan(0);
  for (const row of unfinished) expect([row[6], row[9], row[11], row[12]]).toEqual(['', '', '', '']);
});

test('every metric of every mode has a row, times in seconds and what never ends as Infinity', () => {
  const comparison = aComparison();
  const rows = read(modesCsv(comparison));
  const cell = (mode: string, metric: string): string[] => rows.find((row) => row[0] === mode && row[1] === metric)!;

  expect(rows).toHaveLength(1 + comparison.modes.reduce((sum, mode) => sum + mode.metrics.length, 0));
  expect(cell('failover', 'reconnect.p50')[2]).toBe('s');
  expect(Number(cell('failover', 'reconnect.p50')[4])).toBeCloseTo(51, 0);
  expect(cell('failover-udp', 'reconnect.p99').slice(4, 6)).toEqual(['Infinity', '']);
  expect(cell('load-balancer', 'headroom.n1').slice(3)).toEqual(['0', '', '', '', '', '', '']);
  expect(Number(cell('failover', 'reconnect.p50')[8])).toBeCloseTo(40.5, 0);
});

test('tables keep their shape and run no formula, whatever the names', () => {
  const comparison = aComparison({
    modes: [
      { ...loadBalancer, name: nastyName },
      { ...failoverUdp, name: '+1,"2"' },
    ],
    nodes: ['@master', '-worker01', 'a|b\nc'],
    group: '\t=1+1',
    agents: 30,
    replications: 2,
    minutes: 21,
  });

  for (const [name, table] of Object.entries(tables)) {
    const rows = read(table(comparison));
    expect(rows.length, name).toBeGreaterThan(2);
    for (const row of rows) {
      expect(row.length, name).toBe(rows[0]!.length);
      for (const field of row) expect(field, name).not.toMatch(/^[=+@\t\r]|^-(?!\d)|[\p{Cc}]/u);
    }
  }
  expect(read(nodesCsv(comparison))[1]!.slice(0, 2)).toEqual([
    `'${nastyName.replace('\n', '␊').replaceAll('\u001b', '␛')}`,
    "'@master",
  ]);
});

test('a table longer than a piece is whole', () => {
  const comparison = aComparison({ modes: [loadBalancer, failoverUdp], agents: 9_000, replications: 1 });
  const outages = comparison.modes.flatMap(({ reconnects }) => [...reconnects]);

  const pieces = [...reconnectsCsv(comparison)];

  expect(pieces.length).toBeGreaterThan(1);
  expect(read(pieces)).toHaveLength(1 + outages.length);
  expect(read(pieces).at(-1)!.slice(1, 3)).toEqual(['failover-udp', String(outages.at(-1)!.agent)]);
});

test('the time line names its nodes and counts in seconds', () => {
  const [header, , second] = read(timelineCsv(aComparison()));

  expect(header!.slice(8)).toEqual([
    'agents_on:master',
    'agents_on:worker01',
    'agents_on:worker02',
    'shown_active',
    'shown_pending',
    'shown_disconnected',
    'falsely_disconnected',
    'falsely_active',
  ]);
  // Without a master nothing is known of that.
  expect(second!.slice(11)).toEqual(['', '', '', '', '']);
  expect(second!.slice(0, 2)).toEqual(['load-balancer', '1']);
});

test('the shares of the causes of a mode add up to one', () => {
  const rows = read(lossesCsv(aComparison())).slice(1);

  for (const mode of ['load-balancer', 'failover', 'failover-udp']) {
    const shares = rows.filter((row) => row[0] === mode).map((row) => Number(row[7]));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
  }
});
