import { describe, expect, test } from 'vitest';
import { cutsPerDay } from '../../../src/scenario/lint/idleTimeout.ts';
import { fleet, remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('idle-timeout', parts);

test('agents that say nothing are cut off after each time-out, those that write now and then less often', () => {
  expect(cutsPerDay(60, 0)).toBe(1440);
  expect(cutsPerDay(5, 0.1)).toBeCloseTo(86_400 / ((Math.exp(0.5) - 1) / 0.1), 6);
  expect(cutsPerDay(5, 10)).toBeLessThan(1e-15);
});

describe('an idle time-out', () => {
  const quiet = '{ servers: { count: 100, events: { rate: 0.001/s } } }';

  test('below the keepalives is told with the disconnects of a day', () => {
    expect(said({ fleet: quiet, nginx: { stream: 'proxy_timeout 15s;' } })).toEqual([
      expect.stringMatching(
        /^nginx\.conf:4 proxy_timeout 15s is shorter than the agents' notify_time of 20s and the 2 s it may be late: .* Of 100 agents that makes about 571,691 disconnects a day, 5,717 an agent\. Write 60s/,
      ),
    ]);
  });

  test.each<[string, LintParts, number]>([
    ['the default of nginx', {}, 0],
    ['one that keepalives keep open', { nginx: { stream: 'proxy_timeout 22s;' } }, 0],
    ['one that they may miss', { nginx: { stream: 'proxy_timeout 21s;' } }, 1],
    ['the documented minute of HAProxy', { haproxy: { defaults: ['timeout client 1m', 'timeout server 1m'] } }, 0],
    [
      'and agents with a notify_time of a minute',
      {
        fleet: fleet(10, ', agent: { notifyTime: 60s }'),
        haproxy: { defaults: ['timeout client 1m', 'timeout server 1m'] },
      },
      1,
    ],
  ])('%s', (_, parts, count) => {
    expect(said({ fleet: quiet, ...parts })).toHaveLength(count);
  });

  test('of a forwarder is no matter where the managers’ kernel asks in time, nor to datagrams', () => {
    const warned = (idle: string, protocol: string): number =>
      said({
        cluster: `{ nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } }, defaults: { tcpKeepalive: { idle: ${idle} } } }`,
        fleet: '{ servers: { count: 9, events: { rate: 1/h }, agent: { notifyTime: 3m, timeReconnect: 10m } } }',
        modes: `{ lb: { nlb: { targets: [worker01, worker02], idleTimeout: 60s }, servers: [{ node: balancer, protocol: ${protocol} }] } }`,
      }).length;

    expect(warned('2h', 'tcp')).toBe(1);
    expect(warned('30s', 'tcp')).toBe(0);
    expect(warned('2h', 'udp')).toBe(0);
  });
});
