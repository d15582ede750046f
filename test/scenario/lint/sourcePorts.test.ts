import { expect, test } from 'vitest';
import { fleet, remarksOf } from '../../support/lint.ts';

const said = (count: number, host = '', servers?: readonly string[]): string[] =>
  remarksOf('source-ports', {
    fleet: fleet(count),
    modes: `{ lb: { nginx: { file: nginx.conf${host} } } }`,
    ...(servers ? { nginx: { servers } } : {}),
  });

test('local ports towards one node are told when there are more agents for it, also with one node down', () => {
  expect(said(100_000)).toEqual([
    'nginx.conf:7 28,232 local ports carry 28,232 sessions to one server and port, but 100,000 agents over 3 servers are 33,334 on each: ' +
      '5,102 of them cannot be connected. Give the balancer net.ipv4.ip_local_port_range="1024 65535" (ports: 1024-65535).',
  ]);
  expect(said(60_000)[0]).toMatch(
    /60,000 agents over 2 servers \(when one is down\) are 30,000 on each: 1,768 of them/,
  );
  expect(said(56_464)).toEqual([]);
});

test.each([
  ['a wider range', 100_000, ', ports: 1024-65535', 0],
  ['several addresses', 100_000, ', addresses: [172.0.0.2, 172.0.0.6]', 0],
  ['a narrower range', 2_000, ', ports: 500', 1],
])('%s', (_, count, host, remarks) => {
  expect(said(count, host)).toHaveLength(remarks);
});
