// Small worlds drawn at random, and the question whether engine and oracle tell the same of one.
import fc from 'fast-check';
import { expect } from 'vitest';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { aWorld, fault, second, type GroupRecipe, type WorldRecipe } from '../worlds.ts';
import { differences } from './compare.ts';

export const runs = process.env.FLEETFALL_LONG === '1' ? 2_000 : 40;

export const version = fc.constantFrom(
  ...['3.13.1', '3.13.6', '4.0.0', '4.2.0', '4.9.2', '4.11.1', '4.12.0', '4.13.0', '4.14.7', '4.14.9', '5.0.0-beta4'],
);

export const listed: fc.Arbitrary<GroupRecipe> = fc.record({
  count: fc.integer({ min: 1, max: 3 }),
  version,
  events: fc.record({
    ratePerSecond: fc.constantFrom(0, 0.05, 0.7, 3),
    arrival: fc.constantFrom('regular', 'poisson'),
    source: fc.constant('logcollector' as const),
  }),
  protocol: fc.constantFrom('tcp', 'tcp', 'udp'),
  list: fc.constantFrom([1, 2], [0, 1, 2], [2]),
  order: fc.constantFrom('listed', 'shuffled', 'rotated'),
});

const kinds = ['kill', 'powerOff', 'hang'] as const;

export function faultsAt(
  places: readonly string[],
  most: number,
  of: readonly (typeof kinds)[number][] = kinds,
): fc.Arbitrary<NonNullable<WorldRecipe['faults']>> {
  const one = fc.record({
    kind: fc.constantFrom(...of),
    place: fc.constantFrom(...places),
    at: fc.option(fc.integer({ min: 0, max: 300 }), { freq: 8 }),
    length: fc.option(fc.constantFrom(1, 20, 70, 200, 450), { freq: 5 }),
    // Some instants are drawn, some faults come again.
    drawnWithin: fc.constantFrom(0, 0, 30 * second),
    again: fc.option(fc.record({ every: fc.constantFrom(60, 130), times: fc.constantFrom(2, 3) }), { freq: 4 }),
  });
  return fc.array(
    one.map(({ kind, place, at, length, drawnWithin, again }) => {
      const once = fault(kind, place, at, length);
      return {
        ...once,
        atUs: once.atUs && { fromUs: once.atUs.fromUs, toUs: once.atUs.fromUs + drawnWithin },
        ...(again && { everyUs: again.every * second, times: again.times }),
      };
    }),
    { maxLength: most },
  );
}

export const unreachable = fc.record({
  agents: fc.constantFrom('routed', 'sameSegment'),
  balancer: fc.constantFrom('routed', 'sameSegment'),
});

export const ownUnreachable = fc.constantFrom(undefined, undefined, 'routed' as const, 'sameSegment' as const);
export const nodesUnreachable = fc.tuple(ownUnreachable, ownUnreachable, ownUnreachable);

/** Groups lie apart by a fraction of a millisecond: who of two acts first at one instant is nobody's truth. */
export function apart(recipe: WorldRecipe): WorldOptions {
  const world = aWorld(recipe);
  return {
    ...world,
    groups: world.groups.map((group, index) => ({ ...group, latencyUs: (recipe.latencyUs ?? 1_000) + 130 * index })),
  };
}

export function expectAgreement(recipe: WorldRecipe, replication: number, events = 0, us = 0): void {
  const found = differences(apart(recipe), { seed: 'oracle', replication }, { us, events });
  expect(found, `replay: ${JSON.stringify({ recipe, replication })}`).toEqual([]);
}

export const behindNginx = fc.record({
  groups: fc.array(
    listed.map((group) => ({ ...group, count: 1, protocol: 'tcp' as const, list: undefined })),
    { minLength: 1, maxLength: 4 },
  ),
  unreachable,
  nodesUnreachable,
  untilSettled: fc.boolean(),
  method: fc.constantFrom<NonNullable<WorldRecipe['method']>[]>(
    { kind: 'hashConsistent', key: '$remote_addr' },
    { kind: 'hash', key: '$remote_addr$remote_port' },
    { kind: 'roundRobin' },
    { kind: 'leastConn' },
  ),
  workers: fc.constantFrom(1, 2),
  connectTimeoutUs: fc.constantFrom(60 * second, 2 * second),
});

export const manyWays = fc.constantFrom([1, 2], [0, 1, 2], [2], undefined);
