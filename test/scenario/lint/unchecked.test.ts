import { expect, test } from 'vitest';
import { remarksOf, type LintParts } from '../../support/lint.ts';

const said = (haproxy: LintParts['haproxy']): string[] => remarksOf('unchecked', { haproxy: haproxy! });

test('a server of HAProxy without check is told, with what its death costs each session', () => {
  const servers = ['w1 172.0.0.4:1514', 'w2 172.0.0.5:1514 check'];

  expect(said({ servers })).toEqual([
    'haproxy.cfg:14 w1 of nodes has no check: a dead server is never left out. It is tried by every new session, because it has the fewest: ' +
      'refused, it goes to another one at once; silent, it goes to another one after 5.0 s. Add check: it is out after 6 s (inter 2s, fall 3).',
  ]);
  expect(said({ servers, backend: ['balance roundrobin'], defaults: ['timeout connect 10s'] })[0]).toMatch(
    /tried by one new session in 2: refused, it is closed after 3\.0 s; silent, it is closed after 40\.0 s/,
  );
});

test('checked and disabled servers are as they should be', () => {
  expect(said({})).toEqual([]);
  expect(said({ servers: ['w1 172.0.0.4:1514 disabled', 'w2 172.0.0.5:1514 check'] })).toEqual([]);
});
