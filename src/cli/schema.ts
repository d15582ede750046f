// fleetfall schema: the JSON Schema of a scenario file, for editors.
import { scenarioJsonSchema } from '../scenario/schema.ts';
import { ExitCode, type Io } from './io.ts';

export function schema(io: Io): number {
  io.out(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  return ExitCode.Ok;
}
