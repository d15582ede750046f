// What holds of any scenario beside its books: threads change nothing, and neither does what stands beside a mode.
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { FaultOptions } from '../../src/models/fault.ts';
import { runWorld } from '../../src/models/world.ts';
import { summaryJson } from '../../src/report/summaryJson.ts';
import { simulate } from '../../src/run/replications.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { load } from '../support/random/play.ts';
import { replayCommand } from '../support/random/replay.ts';
import { randomScenario, type RandomScenario } from '../support/random/scenario.ts';

const isLong = process.env.FLEETFALL_LONG === '1';
/** Where a group of another node once took a part of what this one had dropped. */
const once = [20_306, 20_843];
const numbers = [...Array.from({ length: isLong ? 1_000 : 25 }, (_, index) => 20_000 + index), ...once];

type Data = Record<string, Record<string, unknown>>;

/** The scenario with its text changed; `null`: it is refused. */
function loaded({ text, files }: RandomScenario, change: (data: Data) => void = () => {}): Scenario | null {
  const data = parse(text) as Data;
  change(data);
  const read = load({ text: stringify(data, { lineWidth: 0 }), files });
  return 'scenario' in read ? read.scenario : null;
}

/** What comes out for the groups of a mode, by name. */
function outcome(scenario: Scenario, mode: string): Record<string, unknown> {
  const { world } = scenario.modes.find(({ name }) => name === mode)!;
  const { groups } = runWorld(world, { seed: scenario.seed, replication: 0 });
  return Object.fromEntries(world.groups.map(({ name }, index) => [name, groups[index]]));
}

/** Agents are told one after the other: one more has the next ones wait. */
function goesRound(fault: FaultOptions): boolean {
  return (
    (fault.kind === 'reconnectAgents' && fault.chunk !== null) || (fault.kind === 'restartAgents' && fault.overUs > 0)
  );
}

test('two threads write what one writes', { timeout: 3_600_000 }, async () => {
  let played = 0;
  for (const number of numbers.slice(0, numbers.length / 5)) {
    const scenario = loaded(randomScenario(number), (data) => {
      Object.assign(data, { replications: 2 });
    });
    if (!scenario) continue;
    played += 1;
    const [one, two] = [await simulate(scenario, { jobs: 0 }), await simulate(scenario, { jobs: 2 })];
    expect(summaryJson(two) === summaryJson(one), replayCommand(number)).toBe(true);
  }
  expect(played).toBeGreaterThan(numbers.length / 10);
});

test('another mode in front changes no mode', { timeout: 3_600_000 }, () => {
  let compared = 0;
  for (const number of numbers) {
    const random = randomScenario(number);
    const scenario = loaded(random);
    const more = loaded(random, (data) => {
      data.modes = { another: { servers: ['master'] }, ...data.modes };
    });
    if (!scenario || !more) continue;
    for (const { name } of scenario.modes) {
      compared += 1;
      expect(outcome(more, name), replayCommand(number)).toEqual(outcome(scenario, name));
    }
  }
  expect(compared).toBeGreaterThan(numbers.length / 4);
});

test('a group that no server is shared with changes nothing for the others', { timeout: 3_600_000 }, () => {
  let compared = 0;
  for (const number of numbers) {
    const random = randomScenario(number);
    const scenario = loaded(random);
    // A node of its own, so that it takes nobody's place in a queue.
    const apart = loaded(random, (data) => {
      const cluster = data.cluster as { nodes: Data };
      cluster.nodes.apart = { address: '172.0.0.99', ports: { registration: 'no' } };
    });
    const more = loaded(random, (data) => {
      const cluster = data.cluster as { nodes: Data };
      cluster.nodes.apart = { address: '172.0.0.99', ports: { registration: 'no' } };
      const { version } = Object.values(data.fleet!)[0] as { version?: string };
      const lonely = { count: 2, version: version ?? '4.3.0', addresses: '10.9.0.0/24', events: { rate: '1/s' } };
      data.fleet = { lonely, ...data.fleet };
      for (const mode of Object.values(data.modes!) as { groups?: object }[]) {
        mode.groups = { ...mode.groups, lonely: { servers: ['apart'] } };
      }
    });
    if (!scenario || !apart || !more) continue;
    const isTied = scenario.modes.some(
      ({ world }) => world.untilSettled || world.helper || world.faults.some(goesRound),
    );
    if (isTied) continue;
    for (const { name } of scenario.modes) {
      compared += 1;
      const { lonely, ...others } = outcome(more, name);
      expect(lonely).toBeDefined();
      expect(others, replayCommand(number)).toEqual(outcome(apart, name));
    }
  }
  expect(compared).toBeGreaterThan(numbers.length / 8);
});
