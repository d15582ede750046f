// Plays a scenario text and looks at everything that must hold whatever it says.
import { isDeepStrictEqual } from 'node:util';
import { compare } from '../../../src/metrics/compare.ts';
import { numbersOf } from '../../../src/metrics/numbers.ts';
import { balances, OutageEnd, type Books } from '../../../src/models/ledger.ts';
import { runWorld } from '../../../src/models/world.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { summaryJson, summarySchema } from '../../../src/report/summaryJson.ts';
import type { Files } from '../../../src/scenario/files.ts';
import { loadScenario } from '../../../src/scenario/load.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import type { RandomScenario } from './scenario.ts';

export type Loaded = { readonly scenario: Scenario } | { readonly refusedFor: readonly string[] };

function filesOf(texts: Readonly<Record<string, string>>): Files {
  return {
    read: (path) => {
      const text = texts[path];
      if (text === undefined) throw new Error('no such file.');
      return text;
    },
    list: () => [],
  };
}

function hold(what: boolean, told: string): void {
  if (!what) throw new Error(told);
}

/** @throws what is no refusal with reasons: a mistake of ours. */
export function load({ text, files }: Pick<RandomScenario, 'text' | 'files'>): Loaded {
  try {
    return { scenario: loadScenario({ file: 'random.yaml', text, files: filesOf(files) }) };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    hold(error.problems.length > 0, 'refused without a reason');
    return { refusedFor: error.problems.map((problem) => problem.text) };
  }
}

/** Plays it and looks at every step: nothing happens before what has happened already. */
function watched(world: WorldOptions, seed: string): { books: Books; connected: Set<string> } {
  let lastUs = -Infinity;
  const connected = new Set<string>();
  const at = (atUs: number): void => {
    hold(atUs >= lastUs, `time steps back from ${lastUs} to ${atUs}`);
    lastUs = atUs;
  };
  const books = runWorld(
    world,
    { seed, replication: 0 },
    {
      tried: (_, atUs) => at(atUs),
      noticed: (_, atUs) => at(atUs),
      gaveUp: (_, atUs) => at(atUs),
      changed: (_, atUs) => at(atUs),
      connected: (agent, atUs) => {
        at(atUs);
        connected.add(`${agent} at ${atUs}`);
      },
    },
  );
  return { books, connected };
}

function checkEvents({ groups, timeline, delays }: Books, agents: number): void {
  for (const counts of groups) {
    hold(balances(counts), 'the books do not balance');
    for (const part of [counts.produced, counts.delivered, counts.pending, ...Object.values(counts.lost)]) {
      hold(Number.isInteger(part) && part >= 0, `${part} events: ${JSON.stringify(counts)}`);
    }
  }
  const { produced, delivered, lost, steps } = timeline;
  for (let step = 0; step < steps; step++) {
    // What came in between two looks is booked as if it had come evenly: off by chance, and by an event an agent.
    const told = `step ${step}: ${delivered[step]!} delivered and ${lost[step]!} lost of ${produced[step]!}`;
    hold(delivered[step]! <= produced[step]! + agents + 6 * Math.sqrt(produced[step]!), told);
    hold(step === 0 || produced[step]! >= produced[step - 1]! - 1e-6, told);
    hold(lost[step]! >= -1e-6, told);
  }
  hold(delays.maxUs >= 0 && delays.events.every((events) => events >= -1e-6), 'delivered before it was produced');
}

function checkOutages({ outages }: Books, connected: ReadonlySet<string>, durationUs: number): void {
  for (let row = 0; row < outages.count; row++) {
    const brokenUs = outages.brokenAtUs[row]!;
    const [detect, retry, handshake] = [outages.detectUs[row]!, outages.retryUs[row]!, outages.handshakeUs[row]!];
    const end = outages.end[row]!;
    const told = `outage ${JSON.stringify({ agent: outages.agent[row], end, brokenUs, detect, retry, handshake })}`;
    hold(brokenUs < durationUs, told);
    if (end === OutageEnd.Reconnected) {
      hold(detect >= 0 && retry >= 0 && handshake >= 0, told);
      hold(connected.has(`${outages.agent[row]!} at ${brokenUs + detect + retry + handshake}`), told);
    } else if (end === OutageEnd.Healed) {
      hold(detect === -1 && retry === -1 && handshake >= 0, told);
    } else {
      hold(retry === -1 && handshake === -1 && outages.toNode[row] === -1, told);
    }
  }
}

function checkNumbers(value: unknown, path: string): void {
  if (typeof value === 'number') {
    hold(!Number.isNaN(value), `${path} is not a number`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) checkNumbers(inner, `${path}.${key}`);
  }
}

export function play(scenario: Scenario): void {
  const results = scenario.modes.map(({ world }) => {
    const { books, connected } = watched(world, scenario.seed);
    const agents = world.groups.reduce((sum, { count }) => sum + count, 0);
    checkEvents(books, agents);
    checkOutages(books, connected, world.durationUs);
    const told = numbersOf({ books, world }, 0, []);
    checkNumbers(told, 'numbers');
    const again = numbersOf({ books: runWorld(world, { seed: scenario.seed, replication: 0 }), world }, 0, []);
    hold(isDeepStrictEqual(again, told), 'the same luck gives other numbers');
    return [told];
  });
  const summary = summaryJson(compare({ ...scenario, expectations: [] }, results, '0'));
  summarySchema.parse(JSON.parse(summary));
}
