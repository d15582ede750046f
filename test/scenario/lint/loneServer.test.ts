import { expect, test } from 'vitest';
import { fleet, remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('lone-server', { fleet: fleet(70), ...parts });
const alone = '{ nodes: { worker01: { address: 172.0.0.4 } } }';

test.each<[string, LintParts, string[]]>([
  [
    'nginx',
    { nginx: { servers: ['172.0.0.4:1514'] } },
    [
      'nginx.conf:5 172.0.0.4:1514 is the only server for events: while it is down all 70 agents are closed as soon as they connect. Add the other nodes (3 in the cluster).',
    ],
  ],
  [
    'HAProxy',
    { haproxy: { servers: ['w1 172.0.0.4:1514 check'] } },
    [expect.stringMatching(/^haproxy\.cfg:14 w1 is the only server/) as string],
  ],
  ['one with a backup', { nginx: { servers: ['172.0.0.4:1514', '172.0.0.5:1514 backup'] } }, []],
  [
    'the only node there is',
    { cluster: alone, nginx: { servers: ['172.0.0.4:1514'], registration: ['172.0.0.4:1515'] } },
    [],
  ],
  ['several', {}, []],
])('%s', (_, parts, remarks) => {
  expect(said(parts)).toEqual(remarks);
});
