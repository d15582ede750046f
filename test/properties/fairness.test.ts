// All modes of a scenario meet the same luck, and nothing that is added changes the luck of what was there.
import { expect, test } from 'vitest';
import type { GroupOptions, WorldOptions } from '../../src/models/worldOptions.ts';
import { runWorld } from '../../src/models/world.ts';
import { aWorld, fault, minute, second, type GroupRecipe, type WorldRecipe } from '../support/worlds.ts';

const luck = { seed: 'fair', replication: 2 };
const silence = [fault('powerOff', 'worker01', 200, 600)];
const list: GroupRecipe = { count: 4, list: [1, 2], events: { ratePerSecond: 3 } };
const nginx: GroupRecipe = { count: 4, events: { ratePerSecond: 3 } };

function renamed(options: WorldOptions, names: readonly string[]): WorldOptions {
  return {
    ...options,
    groups: options.groups.map((group, index): GroupOptions => ({ ...group, name: names[index]! })),
  };
}

/** What each agent's main thread does and when, by `group/index`. */
function lives(options: WorldOptions): Map<string, string[]> {
  const names = options.groups.flatMap(({ name, count }) => Array.from({ length: count }, (_, i) => `${name}/${i}`));
  const found = new Map(names.map((name): [string, string[]] => [name, []]));
  const told = (agent: number, text: string): void => void found.get(names[agent]!)!.push(text);
  runWorld(options, luck, {
    tried: (agent, atUs, server) => told(agent, `${atUs} tries ${server}`),
    noticed: (agent, atUs, why) => told(agent, `${atUs} notices ${why}`),
    connected: (agent, atUs, server, node) => told(agent, `${atUs} on ${node} by ${server}`),
    gaveUp: (agent, atUs, server) => told(agent, `${atUs} gives up ${server}`),
  });
  return found;
}

function firstAttempts(options: WorldOptions): string[] {
  return [...lives(options)].map(([name, told]) => `${name} ${told[0]!.split(' ')[0]!}`);
}

/** Events written by each agent in the first `durationUs`: agents alone in their groups, so that each has its own count. */
function written(recipe: Omit<WorldRecipe, 'groups'>, of: GroupRecipe): number[] {
  const options = aWorld({ ...recipe, groups: Array.from({ length: 6 }, () => ({ ...of, count: 1 })) });
  return runWorld(options, luck).groups.map(({ produced }) => produced);
}

test('in all modes the same agents start at the same instants', () => {
  const starts = firstAttempts(aWorld({ groups: [list] }));

  expect(new Set(starts.map((text) => text.split(' ')[1])).size).toBe(4);
  expect(firstAttempts(aWorld({ groups: [nginx] }))).toEqual(starts);
  expect(firstAttempts(aWorld({ groups: [{ ...list, order: 'shuffled', protocol: 'udp' }] }))).toEqual(starts);
});

test('in all modes the same agents write at the same instants, whatever happens to the nodes', () => {
  for (const arrival of ['poisson', 'regular'] as const) {
    const events = { ratePerSecond: 3, arrival };
    // Equal counts up to many instants are equal instants.
    for (let seconds = 1; seconds <= 400; seconds += 19) {
      const durationUs = seconds * second + 123_457;
      const calm = written({ durationUs }, { ...nginx, events });

      if (seconds > 100 && arrival === 'poisson') expect(new Set(calm).size).toBeGreaterThan(1);
      expect(written({ durationUs }, { ...list, events })).toEqual(calm);
      expect(written({ durationUs, faults: silence }, { ...list, events, protocol: 'udp' })).toEqual(calm);
    }
  }
});

test('neither warm-up nor duration moves an arrival', () => {
  const upTo = (durationUs: number, warmupUs: number): number[] => {
    const options = aWorld({ durationUs, groups: Array.from({ length: 6 }, () => ({ ...list, count: 1 })) });
    return runWorld({ ...options, warmupUs }, luck).groups.map(({ produced }) => produced);
  };
  for (const seconds of [7, 61, 300]) {
    expect(upTo(seconds * second, minute)).toEqual(upTo(seconds * second, 30 * minute));
  }

  // The events up to 100 s of a short run are those of a long one: what an agent does about them comes out the same.
  const short = lives(aWorld({ groups: [list], faults: silence, durationUs: 5 * minute }));
  const long = lives(aWorld({ groups: [list], faults: silence, durationUs: 50 * minute }));
  for (const [agent, told] of short) expect(long.get(agent)!.slice(0, told.length)).toEqual(told);
});

test('an agent more, or a group listed before, changes nothing for the others', () => {
  const alone = lives(renamed(aWorld({ groups: [list], faults: silence }), ['servers']));
  const more = lives(renamed(aWorld({ groups: [{ ...list, count: 9 }], faults: silence }), ['servers']));
  const behind = lives(
    renamed(aWorld({ groups: [{ ...list, count: 7 }, list], faults: silence }), ['branch', 'servers']),
  );

  for (const [agent, told] of alone) {
    expect(told.length).toBeGreaterThan(7);
    expect(more.get(agent)).toEqual(told);
    expect(behind.get(agent)).toEqual(told);
  }
});

test('a node listed before the others changes nothing for agents that do not know it', () => {
  const before = aWorld({ groups: [list], faults: silence });
  const after: WorldOptions = {
    ...before,
    nodes: [{ ...before.nodes[2]!, name: 'worker00', address: '172.0.0.9' }, ...before.nodes],
    groups: before.groups.map((group) => ({
      ...group,
      servers: group.servers.map((server, index) => ({ ...server, endpoint: { kind: 'node', nodeIndex: index + 2 } })),
    })),
  };
  const lost = (options: WorldOptions): unknown => runWorld(options, luck).groups;

  expect(lost(after)).toEqual(lost(before));
});

test('each replication and each seed is another luck', () => {
  const options = aWorld({ groups: [list] });
  const produced = (seed: string, replication: number): number =>
    runWorld(options, { seed, replication }).groups[0]!.produced;

  expect(new Set([produced('1', 0), produced('1', 1), produced('1', 2), produced('2', 0), produced('3', 0)]).size).toBe(
    5,
  );
});
