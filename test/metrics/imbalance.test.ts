import { expect, test } from 'vitest';
import { rootKey } from '../../src/kernel/random.ts';
import { reachableFrom } from '../../src/metrics/imbalance.ts';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything, type RunView, type Selection } from '../../src/metrics/selection.ts';
import type { FaultKind, FaultOptions } from '../../src/models/fault.ts';
import { planFaults } from '../../src/models/faultPlan.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';
import { aRun } from '../support/books.ts';
import { aWorld, second, timing, nginxIn } from '../support/worlds.ts';

const value = (run: RunView, name: string, selection: Partial<Selection> = {}): number | null =>
  metricValue(name, run, { ...everything, ...selection });

/** The same run of a world changed a little. */
function changed(run: RunView, change: (world: WorldOptions) => Partial<WorldOptions>): RunView {
  return { ...run, world: { ...run.world, ...change(run.world) } };
}

// Behind a balancer all three nodes can be reached. worker01 is hung from 3 s to 6 s; a step a second.
const balanced = aRun({
  world: { groups: [{ count: 300 }] },
  faults: [['hang', ['worker01'], 3, 6]],
  connected: [
    [100, 100, 100, 140, 160, 160, 160, 150, 150],
    [80, 80, 80, 70, 20, 0, 0, 20, 30],
    [120, 120, 120, 130, 140, 160, 160, 150, 140],
  ],
  nodeRate: [
    [100, 100, 100, 100, 100, 100, 100, 100, 100],
    [200, 200, 200, 0, 0, 0, 0, 200, 200],
    [300, 300, 300, 300, 300, 300, 300, 300, 600],
  ],
});

test('skew is the largest load over the mean of the nodes that are up', () => {
  // Before: 120 ÷ 100. During, without worker01: 140 ÷ 135, 160 ÷ 150, 160 ÷ 160.
  expect(value(balanced, 'skew.agents.before')).toBeCloseTo(1.2, 12);
  expect(value(balanced, 'skew.agents.during')).toBeCloseTo((140 / 135 + 160 / 150 + 1) / 3, 12);
  // At the end 150 of 320 over three nodes; the peak is at 6 s, when worker01 is up and empty: 160 ÷ (320 ÷ 3).
  expect(value(balanced, 'skew.agents.after')).toBeCloseTo(150 / (320 / 3), 12);
  expect(value(balanced, 'skew.agents.peak')).toBeCloseTo(1.5, 12);
  expect(value(balanced, 'skew.agents')).toBeCloseTo(
    (3 * 1.2 + 140 / 135 + 160 / 150 + 1 + 1.5 + (3 * 150) / 320 + (3 * 150) / 320) / 9,
    12,
  );
});

test('the skew of events is that of the rates offered to the nodes', () => {
  expect(value(balanced, 'skew.events.before')).toBeCloseTo(1.5, 12);
  expect(value(balanced, 'skew.events.during')).toBeCloseTo(1.5, 12);
  expect(value(balanced, 'skew.events.after')).toBeCloseTo(2, 12);
});

test('of one node it is the load of that node over the mean, and nothing while it is down', () => {
  expect(value(balanced, 'skew.agents.before', { node: 1 })).toBeCloseTo(0.8, 12);
  expect(value(balanced, 'skew.agents.during', { node: 1 })).toBeNull();
  expect(value(balanced, 'skew.agents.peak', { node: 1 })).toBeCloseTo(0.8, 12);
});

test('the coefficient of variation during the fault', () => {
  // 140 and 130: standard deviation 5 of mean 135; 160 and 140: 10 of 150; 160 and 160: none.
  expect(value(balanced, 'skew.agents.cv')).toBeCloseTo((5 / 135 + 10 / 150) / 3, 12);
});

test('without a fault there is a before and no during; variation is that of the whole run', () => {
  const calm = aRun({
    world: { groups: [{ count: 4 }] },
    connected: [
      [1, 3],
      [2, 3],
      [3, 3],
    ],
  });

  expect(value(calm, 'skew.agents.before')).toBe(1.25);
  expect(value(calm, 'skew.agents.during')).toBeNull();
  expect(value(calm, 'skew.agents.cv')).toBeCloseTo(Math.sqrt(2 / 3) / 2 / 2, 12);
  expect(value(calm, 'rebalanced.after')).toBeNull();
});

test('a node that the list of no agent names carries nothing and does not count', () => {
  const list = aRun({
    world: { groups: [{ count: 10, list: [1, 2] }] },
    connected: [[0], [10], [0]],
  });

  expect(value(list, 'skew.agents.after')).toBe(2);
});

test('a node whose processes are gone is down until they accept again; one that hung is not', () => {
  const afterFault = (kind: FaultKind): number | null => {
    const run = aRun({
      world: { groups: [{ count: 30 }] },
      faults: [[kind, ['worker01'], 1, 2]],
      connected: [
        [10, 15, 15, 15, 10],
        [10, 0, 0, 0, 10],
        [10, 15, 15, 15, 10],
      ],
    });
    const slow = changed(run, ({ nodes }) => ({ nodes: nodes.map((node) => ({ ...node, startupUs: 2e6 })) }));
    return value(slow, 'skew.agents.peak');
  };

  expect([afterFault('kill'), afterFault('powerOff')]).toEqual([1, 1]);
  expect(afterFault('hang')).toBe(1.5);
  expect([afterFault('stop'), afterFault('restart'), afterFault('rolling')]).toEqual([1, 1, 1]);
  expect(afterFault('zombie')).toBe(1.5);
});

