import { expect, test } from 'vitest';
import { remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('connect-timeout', parts);
const routed = 'network: { unreachable: { balancer: routed } }\n';

test('nginx waits for a silent server as long as an agent waits for its answer', () => {
  expect(said({ nginx: { server: '' }, more: routed })).toEqual([
    'nginx.conf:7 proxy_connect_timeout is 1m, the default, and an agent waits 60 s for its answer (recv_timeout): led to a silent server, one whose host is gone without a word, ' +
      'it gives up no later than nginx does, and comes back to the same one. Write proxy_connect_timeout 5s: another server has it after 5 s.',
  ]);
  expect(said({ nginx: { server: '' } })[0]).toMatch(
    /one that hangs with a full accept queue \(its host gone would be noticed after 3 s/,
  );
});

test.each<[string, LintParts, RegExp | null]>([
  ['nginx, shorter', { nginx: { server: 'proxy_connect_timeout 59s;' } }, null],
  [
    'nginx, written',
    { nginx: { stream: 'proxy_connect_timeout 90s;', server: '' } },
    /^nginx\.conf:4 proxy_connect_timeout is 90s,/,
  ],
  ['nginx, one server', { nginx: { server: '', servers: ['172.0.0.4:1514'] } }, null],
  ['HAProxy as documented', { haproxy: { defaults: ['timeout connect 10s', 'option redispatch', 'retries 3'] } }, null],
  [
    'HAProxy, three retries on one server',
    { haproxy: { defaults: ['timeout connect 15s'] } },
    /^haproxy\.cfg:5 timeout connect 15s and 3 retries hold a session up for 60\.0 s before it is closed/,
  ],
  [
    'HAProxy, a ring',
    {
      haproxy: {
        defaults: ['timeout connect 20s', 'option redispatch'],
        backend: ['balance source', 'hash-type consistent'],
      },
    },
    /hold a session up for 60\.0 s before another server has it/,
  ],
  [
    'HAProxy without the time-out',
    { haproxy: { defaults: ['timeout client 1m', 'timeout server 1m'] } },
    /^haproxy\.cfg:\d+ timeout connect of nodes is not set/,
  ],
])('%s', (_, parts, pattern) => {
  expect(said({ more: routed, ...parts })).toEqual(pattern === null ? [] : [expect.stringMatching(pattern)]);
});
