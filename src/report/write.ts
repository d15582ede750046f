// A report on disk: all of it or none of it.
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Comparison } from '../metrics/comparison.ts';
import { printable } from './escape.ts';
import { reportFiles } from './files.ts';

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
  /^(summary\.(json|md)|report\.html|(modes|nodes|timeline|losses|reconnects)\.csv|manifest\.json|charts)$/;

/**
 * Writes the report beside `outDir` first and swaps it in when it is complete.
 * @param manifest what may differ between two runs (times, versions, arguments); `null`: no manifest.json.
 * @throws OutputError also when `outDir` holds anything that is not part of a report: it would be lost.
 */
export function writeReport(
  comparison: Comparison,
  outDir: string,
  manifest: Readonly<Record<string, unknown>> | null,
): void {
  const files = reportFiles(comparison);
  if (manifest !== null) files.set('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  writeDirectory(files, outDir);
}

/** Without a pause for others between the first and the last step, so that an interrupt cannot fall in between. */
function writeDirectory(files: ReadonlyMap<string, string>, outDir: string): void {
  let staging: string | null = null;
  let createdParent: string | undefined;
  try {
    const target = finalPlace(outDir);
    refuseForeign(target, outDir);
    createdParent = mkdirSync(dirname(target), { recursive: true });
    staging = mkdtempSync(join(dirname(target), `.${basename(target)}.writing-`));
    const fresh = join(staging, 'new');
    mkdirSync(fresh);
    for (const [path, content] of files) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true });
      writeFileSync(join(fresh, path), content);
    }
    swap(fresh, target, join(staging, 'old'));
  } catch (error) {
    if (staging !== null) rmSync(staging, { recursive: true, force: true });
    if (createdParent !== undefined) rmSync(createdParent, { recursive: true, force: true });
    throw error instanceof OutputError ? error : new OutputError(outDir, systemReason(error));
  }
  // The new report is in its place: an old one that cannot be removed is no reason to call the run failed.
  rmSync(staging, { recursive: true, force: true });
}

/** Through links, so that a link to a report stays a link. */
function finalPlace(outDir: string): string {
  return exists(outDir) ? realpathSync(outDir) : resolve(outDir);
}

function refuseForeign(target: string, outDir: string): void {
  if (!exists(target)) return;
  if (!statSync(target).isDirectory()) throw new OutputError(outDir, 'it is a file, not a directory');
  const foreign = readdirSync(target)
    .sort()
    .find((entry) => !ownEntries.test(entry));
  if (foreign !== undefined) {
    const what = printable(foreign);
    throw new OutputError(
      outDir,
      `it holds ${what}, which is no part of a report and would be lost. Choose another directory`,
    );
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

/** `no space left on device (ENOSPC)`: the system's words without the name of the call. */
function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const words = /^[A-Z0-9_]+: ([^,]+)/.exec(error.message)?.[1];
  return code !== undefined && words !== undefined ? `${words} (${code})` : error.message;
}
