// Agents behind a balancer that forwards their packets: here one that chooses as nginx does.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Forwarding } from '../../../src/models/balancer/product.ts';
import type * as Products from '../../../src/models/balancer/products.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { play, type Story } from '../../support/stories.ts';
import { aWorld, dropFlows, fault, minute, nodeNames, partition, type WorldRecipe } from '../../support/worlds.ts';

const forwarder: Forwarding = {
  passes: 'packets',
  survivesProcess: true,
  unknown: 'reset',
  noTarget: 'reset',
  datagramTimeoutUs: Infinity,
  hidesClients: false,
};
let forwarding: Forwarding = forwarder;
beforeEach(() => {
  forwarding = forwarder;
});

vi.mock('../../../src/models/balancer/products.ts', async (original) => {
  const products = await original<typeof Products>();
  const startProduct: typeof products.startProduct = (product, luck) => ({
    ...products.startProduct(product, luck),
    forwarding,
  });
  return { ...products, startProduct };
});

function run(faults: readonly FaultOptions[], recipe: Partial<WorldRecipe> = {}): Story {
  return play(
    aWorld({
      groups: [{ count: 30, events: { ratePerSecond: 1, arrival: 'regular' } }],
      faults,
      durationUs: 8 * minute,
      method: { kind: 'roundRobin' },
      workers: 1,
      startupUs: 0,
      ...recipe,
    }),
    { fromSeconds: 50 },
  );
}

const atEnd = ({ books }: Story): number[] =>
  nodeNames.map((_, node) => books.nodeAtEnd.filter((own) => own === node).length);

test('agents are with the target that was chosen when their SYN came', () => {
  const story = run([]);

  expect(atEnd(story)).toEqual([10, 10, 10]);
  expect(story.books.outages.count).toBe(0);
});

test('nobody tries another target: who is sent to a dead node is refused, as by the node itself', () => {
  const { moments, books } = run([fault('kill', 'worker01', 100, null)]);
  const tries = moments.filter(({ what }) => what === 'try').length;

  // Ten look for a node, and in each round a third of them is sent to the dead one.
  expect(books.outages.count).toBe(10);
  expect(tries).toBeGreaterThan(10);
  expect(atEnd({ moments, books })).toEqual([expect.any(Number), 0, expect.any(Number)]);
});

test('a packet takes the way to the balancer and on to the node', () => {
  const world = aWorld({ groups: [{ count: 1 }], faults: [fault('kill', 'worker01', 100, null)], workers: 1 });
  const balancers = [{ ...world.balancers[0]!, latencyUs: 20_000 }];
  const { moments } = play({ ...world, balancers }, { fromSeconds: -120 });
  const [tried, connected] = moments;

  // SYN, SYN/ACK, startup message, ACK: two round trips of 2 × 20 ms.
  expect(tried!.what).toBe('try');
  expect(connected!.what).toBe('handshake');
  expect(connected!.seconds - tried!.seconds).toBeCloseTo(0.16, 6);
});

describe('the death of the balancer', () => {
  test('is none to those whose flows the kernel has', () => {
    expect(run([fault('kill', 'balancer', 100, 60)]).books.outages.count).toBe(0);
  });

  test('resets at its next segment each flow of one that has them itself', () => {
    forwarding = { ...forwarder, survivesProcess: false };
    const story = run([fault('kill', 'balancer', 100, 5)]);
    const noticed = story.moments.filter(({ what }) => what === 'noticed');

    expect(noticed).toHaveLength(30);
    expect(new Set(noticed.map(({ text }) => text))).toEqual(new Set(['closed']));
    // One event a second.
    expect(Math.max(...noticed.map(({ seconds }) => seconds))).toBeLessThan(101.01);
    expect(atEnd(story).reduce((a, b) => a + b)).toBe(30);
  });

  test('of its host is silence, and a reset when it is back with an empty table', () => {
    const story = run([fault('powerOff', 'balancer', 100, 20)]);
    const noticed = story.moments.filter(({ what }) => what === 'noticed');

    expect(noticed).toHaveLength(30);
    // The segments lost in the meantime are sent again: 12.8 and 25.6 s after they were lost first.
    expect(Math.min(...noticed.map(({ seconds }) => seconds))).toBeGreaterThan(120);
    expect(new Set(noticed.map(({ text }) => text))).toEqual(new Set(['closed']));
  });

  test('of its host costs nobody a place whom it forgets and lets pass', () => {
    forwarding = { ...forwarder, unknown: 'drop' };
    const story = run([fault('powerOff', 'balancer', 100, 20)]);
    const noticed = story.moments.filter(({ what }) => what === 'noticed');

    // Nobody says anything: agents notice that the ACKs stay away.
    expect(new Set(noticed.map(({ text }) => text))).toEqual(new Set(['silence']));
  });
});

describe('paths', () => {
  test('are cut in front of the balancer as well as behind it', () => {
    const front = run([partition('group0', 'balancer', 100, 90)]);
    const behind = run([partition('balancer', 'worker01', 100, 90)]);

    expect(front.books.outages.count).toBe(30);
    expect(behind.books.outages.count).toBeGreaterThanOrEqual(10);
    expect(behind.books.outages.count).toBeLessThan(30);
    // No way of theirs leads straight to the node.
    expect(run([partition('group0', 'worker01', 100, 90)]).books.outages.count).toBe(0);
  });

  test('forget the connections through them', () => {
    const story = run([dropFlows('balancer', 'worker01', 100, 'rst')]);

    expect(story.moments.filter(({ what, text }) => what === 'noticed' && text === 'closed')).toHaveLength(10);
  });
});

test('a node that hangs takes its share of those who look for one', () => {
  const story = run([fault('hang', 'worker01', 100, null)]);

  expect(story.books.outages.count).toBeGreaterThanOrEqual(10);
  expect(atEnd(story)[1]).toBe(0);
});

describe('datagrams', () => {
  const overUdp = (faults: readonly FaultOptions[]): Story => {
    const world = aWorld({
      groups: [{ count: 12, events: { ratePerSecond: 1, arrival: 'regular' } }],
      faults,
      durationUs: 10 * minute,
      method: { kind: 'roundRobin' },
      workers: 1,
      startupUs: 0,
    });
    const groups = world.groups.map((group) => ({
      ...group,
      servers: group.servers.map((server) => ({ ...server, protocol: 'udp' as const })),
    }));
    return play({ ...world, groups }, { fromSeconds: 50 });
  };

  test('go to the node their first was sent to', () => {
    expect(atEnd(overUdp([]))).toEqual([4, 4, 4]);
  });

  test('are lost where the balancer’s host is gone, and come through when it is back', () => {
    const { books } = overUdp([fault('powerOff', 'balancer', 100, 30)]);

    expect(books.outages.count).toBe(12);
    expect(books.nodeAtEnd.every((node) => node >= 0)).toBe(true);
  });
});
