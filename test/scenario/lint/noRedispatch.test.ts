import { expect, test } from 'vitest';
import { remarksOf, type LintParts } from '../../support/lint.ts';

const said = (haproxy: LintParts['haproxy']): string[] => remarksOf('no-redispatch', { haproxy: haproxy! });

test('sessions that are tried on one dead server only are told, with how long', () => {
  expect(said({ defaults: ['timeout connect 10s'] })).toEqual([
    'haproxy.cfg:10 nodes has no option redispatch: a session that is given a dead server is tried there 4 times and closed ' +
      '(refused: after 3.0 s; silent: after 40.0 s), until its check has failed (6.0 s). Write option redispatch.',
  ]);
});

test.each<[string, LintParts['haproxy']]>([
  ['redispatch', { defaults: ['option redispatch'] }],
  ['one server', { defaults: ['timeout connect 10s'], servers: ['w1 172.0.0.4:1514 check'] }],
])('nothing is told with %s', (_, haproxy) => {
  expect(said(haproxy)).toEqual([]);
});
