import { expect, test } from 'vitest';
import { fleet, remarksOf, type LintParts } from '../../support/lint.ts';

const said = (nginx: LintParts['nginx']): string[] => remarksOf('per-worker', { fleet: fleet(1000), nginx: nginx! });
const four = 'worker_processes 4;';

test('least_conn without a zone counts for one worker process', () => {
  expect(said({ main: four, method: 'least_conn;' })).toEqual([
    "nginx.conf:5 least_conn counts the sessions of one worker process, and there are 4: each balances its own 250 of 1,000 agents and does not see the others', " +
      'and each tries a dead server for itself, 4 probes where one would do. Write zone events 64k; in upstream events.',
  ]);
});

test.each<[string, LintParts['nginx'], RegExp | null]>([
  ['one worker process', { method: 'least_conn;' }, null],
  ['a zone', { main: four, method: 'zone z 64k; least_conn;' }, null],
  ['a method that counts nothing', { main: four, method: 'hash $remote_addr consistent;' }, null],
  ['random two', { main: four, method: 'random two;' }, /random two counts/],
  [
    'max_conns',
    { main: four, servers: ['172.0.0.4:1514 max_conns=300', '172.0.0.5:1514'] },
    /max_conns=300 counts for each of 4 worker processes: 172\.0\.0\.4:1514 takes up to 1,200 sessions/,
  ],
])('%s', (_, nginx, pattern) => {
  expect(said(nginx)).toEqual(pattern === null ? [] : [expect.stringMatching(pattern)]);
});
