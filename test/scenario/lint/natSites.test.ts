import { expect, test } from 'vitest';
import { remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('nat-sites', parts);
const sites =
  '{ servers: { count: 100, addresses: 10.1.0.0/16, events: { rate: 1/s } }, branch: { count: 900, nat: [203.0.113.7], events: { rate: 1/s } } }';
const spread = '{ servers: { count: 1000, addresses: 10.1.0.0/16, events: { rate: 1/s } } }';

test('a site behind one address lands on one server of an address hash: so many agents', () => {
  expect(said({ fleet: sites, nginx: { method: 'hash $remote_addr consistent;' } })).toEqual([
    expect.stringMatching(
      /^nginx\.conf:5 it goes by the address it sees, and 900 of 1,000 agents share 1 address: all of an address are on one server\. \w+ gets 9\d\d agents \(9\d(\.\d)? %\) where 333 would be even\. Write least_conn/,
    ),
  ]);
});

test.each<[string, LintParts, number]>([
  ['HAProxy, source', { fleet: sites, haproxy: { backend: ['balance source'] } }, 1],
  [
    'HAProxy, hash src on a ring',
    { fleet: sites, haproxy: { backend: ['balance hash src', 'hash-type consistent'] } },
    1,
  ],
  ['HAProxy, leastconn', { fleet: sites, haproxy: {} }, 0],
  ['nginx, the port in the key', { fleet: sites, nginx: { method: 'hash $remote_addr$remote_port consistent;' } }, 0],
  ['nginx, least_conn', { fleet: sites, nginx: { method: 'least_conn;' } }, 0],
  ['nginx, random', { fleet: sites, nginx: { method: 'random;' } }, 0],
  ['agents with addresses of their own', { fleet: spread, nginx: { method: 'hash $remote_addr consistent;' } }, 0],
])('%s', (_, parts, count) => {
  expect(said(parts)).toHaveLength(count);
});

test.each([
  ['an NLB with stickiness', '{ nlb: { targets: [worker01, worker02], stickiness: sourceIp } }', 1],
  ['an NLB', '{ nlb: { targets: [worker01, worker02] } }', 0],
  ['a Service with ClientIP', '{ kubernetes: { endpoints: [worker01, worker02], sessionAffinity: ClientIP } }', 1],
  ['a Service', '{ kubernetes: { endpoints: [worker01, worker02] } }', 0],
])('%s', (_, mode, count) => {
  expect(said({ fleet: sites, modes: `{ lb: ${mode} }` })).toHaveLength(count);
});
