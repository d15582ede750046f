// fleetfall validate: read and check everything, simulate nothing.
import { readScenarioFile } from '../scenario/load.ts';
import { ScenarioError } from '../scenario/problem.ts';
import { ExitCode, type Io } from './io.ts';
import { warningText } from './run.ts';

export interface ValidateFlags {
  readonly set: readonly { readonly path: string; readonly value: string }[];
  readonly allowIncludesOutside?: boolean;
  readonly quiet?: boolean;
}

export function validate(
  files: readonly string[],
  { set, quiet, allowIncludesOutside: includesOutside }: ValidateFlags,
  io: Io,
): number {
  let code: number = ExitCode.Ok;
  for (const file of files) {
    try {
      const scenario = readScenarioFile(file, { set, includesOutside });
      for (const warning of scenario.warnings) io.err(`${warningText(warning)}\n`);
      const [first] = scenario.modes;
      const agents = first!.world.groups.reduce((sum, { count }) => sum + count, 0);
      if (!quiet) {
        io.out(
          `${file}: ok: ${counted(scenario.modes.length, 'mode')} (${scenario.modes.map(({ name }) => name).join(', ')}), ` +
            `${counted(agents, 'agent')}, ${counted(first!.world.faults.length, 'fault')}, ` +
            `${counted(scenario.expectations.length, 'expectation')}\n`,
        );
      }
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      io.err(`${error.message}\n`);
      code = ExitCode.Input;
    }
  }
  return code;
}

function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
}
