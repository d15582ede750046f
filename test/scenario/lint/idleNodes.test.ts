import { expect, test } from 'vitest';
import { fleet, remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('idle-nodes', { fleet: fleet(500), ...parts });

test('workers to which no agent comes are told', () => {
  expect(said({ nginx: { servers: ['172.0.0.3:1514'] } })).toEqual([
    'nginx.conf:7 worker01 and worker02 get no agent: all 500 go to master, 1 of 3 nodes and no way out when it falls. Add them to the servers of port 1514.',
  ]);
});

test.each<[string, LintParts, number]>([
  ['workers alone, as in Kubernetes', { nginx: { servers: ['172.0.0.4:1514', '172.0.0.5:1514'] } }, 0],
  ['a list that leaves one out', { modes: '{ list: { servers: [master, worker01] } }' }, 1],
  ['a server that is down in the file', { nginx: { servers: ['172.0.0.4:1514', '172.0.0.5:1514 down'] } }, 1],
  ['one that comes later', { nginx: { servers: ['172.0.0.4:1514'] }, faults: '[{ at: 5m, addNode: worker02 }]' }, 0],
])('%s', (_, parts, count) => {
  expect(said(parts)).toHaveLength(count);
});
