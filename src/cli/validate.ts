// fleetfall validate: read and check everything, say what of the configurations will hurt, simulate nothing.
import { anonymiser, leftOut } from '../report/anonymise.ts';
import { printable, printableJson } from '../report/escape.ts';
import { readScenarioFile, type Overrides } from '../scenario/load.ts';
import { ScenarioError, type Problem } from '../scenario/problem.ts';
import type { Remark, Scenario, Warning } from '../scenario/scenario.ts';
import { ExitCode, type Io } from './io.ts';
import { tell as tellFailure } from './failure.ts';
import { leftOutText, remarkText, warningText } from './run.ts';

export interface ValidateFlags {
  readonly set: readonly { readonly path: string; readonly value: string }[];
  readonly allowIncludesOutside?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** Of one file, as `--json` prints it. */
interface Verdict {
  readonly file: string;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  readonly scenario: Scenario | null;
}

export function validate(files: readonly string[], flags: ValidateFlags, io: Io): number {
  const { set, allowIncludesOutside: includesOutside, quiet, json, strict } = flags;
  const verdicts = files.map((file) => read(file, { set, includesOutside }, strict === true));
  if (io.nameless) tellNameless(verdicts, flags, io);
  else if (json) io.out(`${printableJson(JSON.stringify(documentOf(verdicts), null, 2))}\n`);
  else for (const verdict of verdicts) tell(verdict, strict === true, quiet === true, io);
  return verdicts.every(({ ok }) => ok) ? ExitCode.Ok : ExitCode.Input;
}

function read(file: string, overrides: Overrides, strict: boolean): Verdict {
  try {
    const scenario = readScenarioFile(file, overrides);
    return { file, ok: !strict || scenario.remarks.length === 0, problems: [], scenario };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { file, ok: false, problems: error.problems, scenario: null };
  }
}

function tell({ file, ok, problems, scenario }: Verdict, strict: boolean, quiet: boolean, io: Io): void {
  if (scenario === null) {
    io.err(`${new ScenarioError(file, problems).message}\n`);
    return;
  }
  for (const warning of scenario.warnings) io.err(`${warningText(warning)}\n`);
  for (const remark of scenario.remarks) io.err(`${remarkText(remark)}\n`);
  if (!ok && strict) io.err(`${file}: ${counted(scenario.remarks.length, 'remark')} (--strict)\n`);
  if (quiet || !ok) return;
  io.out(okLine(file, scenario));
}

/** With `--anonymise`: what is wrong is told by its place, and a remark by its rule. */
function tellNameless(verdicts: readonly Verdict[], { json, quiet }: ValidateFlags, io: Io): void {
  const names = anonymiser();
  for (const { file, scenario } of verdicts) {
    names.scenario(file);
    if (scenario !== null) names.learnScenario(scenario);
  }
  const called = (file: string): string => `${names.scenario(file)}.yaml`;
  if (json) {
    const left = <T extends Problem>(told: T): T => ({
      ...told,
      position: told.position && { ...told.position, file: names.file(told.position.file) },
      text: leftOut,
    });
    const document = verdicts.map(({ file, ok, problems, scenario }) => ({
      file: called(file),
      ok,
      problems: problems.map(left),
      scenario: scenario && {
        ...scenario,
        warnings: scenario.warnings.map(left),
        remarks: scenario.remarks.map((remark) => ({ ...left(remark), modes: remark.modes.map(names.text) })),
      },
    }));
    io.out(`${printableJson(JSON.stringify(documentOf(document), null, 2))}\n`);
    return;
  }
  for (const { file, ok, problems, scenario } of verdicts) {
    if (scenario === null) tellFailure(new ScenarioError(file, problems), io);
    else {
      io.err(leftOutText(scenario));
      const rules = [...new Set(scenario.remarks.map(({ rule }) => rule))];
      if (rules.length > 0) io.err(`${called(file)}: remarks of the rules ${rules.join(', ')}\n`);
      if (ok && !quiet) io.out(names.text(okLine(called(file), scenario)));
    }
  }
}

function okLine(file: string, scenario: Scenario): string {
  const [first] = scenario.modes;
  const { groups, faults } = first!.world;
  const agents = groups.reduce((sum, { count }) => sum + count, 0);
  return (
    `${printable(file)}: ok: ${counted(scenario.modes.length, 'mode')} (${scenario.modes.map(({ name }) => name).join(', ')}), ` +
    `${counted(agents, 'agent')}, ${counted(faults.length, 'fault')}, ${counted(scenario.expectations.length, 'expectation')}\n`
  );
}

/** One document whatever the number of files. */
function documentOf(verdicts: readonly Verdict[]): unknown {
  return {
    format: 'fleetfall-validate/1',
    ok: verdicts.every(({ ok }) => ok),
    files: verdicts.map(({ file, ok, problems, scenario }) => ({
      file,
      ok,
      problems: problems.map(placed),
      warnings: (scenario?.warnings ?? []).map(placed),
      remarks: (scenario?.remarks ?? []).map((remark: Remark) => ({
        rule: remark.rule,
        modes: remark.modes,
        ...placed(remark),
      })),
    })),
  };
}

function placed({ position, text }: Problem | Warning): Record<string, string | number | null> {
  const { file = null, line = null, column = null } = position ?? {};
  return { file, line, column, text };
}

function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
}
