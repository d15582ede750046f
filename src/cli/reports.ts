// fleetfall reports: rebuilds reports/ from scenarios/, the recorded answers that the tests compare.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { availableParallelism } from 'node:os';
import { reportFiles } from '../report/files.ts';
import { simulate } from '../run/replications.ts';
import { readScenarioFile } from '../scenario/load.ts';
import { ExitCode, type Io } from './io.ts';

/** Rows of single outages make megabytes; what they add up to is in the other files. */
const leftOut = ['reconnects.csv'];

/** Files of a recorded answer, by path below `reports/<name>/`. */
export async function recordedFiles(
  scenarioFile: string,
  jobs: number,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const comparison = await simulate(readScenarioFile(scenarioFile), { jobs, signal });
  const files = new Map(Array.from(reportFiles(comparison), ({ path, pieces }) => [path, [...pieces].join('')]));
  for (const name of leftOut) files.delete(name);
  return files;
}

/** @param check compare with what is there instead of writing. */
export async function reports(names: readonly string[], check: boolean, io: Io): Promise<number> {
  const all = readdirSync('scenarios')
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -5))
    .sort();
  const chosen = names.length > 0 ? names : all;
  let differing = 0;
  for (const name of chosen) {
    const files = await recordedFiles(join('scenarios', `${name}.yaml`), availableParallelism(), io.signal);
    const directory = join('reports', name);
    const changed = [...files].filter(([path, text]) => textOf(join(directory, path)) !== text).map(([path]) => path);
    differing += changed.length;
    io.out(`${name}: ${changed.length === 0 ? 'unchanged' : changed.join(', ')}\n`);
    if (check) continue;
    rmSync(directory, { recursive: true, force: true });
    for (const [path, text] of files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
  }
  return check && differing > 0 ? ExitCode.Breached : ExitCode.Ok;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
