// Scenarios and replications made by hand, for tests of comparisons.
import { aRun, type BooksSketch } from './books.ts';
import { nodeNames } from './worlds.ts';
import { numbersOf, type ReplicationNumbers } from '../../src/metrics/numbers.ts';
import type { FaultOptions } from '../../src/models/fault.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';
import { parseExpectation } from '../../src/scenario/expectation.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

/** Replications of one mode from the sketches of their books. */
export function replications(...sketches: readonly BooksSketch[]): ReplicationNumbers[] {
  return sketches.map((sketch, replication) => numbersOf(aRun(sketch), replication, []));
}

/** A scenario whose modes all have the world of `sketch`. */
export function aScenario(
  modes: readonly string[],
  sketch: BooksSketch = {},
  more: {
    readonly replications?: number;
    readonly faults?: readonly FaultOptions[];
    readonly expect?: readonly string[];
    /** Changes to the world of a mode, by its name. */
    readonly worlds?: Readonly<Record<string, Partial<WorldOptions>>>;
  } = {},
): Scenario {
  const faults = more.faults ?? [];
  const world: WorldOptions = { ...aRun(sketch).world, faults };
  const known = { modes, groups: world.groups.map(({ name }) => name), nodes: nodeNames, faultCount: faults.length };
  return {
    source: 'scenarios/by hand.yaml',
    name: 'by-hand',
    title: 'by hand',
    observed: null,
    seed: '7',
    replications: more.replications ?? 1,
    modes: modes.map((name) => ({
      name,
      description: `the mode ${name}`,
      world: { ...world, ...more.worlds?.[name] },
      assumptions: [],
    })),
    expectations: (more.expect ?? []).map((text, index) => {
      const parsed = parseExpectation(text, known);
      if (!('left' in parsed)) throw new Error(parsed.map((problem) => problem.text).join('; '));
      return { ...parsed, position: { file: 'by hand.yaml', line: index + 1, column: 1 } };
    }),
    warnings: [],
    remarks: [],
    chosenNames: [],
    inputHash: '0'.repeat(64),
    command: "fleetfall run 'scenarios/by hand.yaml'",
  };
}
