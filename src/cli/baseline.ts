// fleetfall baseline: remembers what scenarios come to, and fails when they come to something else.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { anonymiser } from '../report/anonymise.ts';
import { baselinePieces, readBaseline, type Baseline } from '../report/baseline.ts';
import { checkBaseline, record, type BaselineCheck } from '../report/baselineCheck.ts';
import { baselineText, divergenceSentence } from '../report/baselineText.ts';
import { printable, printableJson } from '../report/escape.ts';
import { ResultError } from '../report/sealed.ts';
import { checkFile, writeText } from '../report/write.ts';
import { readScenarioFile } from '../scenario/load.ts';
import { ScenarioError } from '../scenario/problem.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { tell } from './failure.ts';
import { ExitCode, UsageError, worstOf, type Io } from './io.ts';
import type { SetFlag } from './options.ts';
import { withProgress } from './progress.ts';

export interface BaselineFlags {
  readonly dir: string;
  readonly set: readonly SetFlag[];
  readonly allowIncludesOutside?: boolean;
  readonly seed?: string;
  readonly replications?: number;
  readonly mode: readonly string[];
  readonly jobs?: number;
  readonly quiet?: boolean;
}

export interface BaselineCheckFlags extends BaselineFlags {
  /** Share of one. */
  readonly tolerance?: number;
  readonly json?: boolean;
}

/** Its name while it runs. */
const calledOf = ({ name }: Scenario, { nameless }: Io): string => (nameless ? 'scenario' : name);

const fileOf = ({ name }: Scenario, { dir }: BaselineFlags): string => join(dir, `${name}.json`);

export async function baselineSave(paths: readonly string[], flags: BaselineFlags, io: Io): Promise<number> {
  const scenarios = read(paths, flags, io);
  if (scenarios === null) return ExitCode.Input;
  for (const scenario of scenarios) checkFile(fileOf(scenario, flags));
  for (const scenario of scenarios) {
    const { comparison, recordings } = await withProgress(scenario, calledOf(scenario, io), flags, io, (options) =>
      record(scenario, options),
    );
    const file = fileOf(scenario, flags);
    writeText(file, [...baselinePieces(comparison, recordings)].join(''));
    if (!flags.quiet) io.out(`Remembered: ${printable(scenario.name)} in ${printable(file)}\n`);
  }
  return ExitCode.Ok;
}

export async function baselineCheck(paths: readonly string[], flags: BaselineCheckFlags, io: Io): Promise<number> {
  const scenarios = read(paths, flags, io);
  if (scenarios === null) return ExitCode.Input;
  const names = io.nameless ? anonymiser() : null;
  const codes: number[] = [];
  const documents: unknown[] = [];
  for (const scenario of scenarios) {
    try {
      const baseline = baselineOf(scenario, flags);
      const check = await withProgress(scenario, calledOf(scenario, io), flags, io, (options) =>
        checkBaseline(scenario, baseline, { ...options, tolerance: flags.tolerance ?? null }),
      );
      codes.push(check.differs ? ExitCode.BaselineDiffers : ExitCode.Ok);
      names?.learnScenario(scenario);
      const called = names === null ? scenario : { ...scenario, name: names.scenario(scenario.name) };
      if (flags.json) documents.push(names?.deep(documentOf(called, check)) ?? documentOf(called, check));
      else if (!flags.quiet || check.differs) {
        const text = baselineText(called, check, { colour: io.colour, width: io.columns });
        io.out(names?.text(text) ?? text);
      }
    } catch (error) {
      if (io.signal.aborted) throw error;
      codes.push(tell(error, io));
    }
  }
  if (flags.json)
    io.out(
      `${printableJson(JSON.stringify({ format: 'fleetfall-baseline-check/1', scenarios: documents }, null, 2))}\n`,
    );
  if (codes.includes(ExitCode.BaselineDiffers) && !flags.json && !flags.quiet) {
    io.err('If that is meant, remember it with `fleetfall baseline save`, and say in the change why it moved.\n');
  }
  return worstOf(codes);
}

function baselineOf(scenario: Scenario, flags: BaselineFlags): Baseline {
  const file = fileOf(scenario, flags);
  if (existsSync(file)) return readBaseline(file);
  const save = scenario.command.replace(/^fleetfall run/, 'fleetfall baseline save');
  throw new ResultError(
    file,
    `there is no baseline of ${printable(scenario.name)} yet. Remember it: ${printable(save)}`,
  );
}

/** `null`: a file needs mending, and it has been said. */
function read(paths: readonly string[], flags: BaselineFlags, io: Io): readonly Scenario[] | null {
  const scenarios = paths.flatMap((path) => {
    try {
      const { set, seed, replications, mode: modes, allowIncludesOutside: includesOutside } = flags;
      return [readScenarioFile(path, { set, seed, replications, modes, includesOutside })];
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      tell(error, io);
      return [];
    }
  });
  const names = scenarios.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError(`two scenarios are called ${printable(twice)}: they would have one baseline. Rename one.`);
  }
  return scenarios.length < paths.length ? null : scenarios;
}

function documentOf(scenario: Scenario, check: BaselineCheck): unknown {
  const { differs, divergent, replications, divergence, values, tolerance } = check;
  const orText = (value: number | null): unknown => (value === null || Number.isFinite(value) ? value : String(value));
  return {
    name: scenario.name,
    differs,
    tolerance,
    runs: replications,
    divergentRuns: divergent,
    firstDivergence: divergence && {
      mode: divergence.mode,
      replication: divergence.replication + 1,
      text: divergenceSentence(scenario, check),
    },
    values: values.map(({ before, after, replication, ...rest }) => ({
      ...rest,
      replication: replication < 0 ? null : replication + 1,
      before: orText(before),
      after: orText(after),
    })),
  };
}
