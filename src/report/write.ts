// A report on disk: all of it or none of it.
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Comparison } from '../metrics/comparison.ts';
import { printable, printableJson } from './escape.ts';
import { reportFiles, type ReportFile } from './files.ts';

/** A report could not be written. What was there before is still there, and nothing half-written is left. */
export class OutputError extends Error {
  /** As the user named it. */
  readonly path: string;
  /** What the system or we have against it. */
  readonly reason: string;

  constructor(path: string, reason: string) {
    super(`cannot write the report to ${printable(path)}: ${reason}`);
    this.name = 'OutputError';
    this.path = path;
    this.reason = reason;
  }
}

/** What may lie in a directory that a new report replaces. */
const ownEntries =
  /^(summary\.(json|md)|runbook\.md|result\.json|report\.html|(modes|nodes|timeline|losses|reconnects|placement|observed)\.csv|manifest\.json|unkept\.sha256|cost\.md|charts([\\/][a-z-]+\.(vl\.json|svg))?)$/;

/**
 * Writes the report beside `outDir` first and swaps it in when it is complete.
 * @param manifest what may differ between two runs (times, versions, arguments); `null`: no manifest.json.
 * @param signal ends the writing between two pieces of it; the promise is rejected with the signal's reason.
 * @throws OutputError also when `outDir` holds anything that is not part of a report: it would be lost.
 */
export async function writeReport(
  comparison: Comparison,
  outDir: string,
  manifest: Readonly<Record<string, unknown>> | null,
  signal?: AbortSignal,
): Promise<void> {
  function* files(): Generator<ReportFile> {
    yield* reportFiles(comparison);
    if (manifest !== null)
      yield { path: 'manifest.json', pieces: [`${printableJson(JSON.stringify(manifest, null, 2))}\n`] };
  }
  await writeFiles(files(), outDir, signal);
}

/** As `writeReport`, for any choice of files. */
export async function writeFiles(files: Iterable<ReportFile>, outDir: string, signal?: AbortSignal): Promise<void> {
  const made: string[] = [];
  let staging: string | undefined;
  const discard = (): void => {
    if (staging !== undefined) rmSync(staging, { recursive: true, force: true });
    made.toReversed().forEach(removeEmpty);
  };
  // The process may be told to end at once while this waits.
  process.once('exit', discard);
  try {
    const target = checkedPlace(outDir);
    made.push(...makeDirectories(dirname(target)));
    staging = mkdtempSync(join(dirname(target), `.${basename(target)}.writing-`));
    const fresh = join(staging, 'new');
    mkdirSync(fresh);
    for (const { path, pieces } of files) await writeFile(join(fresh, path), pieces, signal);
    swap(fresh, target, join(staging, 'old'));
  } catch (error) {
    discard();
    throw asOutputError(error, outDir);
  } finally {
    process.removeListener('exit', discard);
  }
  try {
    rmSync(staging, { recursive: true, force: true });
  } catch {
    // The new report is in its place: an old one that cannot be removed is no reason to call the run failed.
  }
}

async function writeFile(path: string, pieces: Iterable<string>, signal: AbortSignal | undefined): Promise<void> {
  makeDirectories(dirname(path));
  const file = openSync(path, 'w');
  try {
    for (const piece of pieces) {
      writeFileSync(file, piece);
      await setImmediate();
      signal?.throwIfAborted();
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Finds out before anything is simulated whether a report could be written.
 * @throws OutputError as `writeReport` would.
 */
export function checkOutput(outDir: string): void {
  try {
    let above = dirname(checkedPlace(outDir));
    while (!exists(above)) above = dirname(above);
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw asOutputError(error, outDir);
  }
}

/**
 * Writes one file beside the place first and moves it there: what was there before is whole until the new one is.
 * @throws OutputError
 */
export function writeText(path: string, text: string): void {
  let staging: string | undefined;
  try {
    const target = exists(path) ? realpathSync(path) : resolve(path);
    makeDirectories(dirname(target));
    staging = mkdtempSync(join(dirname(target), `.${basename(target)}.writing-`));
    const fresh = join(staging, 'new');
    writeFileSync(fresh, text);
    renameSync(fresh, target);
  } catch (error) {
    throw asOutputError(error, path);
  } finally {
    if (staging !== undefined) rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * Finds out before anything is simulated whether a file could be written.
 * @throws OutputError as `writeText` would.
 */
export function checkFile(path: string): void {
  try {
    if (exists(path) && statSync(path).isDirectory()) throw new OutputError(path, 'it is a directory');
    let above = dirname(resolve(path));
    while (!exists(above)) above = dirname(above);
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw asOutputError(error, path);
  }
}

/** Through links, so that a link to a report stays a link; free, or a report that may be replaced. */
function checkedPlace(outDir: string): string {
  const target = exists(outDir) ? realpathSync(outDir) : resolve(outDir);
  if (!exists(target)) return target;
  if (!statSync(target).isDirectory()) throw new OutputError(outDir, 'it is a file, not a directory');
  const foreign = readdirSync(target, { recursive: true, encoding: 'utf8' })
    .sort()
    .find((entry) => !ownEntries.test(entry));
  if (foreign !== undefined) {
    const what = printable(foreign);
    throw new OutputError(
      outDir,
      `it holds ${what}, which is no part of a report and would be lost. Choose another directory`,
    );
  }
  return target;
}

/**
 * Node's own recursive mkdir never returns where the system has no room for directories, as below /proc (seen with Node 24.21).
 * @returns the directories that were made, from the top.
 */
function makeDirectories(path: string): string[] {
  if (exists(path)) return [];
  const made = makeDirectories(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another run may have been faster.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return made;
    made.toReversed().forEach(removeEmpty);
    throw error;
  }
  return [...made, path];
}

/** Leaves what others have put something into meanwhile. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // not empty, or gone
  }
}

function swap(fresh: string, target: string, old: string): void {
  if (!exists(target)) {
    renameSync(fresh, target);
    return;
  }
  renameSync(target, old);
  try {
    renameSync(fresh, target);
  } catch (error) {
    renameSync(old, target);
    throw error;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** What the system refused, in its words without the name of the call: `no space left on device (ENOSPC)`; others as they are. */
function asOutputError(error: unknown, outDir: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const words = /^[A-Z0-9_]+: ([^,]+)/.exec(message)?.[1];
  return new OutputError(outDir, words === undefined ? message : `${words} (${code})`);
}
