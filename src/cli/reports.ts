// fleetfall reports: rebuilds reports/ from scenarios/, the recorded answers that the tests compare.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { answersOf, withAnswers } from '../report/answers.ts';
import { reportFiles } from '../report/files.ts';
import { referencePages } from '../report/reference.ts';
import { writeFiles, writeText } from '../report/write.ts';
import { simulate } from '../run/replications.ts';
import { readScenarioFile } from '../scenario/load.ts';
import { ExitCode, type Io } from './io.ts';

/**
 * Megabytes that nobody reads in a repository: a row for each outage, a row for each instant, and all of it as data. What they add
 * up to is in the other files and in the charts; that they have not changed is in their hashes, which are kept.
 */
const unkept: readonly string[] = ['reconnects.csv', 'timeline.csv', 'result.json', 'report.html'];

/** What a recorded answer took to compute, where `npm run bench` has measured it: differs from run to run, and is compared with nothing. */
const cost = 'cost.md';

/** Files of a recorded answer, by path below `reports/<name>/`. No manifest: it differs from run to run. */
export async function recordedFiles(
  scenarioFile: string,
  jobs: number,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const comparison = await simulate(readScenarioFile(scenarioFile), { jobs, signal });
  const files = new Map<string, string>();
  let hashes = '';
  for (const { path, pieces } of reportFiles(comparison)) {
    if (!unkept.includes(path)) {
      files.set(path, [...pieces].join(''));
      continue;
    }
    const hash = createHash('sha256');
    for (const piece of pieces) hash.update(piece);
    hashes += `${hash.digest('hex')}  ${path}\n`;
  }
  // As `sha256sum --check` reads it.
  return files.set('unkept.sha256', hashes);
}

/** Paths whose text is another, or that are only on one side, in order. */
export function differing(files: ReadonlyMap<string, string>, directory: string): string[] {
  const there = readTexts(directory);
  const paths = [...new Set([...files.keys(), ...there.keys()])].filter((path) => path !== cost);
  return paths.filter((path) => files.get(path) !== there.get(path)).sort();
}

/** @param check compare with what is there instead of writing. */
export async function reports(names: readonly string[], check: boolean, io: Io): Promise<number> {
  const chosen = names.length > 0 ? names : scenarioNames();
  let code: number = ExitCode.Ok;
  for (const name of chosen) {
    const files = await recordedFiles(join('scenarios', `${name}.yaml`), availableParallelism(), io.signal);
    const directory = join('reports', name);
    const changed = differing(files, directory);
    io.out(`${name}: ${changed.length === 0 ? 'unchanged' : changed.join(', ')}\n`);
    if (changed.length === 0) continue;
    if (check) code = ExitCode.BaselineDiffers;
    else {
      const measured = readTexts(directory).get(cost);
      if (measured !== undefined) files.set(cost, measured);
      await writeFiles(
        Array.from(files, ([path, text]) => ({ path, pieces: [text] })),
        directory,
        io.signal,
      );
    }
  }
  if (names.length > 0) return code;
  const pages = readTexts('docs');
  for (const { path, text } of [...referencePages(), ...answeredPages(pages)]) {
    const file = join('docs', path);
    const same = pages.get(path) === text;
    if (!same) io.out(`${file}: changed\n`);
    if (same) continue;
    if (check) code = ExitCode.BaselineDiffers;
    else writeText(file, text);
  }
  return code;
}

/** Pages of docs/ that show recorded answers, with those that lie in reports/ now. */
export function answeredPages(pages: ReadonlyMap<string, string>): { readonly path: string; readonly text: string }[] {
  const summaryOf = (scenario: string): string => readFileSync(join('reports', scenario, 'summary.md'), 'utf8');
  return [...pages]
    .filter(([path, text]) => path.endsWith('.md') && answersOf(text).length > 0)
    .map(([path, text]) => ({
      path,
      text: withAnswers(text, `${'../'.repeat(path.split('/').length)}reports`, summaryOf),
    }));
}

/** Scenarios that a recorded answer belongs to, in order. */
export function scenarioNames(): string[] {
  return readdirSync('scenarios')
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -5))
    .sort();
}

/** Texts below a directory, by path. */
export function readTexts(directory: string): Map<string, string> {
  try {
    const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const below = (path: string): string => path.slice(join(directory, '/').length).replaceAll('\\', '/');
    return new Map(paths.map((path) => [below(path), readFileSync(path, 'utf8')]));
  } catch {
    return new Map(); // there is no such report yet
  }
}
