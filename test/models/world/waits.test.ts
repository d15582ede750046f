// Time-outs that are shorter than the way of what they wait for.
import { expect, test } from 'vitest';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { balances } from '../../../src/models/ledger.ts';
import { runWorld } from '../../../src/models/world.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { play } from '../../support/stories.ts';
import { aWorld, fault, minute, partition, second, type GroupRecipe } from '../../support/worlds.ts';

const group: GroupRecipe = { count: 1, version: '4.12.0', list: [1], events: { ratePerSecond: 1 } };
const luck = { seed: '1', replication: 0 };

test.each<[string, GroupRecipe['agent'], number]>([
  // The SYN-ACK comes after 2 × 3 s.
  ['connect() gives up before the SYN-ACK comes', { kernel: { connectTimeoutUs: 5 * second } }, 3 * second],
  ['connect() gives up before its SYN arrives', { kernel: { connectTimeoutUs: 1 } }, 3 * second],
  // The ACK comes 2 × 3 s after the startup message.
  ['recv_timeout is over before the ACK comes', { internal: { recvTimeoutSeconds: 5 } }, 3 * second],
])('%s: the agent never connects', (_, agent, latencyUs) => {
  const { nodeAtEnd, attemptsFailed, groups } = runWorld(
    aWorld({ groups: [{ ...group, agent }], latencyUs, durationUs: 5 * minute }),
    luck,
  );

  expect([...nodeAtEnd]).toEqual([-1]);
  expect(attemptsFailed).toBeGreaterThan(10);
  expect(groups.every(balances)).toBe(true);
});

test.each([
  ['list', [1]],
  ['balancer', undefined],
])('time-outs shorter than the way end attempts at places that are hung or gone, too: %s', (_, list) => {
  const world = aWorld({
    groups: [
      {
        ...group,
        list,
        agent: {
          internal: { recvTimeoutSeconds: 1 },
          kernel: { connectTimeoutUs: second, arpTimeoutUs: 1 },
        },
      },
    ],
    unreachable: { agents: 'sameSegment', balancer: 'sameSegment' },
    latencyUs: 700_000,
    durationUs: 5 * minute,
    faults: [fault('hang', 'worker01', 60, 60), fault('powerOff', 'worker01', 180, 60)],
  });

  const { groups, nodeAtEnd } = runWorld(world, luck);

  expect([...nodeAtEnd]).toEqual([-1]);
  expect(groups.every(balances)).toBe(true);
});

test('nginx and datagrams to a host that is gone: time-outs shorter than the way are over when the packet arrives', () => {
  const agent = { timeReconnectSeconds: 20, kernel: { arpTimeoutUs: 1 } };
  const world = aWorld({
    groups: [
      { ...group, list: undefined, agent },
      { ...group, protocol: 'udp', agent },
      { ...group, version: '3.12.3', agent },
    ],
    unreachable: { agents: 'sameSegment', balancer: 'routed' },
    latencyUs: 400_000,
    connectTimeoutUs: 900_000,
    durationUs: 8 * minute,
    faults: [fault('powerOff', ['worker01', 'worker02', 'master'], 60, 180)],
  });

  const { groups, nodeAtEnd } = runWorld(world, luck);

  expect(nodeAtEnd.every((node) => node >= 0)).toBe(true);
  expect(groups.every(balances)).toBe(true);
});

test('a connection that TCP gives up sooner than its packets travel ends when that is looked at', () => {
  const world = aWorld({
    groups: [{ ...group, list: [1, 2], agent: { kernel: { tcpGiveUpUs: second } } }],
    latencyUs: 2 * second,
    durationUs: 8 * minute,
    faults: [partition('agents', 'worker01', 60, 100, true), partition('worker01', 'agents', 61, 50)],
  });

  const { groups, nodeAtEnd } = runWorld(world, luck);

  expect(nodeAtEnd.every((node) => node >= 0)).toBe(true);
  expect(groups.every(balances)).toBe(true);
});

test('nginx never reaches a node that is farther away than its proxy_connect_timeout', () => {
  const world = aWorld({ groups: [{ ...group, list: undefined }], latencyUs: 400_000, connectTimeoutUs: 700_000 });

  const { groups, nodeAtEnd } = runWorld(world, luck);

  expect([...nodeAtEnd]).toEqual([-1]);
  expect(groups.every(balances)).toBe(true);
});

test('a host that is back between two SYNs and off again has answered no ARP request: the attempt fails with the first', () => {
  const world = (faults: readonly FaultOptions[]): WorldOptions =>
    aWorld({
      groups: [group],
      unreachable: { agents: 'sameSegment', balancer: 'routed' },
      durationUs: 5 * minute,
      faults,
    });
  const tries = (faults: readonly FaultOptions[]): number[] =>
    play(world(faults), { fromSeconds: 100 })
      .moments.filter(({ what }) => what === 'try')
      .map(({ seconds }) => seconds);
  const off = tries([fault('powerOff', 'worker01', 100, null)]);
  const backAt = Math.floor(off[2]! * 1000) / 1000 + 0.3;

  const [blink, blinkFor] = [
    [fault('powerOff', 'worker01', 100, backAt - 100), fault('powerOff', 'worker01', backAt + 0.4, null)],
    [fault('powerOff', 'worker01', 100, backAt - 100), fault('powerOff', 'worker01', backAt + 1.4, null)],
  ].map(tries);

  expect(blink).toEqual(off);
  // Back for longer it refuses, or takes, the SYN that is sent again after a second.
  expect(blinkFor![3]).not.toBe(off[3]);
});
