import { expect, test } from 'vitest';
import { fleet, remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('maxconn', parts);
const documented = { global: 'maxconn 4000', defaults: ['maxconn 4000', 'timeout client 1m', 'timeout server 1m'] };

test('the documented maxconn of 4000 is told to 9,000 agents, at both of its lines', () => {
  expect(said({ fleet: fleet(9000), haproxy: documented })).toEqual([
    'haproxy.cfg:2 maxconn of global is 4,000, and 9,000 agents connect through HAProxy: 5,000 are connected by the kernel and nobody answers them; ' +
      'they give up after 60 s (recv_timeout) and try again. Write maxconn 11000.',
    expect.stringMatching(
      /^haproxy\.cfg:5 maxconn of frontend events is 4,000, and 9,000 agents connect to it: 5,000 /,
    ),
  ]);
  expect(said({ fleet: fleet(4000), haproxy: documented })).toEqual([]);
});

test.each<[string, LintParts['haproxy'], RegExp | null]>([
  ['a frontend’s own', { frontend: ['maxconn 500'] }, /^haproxy\.cfg:11 maxconn of frontend events is 500/],
  ['a global one, where frontends say nothing', { global: 'maxconn 999' }, /^haproxy\.cfg:2 maxconn of global is 999/],
  [
    'those of all servers together',
    { servers: ['a 172.0.0.4:1514 check maxconn 400', 'b 172.0.0.5:1514 check maxconn 400'] },
    /^haproxy\.cfg:14 the servers of nodes take 800 sessions together \(maxconn\), and 1,000 agents come: 200 wait/,
  ],
  [
    'those of the servers that are left when one is down',
    { servers: ['a 172.0.0.4:1514 check maxconn 600', 'b 172.0.0.5:1514 check maxconn 600'] },
    /with one of them down the servers of nodes take 600 sessions/,
  ],
  ['servers without a limit', { servers: ['a 172.0.0.4:1514 check maxconn 1', 'b 172.0.0.5:1514 check'] }, null],
  ['enough', { global: 'maxconn 1000' }, null],
])('limits for 1,000 agents: %s', (_, haproxy, pattern) => {
  const remarks = said({ fleet: fleet(1000), haproxy: haproxy! });

  expect(remarks).toEqual(pattern === null ? [] : [expect.stringMatching(pattern)]);
});
