// Agents that are told to restart, to reload or to connect anew, and that restart by themselves, counted by the engine and played by
// the oracle.
import fc from 'fast-check';
import { test } from 'vitest';
import type { AgentCommand, FaultOptions } from '../../src/models/fault.ts';
import {
  behindNginx,
  expectAgreement,
  faultsAt,
  listed,
  ownUnreachable,
  runs,
  unreachable,
} from '../support/oracle/recipes.ts';
import { minute, nodeNames, second, timing, type GroupRecipe, type WorldRecipe } from '../support/worlds.ts';

/** Odd instants: what happens at one instant to agents and nodes has an order that nobody knows. */
const at = fc.integer({ min: 0, max: 1_200 }).map((quarters) => quarters / 4 + 3 / 64);
const groups = ['group0', 'group1'];

type Command = Exclude<AgentCommand, { kind: 'enroll' }>;

const commands: Record<string, fc.Arbitrary<Command>> = {
  'restart when told': fc
    .tuple(at, fc.constantFrom(0, 40))
    .map(([when, over]) => ({ kind: 'restartAgents', groups, ...timing(when, 0), overUs: over * second })),
  'get a new configuration': at.map((when) => ({ kind: 'pushConfig', groups, ...timing(when, 0), restarts: true })),
  'are asked to connect anew': fc
    .tuple(at, fc.constantFrom(null, 1, 2), fc.constantFrom(5, 11))
    .map(([when, chunk, pause]) => ({
      kind: 'reconnectAgents',
      groups,
      ...timing(when, 0),
      chunk,
      pauseUs: pause * second,
    })),
};

const life = fc.record({ onlyFutureEvents: fc.boolean(), restartUs: fc.constantFrom(3.1 * second, 15.1 * second) });

/** The same agents, some on Windows, with their own down time and own restarts. */
function living(group: fc.Arbitrary<GroupRecipe>, churns: boolean): fc.Arbitrary<GroupRecipe> {
  return fc
    .tuple(group, life, fc.constantFrom('linux' as const, 'linux' as const, 'windows' as const), fc.boolean())
    .map(([one, own, platform, socket]) => ({
      ...one,
      agent: { ...one.agent, life: own },
      platform: one.list === undefined ? 'linux' : platform,
      events: {
        ...one.events!,
        arrival: 'regular' as const,
        source: socket ? ('socket' as const) : ('logcollector' as const),
      },
      restartEveryUs: churns ? 2 * minute : undefined,
    }));
}

function lists(churns: boolean): fc.Arbitrary<WorldRecipe> {
  return fc.record({
    groups: fc.array(
      living(
        fc.tuple(listed, ownUnreachable).map(([one, own]) => ({ ...one, unreachable: own })),
        churns,
      ),
      { minLength: 1, maxLength: 2 },
    ),
    unreachable,
    untilSettled: fc.boolean(),
  });
}

function balanced(churns: boolean): fc.Arbitrary<WorldRecipe> {
  return behindNginx.chain((recipe) =>
    fc
      .tuple(...recipe.groups.map((group) => living(fc.constant(group), churns)))
      .map((own): WorldRecipe => ({ ...recipe, groups: own, untilSettled: recipe.untilSettled })),
  );
}

const durationUs = 9 * minute + 57 * second;

/** What agents wrote within the second before they left a node is not followed to the node's next flush. */
const leftUnflushed = 15;

function agree(
  worlds: fc.Arbitrary<WorldRecipe>,
  faults: fc.Arbitrary<readonly FaultOptions[]>,
  seed: number,
  events = 0,
): void {
  fc.assert(
    fc.property(worlds, faults, fc.nat(1_000), (recipe, what, replication) =>
      expectAgreement({ ...recipe, faults: what, durationUs }, replication, events),
    ),
    { numRuns: Math.ceil(runs / 2), seed },
  );
}

test.each(Object.entries(commands))('agents with a list that %s do as the oracle plays it', (_, command) => {
  agree(lists(false), fc.array(command, { minLength: 1, maxLength: 2 }), 20_261_150);
});

test.each(Object.entries(commands))('agents behind nginx that %s do as the oracle plays it', (_, command) => {
  agree(balanced(false), fc.array(command, { minLength: 1, maxLength: 2 }), 20_261_151);
});

const mixed = fc
  .tuple(fc.array(fc.oneof(...Object.values(commands)), { minLength: 1, maxLength: 2 }), faultsAt(nodeNames, 2))
  .map(([some, others]) => [...some, ...others]);

test.each([
  ['with a list', lists(false)],
  ['behind nginx', balanced(false)],
])('agents %s obey while nodes are in trouble as the oracle plays it', (_, worlds) => {
  agree(worlds, mixed, 20_261_152, leftUnflushed);
});

test.each([
  ['with a list', lists(true)],
  ['behind nginx', balanced(true)],
])('agents %s that restart by themselves live through faults as the oracle plays it', (_, worlds) => {
  agree(
    worlds,
    faultsAt(nodeNames, 2).map((faults) => faults),
    20_261_153,
    leftUnflushed,
  );
});
