// Nothing is duplicated: whatever becomes of connections, each event has one end, and no node reads it twice. Measured with agents
// 4.9.2, 3.13.6 and 3.12.3: nothing is resent.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runWorld } from '../../src/models/world.ts';
import { playOracle } from '../support/oracle/oracle.ts';
import { apart, behindNginx, faultsAt, listed, runs } from '../support/oracle/recipes.ts';
import { dropFlows, minute, nodeNames, partition, second, timing, type WorldRecipe } from '../support/worlds.ts';

const places = ['worker01', 'worker02', 'master'];
const at = fc.integer({ min: 0, max: 300 });

const trouble = fc
  .tuple(
    faultsAt(nodeNames, 2),
    fc.array(
      fc.oneof(
        fc
          .tuple(fc.constantFrom(...places), at, fc.constantFrom(5, 40, 100, 200), fc.boolean())
          .map(([place, when, long, oneWay]) => partition('agents', place, when, long, oneWay)),
        fc
          .tuple(fc.constantFrom(...places), at, fc.constantFrom('rst' as const, 'silence' as const))
          .map(([place, when, answer]) => dropFlows('agents', place, when, answer)),
        at.map((when) => ({
          kind: 'restartAgents' as const,
          groups: ['group0'],
          ...timing(when + 3 / 64, 0),
          overUs: 0,
        })),
      ),
      { maxLength: 2 },
    ),
  )
  .map(([some, others]) => [...some, ...others]);

const lists = fc.record({
  groups: fc.array(
    listed.map((one) => ({ ...one, events: { ratePerSecond: 3, arrival: 'regular' as const } })),
    { minLength: 1, maxLength: 2 },
  ),
});

test.each([
  ['with a list', lists as fc.Arbitrary<WorldRecipe>],
  ['behind nginx', behindNginx as fc.Arbitrary<WorldRecipe>],
])('each event of agents %s is read at most once, and delivered where it was read', (_, worlds) => {
  fc.assert(
    fc.property(worlds, trouble, fc.nat(1_000), (recipe, faults, replication) => {
      const world = apart({ ...recipe, untilSettled: false, faults, durationUs: 7 * minute + 57 * second });
      const luck = { seed: 'once', replication };
      const { events, nodes } = playOracle(world, luck);

      const replay = JSON.stringify({ recipe, faults, replication });
      const all = events.flat();
      for (const { reads, fate, writtenUs } of all) {
        const isKept = fate === 'delivered' || fate === 'nodeMemory' || fate === 'zombie';
        expect(reads, `the event of ${writtenUs} µs, ${fate}: ${replay}`).toBeLessThanOrEqual(1);
        if (isKept) expect(reads, `the event of ${writtenUs} µs, ${fate}: ${replay}`).toBe(1);
      }
      const delivered = all.filter(({ fate }) => fate === 'delivered').length;
      expect(nodes.reduce((sum, { losses }) => sum + losses!.delivered, 0)).toBe(delivered);
      // The engine, which knows no single event, delivers no more than that; at the nodes it is as many as of the groups.
      const books = runWorld(world, luck);
      const ours = books.groups.reduce((sum, group) => sum + group.delivered, 0);
      expect(books.nodes.reduce((sum, node) => sum + node.delivered, 0)).toBe(ours);
      expect(Math.abs(ours - delivered), replay).toBeLessThanOrEqual(30);
    }),
    { numRuns: Math.ceil(runs / 2), seed: 20_261_190 },
  );
});
