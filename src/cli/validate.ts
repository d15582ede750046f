// fleetfall validate: read and check everything, simulate nothing.
import { readScenarioFile } from '../scenario/load.ts';
import { ScenarioError } from '../scenario/problem.ts';
import { ExitCode, type Io } from './io.ts';
import { warningText } from './run.ts';

export interface ValidateFlags {
  readonly set: readonly { readonly path: string; readonly value: string }[];
  readonly quiet?: boolean;
}

export function validate(files: readonly string[], { set, quiet }: ValidateFlags, io: Io): number {
  let code: number = ExitCode.Ok;
  for (const file of files) {
    try {
      const scenario = readScenarioFile(file, { set });
      for (const warning of scenario.warnings) io.err(`${warningText(warning)}\n`);
      const [first] = scenario.modes;
      const agents = first!.world.groups.reduce((sum, { count }) => sum + count, 0);
      if (!quiet) {
        io.out(
          `${file}: ok: ${scenario.modes.length} modes (${scenario.modes.map(({ name }) => name).join(', ')}), ` +
            `${agents} agents, ${first!.world.faults.length} faults, ${scenario.expectations.length} expectations\n`,
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
