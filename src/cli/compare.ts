// fleetfall compare: two stored results, two scenarios, or one under two settings: what moved.
import { statSync } from 'node:fs';
import { changeOf, checkComparable, type Change, type Comparable } from '../metrics/change.ts';
import type { Comparison } from '../metrics/comparison.ts';
import { anonymiser, type Anonymiser } from '../report/anonymise.ts';
import { changeJson } from '../report/changeJson.ts';
import { changeMarkdown } from '../report/changeMarkdown.ts';
import { changeText } from '../report/changeText.ts';
import { readResult } from '../report/stored.ts';
import { simulate } from '../run/replications.ts';
import { engineVersion } from '../run/version.ts';
import { readScenarioFile, type Overrides } from '../scenario/load.ts';
import { ScenarioError } from '../scenario/problem.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { quote } from '../scenario/wording.ts';
import { tell } from './failure.ts';
import { ExitCode, UsageError, type Io } from './io.ts';
import type { SetFlag } from './options.ts';
import { withProgress } from './progress.ts';

export interface CompareFlags {
  readonly set: readonly SetFlag[];
  readonly setA: readonly SetFlag[];
  readonly setB: readonly SetFlag[];
  readonly allowIncludesOutside?: boolean;
  readonly seed?: string;
  readonly replications?: number;
  readonly mode: readonly string[];
  readonly jobs?: number;
  readonly format?: 'text' | 'md' | 'json';
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly all?: boolean;
}

/** A side before anything is simulated: a mistake in the second is said before the first takes its time. */
type Side =
  | { readonly kind: 'result'; readonly comparison: Comparison }
  | { readonly kind: 'scenario'; readonly scenario: Scenario };

/** A report's folder or file; anything else is a scenario. */
export function isResult(path: string): boolean {
  return path.endsWith('.json') || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

export async function compare(paths: readonly string[], flags: CompareFlags, io: Io): Promise<number> {
  const sides = sidesOf(paths, flags, io);
  if (sides === null) return ExitCode.Input;
  checkComparable(comparable(sides[0]), comparable(sides[1]));
  const names = io.nameless ? anonymiser() : null;
  const [before, after] = [await answer(sides[0], names, flags, io), await answer(sides[1], names, flags, io)];
  const change = changeOf(before, after);
  io.out(told(change, flags, io));
  return ExitCode.Ok;
}

/** `null`: a file needs mending, and it has been said. */
function sidesOf(paths: readonly string[], flags: CompareFlags, io: Io): readonly [Side, Side] | null {
  const [first, second = first] = paths;
  if (first === undefined || second === undefined || paths.length > 2) {
    throw new UsageError('give it two results or scenarios, or one scenario and --set path=value.');
  }
  const alone = paths.length === 1;
  if (alone && isResult(first)) {
    throw new UsageError('a stored result alone says nothing of a change: give it a second one, or a scenario.');
  }
  if (alone && flags.set.length + flags.setA.length + flags.setB.length === 0) {
    throw new UsageError('one scenario is compared under two settings: say what changes with --set path=value.');
  }
  if (!alone && flags.set.length > 0) {
    throw new UsageError('--set is for one scenario under two settings. Of two, say --set-a or --set-b.');
  }
  const sets = [flags.setA, [...flags.set, ...flags.setB]] as const;
  const [one, two] = [first, second].map((path, index): Side | null => {
    const set = sets[index]!;
    if (isResult(path)) return stored(path, set, flags);
    const overrides: Overrides = {
      set,
      includesOutside: flags.allowIncludesOutside,
      seed: flags.seed,
      replications: flags.replications,
      modes: flags.mode,
    };
    try {
      return { kind: 'scenario', scenario: readScenarioFile(path, overrides) };
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      tell(error, io);
      return null;
    }
  });
  return one && two ? [one, two] : null;
}

function stored(path: string, set: readonly SetFlag[], flags: CompareFlags): Side {
  if (set.length > 0 || flags.seed !== undefined || flags.replications !== undefined) {
    throw new UsageError(
      `${path} is a stored result: --set, --seed and --replications are for scenarios. Leave them out, or give it the scenario.`,
    );
  }
  const comparison = readResult(path);
  if (flags.mode.length === 0) return { kind: 'result', comparison };
  const known = comparison.modes.map(({ name }) => name);
  const unknown = flags.mode.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--mode: ${path} has no mode called ${quote(unknown)}. Known: ${known.join(', ')}.`);
  }
  const modes = comparison.modes.filter(({ name }) => flags.mode.includes(name));
  return { kind: 'result', comparison: { ...comparison, modes } };
}

/** Whether two sides can be compared is known before either is simulated. */
function comparable(side: Side): Comparable {
  if (side.kind === 'result') return side.comparison;
  const { scenario } = side;
  const modes = scenario.modes.map(({ name, world }) => ({
    name,
    groups: world.groups.map(({ name: group, count: agents }) => ({ group, agents })),
  }));
  return { engine: engineVersion, scenario, modes };
}

async function answer(side: Side, names: Anonymiser | null, flags: CompareFlags, io: Io): Promise<Comparison> {
  const found = side.kind === 'result' ? side.comparison : await simulated(side.scenario, names, flags, io);
  return names?.comparison(found) ?? found;
}

function simulated(scenario: Scenario, names: Anonymiser | null, flags: CompareFlags, io: Io): Promise<Comparison> {
  const called = names?.scenario(scenario.name) ?? scenario.name;
  return withProgress(scenario, called, flags, io, (options) => simulate(scenario, options));
}

function told(change: Change, { format, json, all }: CompareFlags, io: Io): string {
  if (json || format === 'json') return changeJson(change);
  if (format === 'md') return changeMarkdown(change);
  return changeText(change, { colour: io.colour, width: io.columns, all: all ?? false });
}
