// fleetfall run: simulate, compare the modes, check the expectations, write the report.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import type { Comparison } from '../metrics/comparison.ts';
import { simulate } from '../run/replications.ts';
import { manifestOf } from '../report/manifest.ts';
import { summaryJson } from '../report/summaryJson.ts';
import { summaryMarkdown } from '../report/summaryMarkdown.ts';
import { terminalSummary } from '../report/terminal.ts';
import { printable } from '../report/escape.ts';
import { checkOutput, writeReport } from '../report/write.ts';
import { flagNames, kebab } from '../scenario/command.ts';
import { scenarioFromFlags } from '../scenario/flags.ts';
import { readScenarioFile, type Overrides } from '../scenario/load.ts';
import { ScenarioError } from '../scenario/problem.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { tell } from './failure.ts';
import { ExitCode, UsageError, worstOf, type Io } from './io.ts';

export interface RunFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly format?: 'text' | 'json' | 'md';
  readonly set: readonly { readonly path: string; readonly value: string }[];
  readonly allowIncludesOutside?: boolean;
  readonly seed?: string;
  readonly replications?: number;
  readonly mode: readonly string[];
  readonly jobs?: number;
  readonly out?: string;
  readonly strict?: boolean;
  readonly inconclusive?: 'pass' | 'fail' | 'more';
  // The same without a file.
  readonly nginx?: string;
  readonly haproxy?: string;
  readonly release?: string;
  readonly ossec?: string;
  readonly cpus?: number;
  readonly agents?: number;
  readonly rate?: string;
  readonly agentVersion?: string;
  readonly node: readonly string[];
  readonly kill: readonly string[];
  readonly powerOff: readonly string[];
  readonly hang: readonly string[];
  readonly stop: readonly string[];
  readonly zombie: readonly string[];
  readonly at?: string;
  readonly for?: string;
  readonly duration?: string;
}

/** Replications are at most multiplied by this while `--inconclusive more` looks for an answer. */
const mostMore = 8;

export async function run(files: readonly string[], flags: RunFlags, io: Io): Promise<number> {
  const format = flags.json ? 'json' : (flags.format ?? 'text');
  const overrides: Overrides = {
    set: flags.set,
    includesOutside: flags.allowIncludesOutside,
    seed: flags.seed,
    replications: flags.replications,
    modes: flags.mode,
  };
  const loaded: Scenario[] = [];
  const mending: ScenarioError[] = [];
  const load = (reader: () => Scenario): void => {
    try {
      loaded.push(reader());
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      tell(error, io);
      mending.push(error);
    }
  };
  const withoutFile = flags.nginx !== undefined || flags.haproxy !== undefined || flags.ossec !== undefined;
  if (files.length > 0) {
    const extra = flagNames.find((flag) => [flags[flag] ?? []].flat().length > 0);
    if (extra !== undefined) {
      throw new UsageError(
        `--${kebab(extra)} is for a run without a scenario file. Leave it out, or the file; --set changes a file.`,
      );
    }
    for (const file of files) load(() => readScenarioFile(file, overrides));
  } else {
    if (!withoutFile) {
      throw new UsageError(
        'give it a scenario file, or --nginx nginx.conf --agents 9000 --kill NODE for a run without one.',
      );
    }
    load(() => scenarioFromFlags({ ...flags, overrides }));
  }
  const names = loaded.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError(`two scenarios are called ${twice}: their results would go to the same place. Rename one.`);
  }
  // Nothing is simulated while a file needs mending, or for a place that takes no report.
  if (mending.length > 0) return ExitCode.Input;
  const placeOf = ({ name }: Scenario): string =>
    flags.out === undefined ? join('out', name) : loaded.length > 1 ? join(flags.out, name) : flags.out;
  for (const scenario of loaded) checkOutput(placeOf(scenario));
  const codes: number[] = [];
  const documents: string[] = [];
  for (const scenario of loaded) {
    try {
      // The printed summary has the warnings itself.
      if (!flags.quiet && format !== 'text') {
        for (const each of scenario.warnings) io.err(`${warningText(each)}\n`);
        for (const each of scenario.remarks) io.err(`${remarkText(each)}\n`);
      }
      const comparison = await answer(scenario, flags, io);
      const out = placeOf(scenario);
      await writeReport(comparison, out, manifestOf(comparison), io.signal);
      if (format === 'json') documents.push(summaryJson(comparison));
      else if (!flags.quiet) {
        io.out(
          format === 'md'
            ? summaryMarkdown(comparison)
            : terminalSummary(comparison, { colour: io.colour, width: io.columns }),
        );
      }
      if (!flags.quiet) io.err(`Report: ${printable(out)}\n`);
      codes.push(codeOf(comparison, flags));
    } catch (error) {
      if (io.signal.aborted) throw error;
      codes.push(tell(error, io));
    }
  }
  io.signal.throwIfAborted();
  // One document, whatever the number of scenarios.
  if (format === 'json' && loaded.length > 1) io.out(`[\n${documents.map((text) => text.trimEnd()).join(',\n')}\n]\n`);
  else for (const document of documents) io.out(document);
  return worstOf(codes);
}

/** What the lint says, with the name of its rule. */
export function remarkText({ position, modes, rule, text }: Scenario['remarks'][number]): string {
  const place = position === null ? modes.join(', ') : `${position.file}:${position.line}:${position.column}`;
  return printable(`remark: ${place}: ${text} [${rule}]`);
}

export function warningText({ position, text }: Scenario['warnings'][number]): string {
  const place = position === null ? '' : `${position.file}:${position.line}:${position.column}: `;
  return printable(`warning: ${place}${text}`);
}

async function answer(scenario: Scenario, flags: RunFlags, io: Io): Promise<Comparison> {
  let replications = scenario.replications;
  for (;;) {
    const comparison = await withProgress({ ...scenario, replications }, flags, io);
    const open = comparison.expectations.some(({ verdict }) => verdict === 'inconclusive');
    if (!open || flags.inconclusive !== 'more' || replications >= scenario.replications * mostMore) return comparison;
    replications *= 2;
    if (!flags.quiet) io.err(`Inconclusive: ${replications} replications.\n`);
  }
}

async function withProgress(scenario: Scenario, flags: RunFlags, io: Io): Promise<Comparison> {
  const bar =
    io.live && !flags.quiet
      ? new SingleBar(
          {
            format: `${printable(scenario.name)} {bar} {value}/{total} runs`,
            clearOnComplete: true,
            hideCursor: true,
            stream: process.stderr,
          },
          Presets.shades_classic,
        )
      : null;
  bar?.start(scenario.replications * scenario.modes.length, 0);
  try {
    return await simulate(scenario, {
      signal: io.signal,
      jobs: flags.jobs ?? Math.max(1, availableParallelism()),
      onProgress: (done) => bar?.update(done),
    });
  } finally {
    bar?.stop();
  }
}

function codeOf({ expectations }: Comparison, { strict, inconclusive }: RunFlags): number {
  const verdicts = expectations.map(({ verdict }) => verdict);
  if (verdicts.includes('breached') || (strict && verdicts.includes('vacuous'))) return ExitCode.Breached;
  if (!verdicts.includes('inconclusive') || inconclusive === 'pass') return ExitCode.Ok;
  return inconclusive === 'fail' ? ExitCode.Breached : ExitCode.Inconclusive;
}
