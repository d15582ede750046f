import { expect, test } from 'vitest';
import { fleet, remarksOf } from '../../support/lint.ts';

const said = (modes: string, parts = {}): string[] => remarksOf('same-first', { fleet: fleet(40), modes, ...parts });

test('one list for the whole fleet is told, with the nodes that idle', () => {
  expect(said('{ failover: { ossec: list.conf } }')).toEqual([
    expect.stringMatching(
      /^list\.conf:1 40 of 40 agents have worker01 first in their list: worker02 idles until it falls/,
    ),
  ]);
  expect(said('{ failover: { servers: [worker01, worker02, master] } }')).toEqual([
    expect.stringMatching(
      /^failover: 40 of 40 agents have worker01 first in their list: worker02 and master idle until it falls/,
    ),
  ]);
});

test.each([
  ['shuffled lists', '{ failover: { servers: [worker01, worker02], order: shuffled } }', {}],
  ['a list of one', '{ failover: { servers: [worker01] } }', {}],
  ['a balancer', '{ lb: { nginx: nginx.conf } }', {}],
  [
    'groups that begin elsewhere',
    '{ failover: { servers: [worker01, worker02], groups: { b: { servers: [worker02, worker01] } } } }',
    { fleet: '{ a: { count: 20, events: { rate: 1/s } }, b: { count: 20, events: { rate: 1/s } } }' },
  ],
])('nothing is told of %s', (_, modes, parts) => {
  expect(said(modes, parts)).toEqual([]);
});
