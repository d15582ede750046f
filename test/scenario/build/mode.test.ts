// A mode of a scenario as the options of a world.
import { expect, test } from 'vitest';
import { modeOf } from '../../support/scenarios.ts';

test('the network has defaults that a group, a node or the balancer overrides', () => {
  const { world } = modeOf({
    cluster:
      '{ nodes: { worker01: { address: 172.0.0.4, latency: 3ms, unreachable: sameSegment }, worker02: { address: 172.0.0.5 } } }',
    fleet:
      '{ servers: { count: 1, events: { rate: 1/s }, latency: 20ms, unreachable: sameSegment, agent: { kernel: { connectTimeout: 63s, sendBuffer: { silent: 60kB } } } } }',
    modes: '{ lb: { nginx: { file: nginx.conf, latency: 100us, unreachable: routed, kernel: { arpTimeout: 1s } } } }',
    more: 'network: { latency: 2ms, unreachable: { agents: routed } }\n',
  });

  expect(world.network).toEqual({ latencyUs: 2_000, unreachable: { agents: 'routed', balancer: 'sameSegment' } });
  expect(world.nodes).toMatchObject([{ latencyUs: 3_000, unreachable: 'sameSegment' }, { latencyUs: null }]);
  expect(world.groups[0]).toMatchObject({
    latencyUs: 20_000,
    unreachable: 'sameSegment',
    agent: { kernel: { connectTimeoutUs: 63e6, sendBuffer: { silentBytes: 60_000, hungBytes: 2e6 } } },
  });
  expect(world.balancers[0]).toMatchObject({ latencyUs: 100, unreachable: 'routed', kernel: { arpTimeoutUs: 1e6 } });
});

test('a run may end when everything is settled', () => {
  expect(modeOf({ duration: '{ until: settled, atMost: 4h }' }).world).toMatchObject({
    untilSettled: true,
    durationUs: 14_400e6,
  });
});
