import { expect, test } from 'vitest';
import { reachableFrom } from '../../src/metrics/imbalance.ts';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything, type RunView } from '../../src/metrics/selection.ts';
import { helperDefaults } from '../../src/models/cluster/haproxyHelper.ts';
import { runWorld } from '../../src/models/world.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';
import { behindHaproxy } from '../support/haproxyWorlds.ts';
import { fault, minute, second } from '../support/worlds.ts';

const plain = behindHaproxy(
  {
    groups: [{ count: 30, events: { ratePerSecond: 1, arrival: 'regular' } }],
    faults: [fault('kill', 'worker02', 100, 60)],
    durationUs: 8 * minute,
  },
  { backend: { name: helperDefaults.backend }, given: { hardStopAfterUs: 30.5 * second } },
);
const helped: WorldOptions = { ...plain, helper: { balancerIndex: 0, options: helperDefaults } };

function run(world: WorldOptions): RunView {
  return { world, books: runWorld(world, { seed: 'helper', replication: 0 }) };
}
const of = (view: RunView, name: string): number | null => metricValue(name, view, everything);

test('a run without a helper says nothing of one', () => {
  expect(of(run(plain), 'helper.told')).toBeNull();
  expect(of(run(plain), 'rebalanced.after')).toBe(Infinity);
});

test('what the helper moves is counted, and is no outage', () => {
  const view = run(helped);

  expect(of(view, 'helper.told')).toBe(10);
  expect(of(view, 'helper.moved')).toBe(10);
  expect(of(view, 'helper.reloads')).toBe(0);
  expect(of(view, 'reconnect.count')).toBe(10); // those of worker02
  expect(of(view, 'rebalanced.after')).toBeLessThan(125 * second);
  // Each is away for the time of a handshake, and writes one event a second.
  expect(of(view, 'helper.delayed')).toBeLessThanOrEqual(1);
});

test('a node can be landed on from the instant the helper has added it', () => {
  const [balancer] = helped.balancers;
  const { product } = balancer!;
  if (product.kind !== 'haproxy') throw new Error(product.kind);
  const backends = product.haproxy.backends.map((backend) =>
    backend.name === helperDefaults.backend ? { ...backend, servers: backend.servers.slice(0, 2) } : backend,
  );
  const world: WorldOptions = {
    ...helped,
    balancers: [{ ...balancer!, product: { kind: 'haproxy', haproxy: { ...product.haproxy, backends } } }],
    faults: [fault('kill', 'worker02', null, 200)],
  };
  const { books } = run(world);

  const epochs = reachableFrom(world, books.faults, books.helper!.products);
  expect(epochs.map(({ reachable }) => reachable.usual)).toEqual([
    [0, 1],
    [0, 1, 2],
  ]);
  expect(epochs[1]!.fromUs).toBeGreaterThan(200 * second);
});
