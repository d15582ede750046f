// A pair of balancers behind an address that moves, and pairs in the agents' list.
import { describe, expect, test } from 'vitest';
import type { VipOptions } from '../../../src/models/balancer/vip/options.ts';
import { vipDefaults } from '../../../src/models/balancer/vip/options.ts';
import { listenersOf } from '../../../src/models/balancer/products.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { play, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, second } from '../../support/worlds.ts';

const count = 30;

/** Two nginx, lb1 and lb2, and perhaps the address front. */
function pair(faults: readonly FaultOptions[], given: Partial<VipOptions> = {}): WorldOptions {
  const world = aWorld({
    groups: [{ count, events: { ratePerSecond: 1, arrival: 'regular' } }],
    faults,
    durationUs: 8 * minute,
    startupUs: 0,
  });
  const [balancer] = world.balancers;
  const lb = (name: string, address: string) => ({ ...balancer!, name, addresses: [address] });
  const listeners = listenersOf(balancer!.product).map((facts, index) => ({ facts, listenerOf: [index, index] }));
  const vip: VipOptions = { ...vipDefaults, takeoverUs: 3 * second, ...given, of: [0, 1], listeners };
  return {
    ...world,
    balancers: [
      lb('lb1', '172.0.0.11'),
      lb('lb2', '172.0.0.12'),
      { ...balancer!, name: 'front', addresses: ['172.0.0.10'], product: { kind: 'vip', vip } },
    ],
  };
}

/** Agents connect to these balancers, in this order. */
function connectedTo(world: WorldOptions, balancers: readonly number[]): WorldOptions {
  const groups = world.groups.map((group) => ({
    ...group,
    servers: balancers.flatMap((balancerIndex) =>
      group.servers.map((server) => ({
        ...server,
        text: world.balancers[balancerIndex]!.name,
        endpoint: { kind: 'balancer' as const, balancerIndex, listenerIndex: 0 },
        registration: { kind: 'balancer' as const, balancerIndex, listenerIndex: 1 },
      })),
    ),
  }));
  return { ...world, groups };
}

const withList = (faults: readonly FaultOptions[], list = [0, 1]): Story =>
  play(connectedTo(pair(faults), list), { fromSeconds: 50 });
const withVip = (faults: readonly FaultOptions[], given: Partial<VipOptions> = {}): Story =>
  play(connectedTo(pair(faults, given), [2]), { fromSeconds: 50 });

const online = ({ books }: Story): number => books.nodeAtEnd.filter((node) => node >= 0).length;
const noticed = ({ moments }: Story) => moments.filter(({ what }) => what === 'noticed');
const handshakes = ({ moments }: Story) => moments.filter(({ what }) => what === 'handshake');

describe('two balancers in a list', () => {
  test('hash alike, so that agents come to the same node through the second', () => {
    const before = withList([]).books.nodeAtEnd;
    const story = withList([fault('kill', 'lb1', 100, null)]);

    expect(noticed(story)).toHaveLength(count);
    expect(new Set(handshakes(story).map(({ text }) => text))).toEqual(new Set(['lb2']));
    expect(story.books.nodeAtEnd).toEqual(before);
  });

  test('fail one by one: a fault at one leaves those at the other alone', () => {
    const world = pair([fault('kill', 'lb2', 100, 30)]);
    const spread = connectedTo(world, [0, 1]);
    const groups = spread.groups.map((group) => ({ ...group, order: 'rotated' as const }));
    const story = play({ ...spread, groups }, { fromSeconds: 50 });

    expect(noticed(story)).toHaveLength(count / 2);
    expect(online(story)).toBe(count);
  });

  test('remember failures of nodes for themselves', () => {
    // lb1 has found out that worker01 is dead; lb2, which nobody has asked, has not.
    const story = withList([fault('kill', 'worker01', 100, null), fault('kill', 'lb1', 105, null)]);

    expect(online(story)).toBe(count);
    expect(story.books.nodeAtEnd.filter((node) => node === 1)).toHaveLength(0);
  });
});

describe('an address that moves', () => {
  test('leads everybody to the first while it lives', () => {
    expect(noticed(withVip([fault('kill', 'lb2', 100, null)]))).toEqual([]);
    expect(online(withVip([]))).toBe(count);
  });

  test('is refused for as long as the takeover takes when the process of its owner dies', () => {
    const story = withVip([fault('kill', 'lb1', 100, null)]);

    expect(noticed(story)).toHaveLength(count);
    // Refused at once, and again 10 s later at the other one.
    expect(Math.min(...handshakes(story).map(({ seconds }) => seconds))).toBeGreaterThan(103);
    expect(Math.max(...handshakes(story).map(({ seconds }) => seconds))).toBeLessThan(111);
    expect(online(story)).toBe(count);
  });

  test('resets connections to an owner whose host has vanished at their next segment behind the takeover', () => {
    const story = withVip([fault('powerOff', 'lb1', 100, null)]);

    expect(new Set(noticed(story).map(({ text }) => text))).toEqual(new Set(['closed']));
    // Segments lost at 100 … 101 s are sent again 0.2, 0.6, 1.4, 3.0 … s later: the first behind 103 s is answered with RST.
    expect(Math.min(...noticed(story).map(({ seconds }) => seconds))).toBeGreaterThan(103);
    expect(Math.max(...noticed(story).map(({ seconds }) => seconds))).toBeLessThan(107.5);
    expect(online(story)).toBe(count);
  });

  test('goes back to the first when that is back, and the sessions with the second are reset; or stays, with nopreempt', () => {
    const back = [fault('kill', 'lb1', 100, 60)];

    expect(noticed(withVip(back)).filter(({ seconds }) => seconds > 163 && seconds < 165)).toHaveLength(count);
    expect(noticed(withVip(back, { returns: false })).filter(({ seconds }) => seconds > 130)).toEqual([]);
  });

  test('stays with an owner whose process is dead, where only hosts are watched', () => {
    const story = withVip([fault('kill', 'lb1', 100, null)], { follows: 'host' });

    expect(online(story)).toBe(0);
  });

  test('does not move when its owner is back before the takeover', () => {
    const story = withVip([fault('kill', 'lb1', 100, 1), fault('kill', 'lb2', 140, null)]);

    expect(noticed(story)).toHaveLength(count);
    expect(online(story)).toBe(count);
  });
});

test('a path between a group and one balancer is cut for that one alone', () => {
  const cut: FaultOptions = {
    kind: 'partition',
    from: 'group0',
    to: 'lb1',
    oneWay: false,
    atUs: { fromUs: 100 * second, toUs: 100 * second },
    forUs: null,
    everyUs: null,
    times: 1,
  };
  // Five attempts of 131 s at lb1 come first.
  const story = play({ ...connectedTo(pair([cut]), [0, 1]), durationUs: 20 * minute }, { fromSeconds: 50 });

  expect(new Set(handshakes(story).map(({ text }) => text))).toEqual(new Set(['lb2']));
  expect(online(story)).toBe(count);
});
