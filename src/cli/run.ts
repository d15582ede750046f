// fleetfall run: simulate, compare the modes, check the expectations, write the report.
import { join } from 'node:path';
import type { Comparison } from '../metrics/comparison.ts';
import { simulate } from '../run/replications.ts';
import { anonymiser } from '../report/anonymise.ts';
import { briefSummary } from '../report/brief.ts';
import { judgementOfAll, type Strictness } from '../report/judgement.ts';
import { junitXml } from '../report/junit.ts';
import { manifestOf } from '../report/manifest.ts';
import { summaryJson } from '../report/summaryJson.ts';
import { summaryMarkdown } from '../report/summaryMarkdown.ts';
import { terminalSummary } from '../report/terminal.ts';
import { printable } from '../report/escape.ts';
import { checkFile, checkOutput, writeReport, writeText } from '../report/write.ts';
import { flagNames, kebab } from '../scenario/command.ts';
import { scenarioFromFlags } from '../scenario/flags.ts';
import type { Onlooker } from '../scenario/files.ts';
import { readScenarioFile, type Overrides } from '../scenario/load.ts';
import { ScenarioError } from '../scenario/problem.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { tell } from './failure.ts';
import { ExitCode, UsageError, worstOf, type Io } from './io.ts';
import { anonymiseFlag } from './options.ts';
import { annotate, annotateProblems, summarize } from './pipeline.ts';
import { withProgress } from './progress.ts';

export interface RunFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly format?: 'text' | 'json' | 'md' | 'junit';
  readonly details?: boolean;
  readonly junit?: string;
  readonly set: readonly { readonly path: string; readonly value: string }[];
  readonly allowIncludesOutside?: boolean;
  readonly seed?: string;
  readonly replications?: number;
  readonly mode: readonly string[];
  readonly jobs?: number;
  readonly out?: string;
  readonly strict?: boolean;
  readonly inconclusive?: 'pass' | 'fail' | 'more';
  readonly bail?: boolean;
  readonly watch?: boolean;
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

/** Who looks on: every file that is read, and every answer. */
export interface RunHooks {
  readonly seen?: Onlooker;
  readonly answered?: (comparison: Comparison) => void;
}

export async function run(
  files: readonly string[],
  flags: RunFlags,
  io: Io,
  { seen, answered }: RunHooks = {},
): Promise<number> {
  const format = flags.json ? 'json' : (flags.format ?? 'text');
  // A document on stdout stays one: what is said beside it goes to stderr.
  const beside = format === 'text' && !flags.quiet ? (text: string) => io.out(text) : (text: string) => io.err(text);
  const strictness = strictnessOf(flags);
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
      if (!io.nameless) annotateProblems(error, beside, io);
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
    for (const file of files) load(() => readScenarioFile(file, overrides, seen));
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
  const masks = io.nameless ? anonymiser() : null;
  const calledOf = ({ name }: Scenario): string => masks?.scenario(name) ?? name;
  const placeOf = (scenario: Scenario): string => {
    const called = calledOf(scenario);
    return flags.out === undefined ? join('out', called) : loaded.length > 1 ? join(flags.out, called) : flags.out;
  };
  for (const scenario of loaded) checkOutput(placeOf(scenario));
  if (flags.junit !== undefined) checkFile(flags.junit);
  const codes: number[] = [];
  const documents: string[] = [];
  const answers: Comparison[] = [];
  for (const scenario of loaded) {
    try {
      // The printed summary has the warnings itself.
      if (!flags.quiet && masks !== null) io.err(leftOutText(scenario));
      else if (!flags.quiet && format !== 'text') {
        for (const each of scenario.warnings) io.err(`${warningText(each)}\n`);
        for (const each of scenario.remarks) io.err(`${remarkText(each)}\n`);
      }
      const found = await answer(scenario, calledOf(scenario), flags, io);
      const comparison = masks?.comparison(found) ?? found;
      answered?.(comparison);
      const out = placeOf(scenario);
      const manifest = masks === null ? manifestOf(comparison) : manifestOf(comparison, [anonymiseFlag]);
      await writeReport(comparison, out, manifest, io.signal);
      // What was found in the modes is not asked for again: it may be large.
      if (format === 'junit' || flags.junit !== undefined) answers.push({ ...comparison, modes: [] });
      if (format === 'json') documents.push(summaryJson(comparison));
      else if (!flags.quiet && format !== 'junit') io.out(told(comparison, format, flags, io));
      annotate(comparison, strictness, beside, io);
      summarize(comparison, io);
      if (!flags.quiet) io.err(`Report: ${printable(out)}\n`);
      codes.push(codeOf(comparison, strictness));
    } catch (error) {
      if (io.signal.aborted) throw error;
      codes.push(tell(error, io));
    }
    const left = loaded.length - codes.length;
    if (flags.bail === true && codes.at(-1) !== ExitCode.Ok && left > 0) {
      if (!flags.quiet) io.err(`${left} ${left === 1 ? 'scenario is' : 'scenarios are'} left out (--bail).\n`);
      break;
    }
  }
  io.signal.throwIfAborted();
  if (format === 'junit') documents.push(junitXml(answers, strictness));
  if (flags.junit !== undefined) writeText(flags.junit, junitXml(answers, strictness));
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

/** What is not repeated under `--anonymise`. */
export function leftOutText({ warnings, remarks }: Pick<Scenario, 'warnings' | 'remarks'>): string {
  if (warnings.length + remarks.length === 0) return '';
  return `note: ${warnings.length} warnings and ${remarks.length} remarks repeat what files say and are left out (--anonymise).\n`;
}

async function answer(scenario: Scenario, called: string, flags: RunFlags, io: Io): Promise<Comparison> {
  let replications = scenario.replications;
  for (;;) {
    const asked = { ...scenario, replications };
    const comparison = await withProgress(asked, called, flags, io, (options) => simulate(asked, options));
    const open = comparison.expectations.some(({ verdict }) => verdict === 'inconclusive');
    if (!open || flags.inconclusive !== 'more' || replications >= scenario.replications * mostMore) return comparison;
    replications *= 2;
    if (!flags.quiet) io.err(`Inconclusive: ${replications} replications.\n`);
  }
}

function told(comparison: Comparison, format: 'text' | 'md', { details }: RunFlags, io: Io): string {
  if (format === 'md') return summaryMarkdown(comparison);
  const options = { colour: io.colour, width: io.columns };
  return details ? terminalSummary(comparison, options) : briefSummary(comparison, options);
}

/** `--inconclusive more` has asked for more already: what is open then stays open. */
function strictnessOf({ strict, inconclusive }: RunFlags): Strictness {
  return {
    strict: strict ?? false,
    inconclusive: inconclusive === 'pass' || inconclusive === 'fail' ? inconclusive : 'open',
  };
}

const codes = { pass: ExitCode.Ok, fail: ExitCode.Breached, open: ExitCode.Inconclusive } as const;

function codeOf(comparison: Comparison, strictness: Strictness): number {
  return codes[judgementOfAll(comparison, strictness)];
}
