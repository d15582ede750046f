// Small worlds with a dashboard, drawn at random.
import fc from 'fast-check';
import { disconnectionDefaults, withThreshold } from '../../../src/models/cluster/timings.ts';
import type { FaultOptions } from '../../../src/models/fault.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { aWorld, dropFlows, minute, partition, timing, type GroupRecipe, type WorldRecipe } from '../worlds.ts';
import { differences } from './compare.ts';
import type { Counts } from './dashboard.ts';
import { unreachable } from './recipes.ts';

const versions = fc.constantFrom('3.13.6', '4.1.5', '4.2.0', '4.9.2', '4.12.0', '4.14.7', '5.0.0-beta4');

const groups = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 3 }),
    version: versions,
    events: fc.record({
      ratePerSecond: fc.constantFrom(0, 0.05, 3),
      arrival: fc.constant('regular' as const),
      source: fc.constant('logcollector' as const),
    }),
    protocol: fc.constantFrom<('tcp' | 'udp')[]>('tcp', 'tcp', 'udp'),
    list: fc.constantFrom([1, 2], [0, 1, 2], [2], [0]),
    order: fc.constantFrom<NonNullable<GroupRecipe['order']>[]>('listed', 'shuffled', 'rotated'),
  }),
  { minLength: 1, maxLength: 2 },
);

/** Of the master: releases, and short times, so that a small world sees many sweeps. */
const disconnection = fc.constantFrom(
  ...['4.0.4', '4.1.1', '4.12.0', '4.14.7'].map(disconnectionDefaults),
  withThreshold(30, 0),
  withThreshold(60, 45),
  withThreshold(150, 0),
);

export const aFleet = fc.record({ groups, disconnection, unreachable });

export interface StatusRecipe extends WorldRecipe {
  readonly disconnection: ReturnType<typeof disconnectionDefaults>;
}

/** @returns one line for each difference. */
export function statusDifferences(
  recipe: StatusRecipe,
  replication: number,
  dashboard: Counts = 'due',
): readonly string[] {
  // No two faults meet at one instant, nor a fault and a try of a worker ten seconds behind another.
  const faults = (recipe.faults ?? []).map((fault, index) => {
    const laterUs = 370_000 * index;
    return {
      ...fault,
      atUs: fault.atUs && { fromUs: fault.atUs.fromUs + laterUs, toUs: fault.atUs.toUs + laterUs },
    };
  });
  const world = aWorld({ ...recipe, faults, durationUs: 19 * minute + 57_000_000 });
  // Close by: when a message comes is said by its agent. Groups lie apart: who acts first at one instant is nobody's truth.
  const apart: WorldOptions = {
    ...world,
    nodes: world.nodes.map((node, index) => ({
      ...node,
      disconnection: recipe.disconnection,
      startupUs: node.startupUs + 1_000 * index,
    })),
    groups: world.groups.map((group, index) => ({ ...group, latencyUs: 10 + 3 * index })),
  };
  return differences(apart, { seed: 'oracle', replication }, { us: 100, events: Infinity, dashboard });
}

export const places = ['master', 'master', 'worker01', 'worker02'] as const;

export const clusterCuts = fc.array(
  fc
    .record({
      worker: fc.constantFrom('worker01', 'worker02'),
      at: fc.integer({ min: 0, max: 500 }),
      length: fc.option(fc.constantFrom(5, 40, 100, 130, 170, 300, 500), { freq: 5 }),
      oneWay: fc.constantFrom(false, false, true),
      kind: fc.constantFrom('partition', 'partition', 'rst', 'silence'),
    })
    .map(({ worker, at, length, oneWay, kind }): FaultOptions => {
      if (kind === 'rst' || kind === 'silence') return dropFlows(worker, 'master', at, kind);
      return oneWay ? partition('master', worker, at, length, true) : partition(worker, 'master', at, length);
    }),
  { minLength: 1, maxLength: 3 },
);

export const restarts = fc
  .array(fc.record({ at: fc.integer({ min: 0, max: 600 }), over: fc.constantFrom(0, 40) }), {
    minLength: 1,
    maxLength: 2,
  })
  .map((all) =>
    all.map(({ at, over }): FaultOptions => ({
      kind: 'restartAgents',
      groups: ['group0'],
      ...timing(at, 0),
      overUs: over * 1_000_000,
    })),
  );