test('a node that is slow, or cut off from some agents, goes on carrying its load', () => {
  const during = (kind: FaultKind): number | null =>
    value(
      aRun({
        world: { groups: [{ count: 60 }] },
        faults: [[kind, ['worker01'], 1, 2]],
        connected: [
          [10, 10, 10],
          [40, 40, 40],
          [10, 10, 10],
        ],
      }),
      'skew.agents.during',
    );

  expect([during('slow'), during('partition'), during('kill')]).toEqual([2, 2, 1]);
});

test('a server taken out of the balancer carries nothing from then on, one that is added does', () => {
  const first = (faults: readonly FaultOptions[]): (readonly number[])[] => {
    const world = aWorld({ groups: [{ count: 1 }], faults, durationUs: 10 * second });
    return reachableFrom(world, planFaults(world, rootKey('1', 0)).faults).map(({ reachable }) => reachable.usual);
  };
  const at = (kind: 'addNode' | 'removeNode', seconds: number): FaultOptions => ({
    kind,
    places: ['worker01'],
    ...timing(seconds, 0),
  });

  expect(first([])).toEqual([[0, 1, 2]]);
  expect(first([at('addNode', 5), at('removeNode', 2)])).toEqual([
    [0, 1, 2],
    [0, 2],
    [0, 1, 2],
  ]);
});

test('a backup server counts while it is the only one there is', () => {
  const run = aRun({
    world: { groups: [{ count: 30 }] },
    faults: [['kill', ['master', 'worker01'], 1, 2]],
    connected: [
      [10, 0],
      [20, 0],
      [0, 30],
    ],
  });
  const backup = changed(run, (world) => {
    const [balancer] = world.balancers;
    const nginx = nginxIn(world);
    const [cluster, ...others] = nginx.upstreams;
    const peers = cluster!.peers.map((peer, index) => ({ ...peer, backup: index === 2 }));
    return {
      balancers: [
        {
          ...balancer!,
          product: { kind: 'nginx', nginx: { ...nginx, upstreams: [{ ...cluster!, peers }, ...others] } },
        },
      ],
    };
  });

  expect(value(backup, 'skew.agents.before')).toBeCloseTo(20 / 15, 12);
  expect(value(backup, 'skew.agents.during')).toBe(1);
});

test('with all nodes down there is no skew, and a fault shorter than a step has one', () => {
  const down = aRun({
    world: { groups: [{ count: 30 }] },
    faults: [['powerOff', ['master', 'worker01', 'worker02'], 0, 3]],
    connected: [
      [10, 10, 10],
      [10, 10, 10],
      [10, 10, 10],
    ],
  });
  const short = aRun({
    world: { groups: [{ count: 30 }] },
    faults: [['hang', ['worker01'], 0.2, 0.4]],
    connected: [
      [10, 20],
      [10, 5],
      [10, 5],
    ],
  });

  expect(['before', 'during', 'after', 'peak'].map((when) => value(down, `skew.agents.${when}`))).toEqual([
    null,
    null,
    null,
    null,
  ]);
  expect(value(short, 'skew.agents.before')).toBe(1);
  expect(value(short, 'skew.agents.during')).toBe(2);
});

test('rebalanced: from the last end until the nodes are back and the load is even, as even as one asks for', () => {
  // Ends at 2 s; 150 ÷ 100, 125 ÷ 100, 105 ÷ 100 at 3, 4, 5 s. While worker01 starts up the other two are even: too early.
  const run = aRun({
    world: { groups: [{ count: 300 }] },
    faults: [['kill', ['worker01'], 1, 2]],
    connected: [
      [100, 150, 150, 150, 125, 105],
      [100, 0, 0, 0, 50, 90],
      [100, 150, 150, 150, 125, 105],
    ],
  });
  const slow = changed(run, ({ nodes }) => ({ nodes: nodes.map((node) => ({ ...node, startupUs: 1e6 })) }));

  expect(value(slow, 'rebalanced.after')).toBe(3e6);
  expect(value(slow, 'rebalanced.after', { below: 1.3 })).toBe(2e6);
  expect(value(slow, 'rebalanced.after', { below: 1.01 })).toBe(Infinity);
});

test('moved: who is on another node at the end than at the start', () => {
  // Stayed, moved, moved, on none at the end, on none at the start.
  const run = aRun({
    counts: [{}, {}, {}, {}, {}],
    moved: { start: [0, 1, 1, 1, -1], end: [0, 2, 0, -1, 2] },
  });

  expect(value(run, 'moved.share')).toBe(0.4);
  expect(value(run, 'moved.share', { group: 1 })).toBe(1);
});

test('agents that leave a node within the instant of its fault are not on it during the fault', () => {
  // At 3 s, the instant of the fault, 100 agents are still on the master; a moment later they are not.
  const run = aRun({
    world: { groups: [{ count: 300 }] },
    faults: [['hang', ['master'], 3, 6]],
    connected: [
      [100, 100, 100, 100, 0, 0, 0, 0],
      [100, 100, 100, 100, 200, 200, 200, 200],
      [100, 100, 100, 100, 100, 100, 100, 100],
    ],
    connectedMean: [
      [100, 100, 100, 0, 0, 0, 0, 0],
      [100, 100, 100, 200, 200, 200, 200, 200],
      [100, 100, 100, 100, 100, 100, 100, 100],
    ],
  });

  expect(value(run, 'skew.agents.before')).toBe(1);
  expect(value(run, 'skew.agents.during')).toBeCloseTo(200 / 150, 12);
});
