// Waiting for files to change.
import { readdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { watch } from 'chokidar';

/** What was looked at, and how it was at that moment. */
export interface Looked {
  /** `stampOf` by path. */
  readonly files: ReadonlyMap<string, string>;
  /** A file that comes into one of these, or goes, is a change. `namesIn` by path. */
  readonly folders: ReadonlyMap<string, string>;
}

/** @returns paths that have changed since they were looked at, once nothing has changed for a moment. Rejected when the signal fires. */
export type Changes = (looked: Looked, signal: AbortSignal) => Promise<readonly string[]>;

/** Ours: an editor writes several files, or one in several steps. */
const quietMs = 150;

/** What tells one state of a file from another. A file that is not there has one, too. */
export function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'none' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

/** Of the files in a folder; folders in it do not count: a report may be written there. */
export function namesIn(folder: string): string {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort()
      .join('/');
  } catch {
    return 'none';
  }
}

export const fileChanges: Changes = async ({ files, folders }, signal) => {
  signal.throwIfAborted();
  const wanted = new Map([...files.keys()].map((path) => [resolve(path), path]));
  const listed = new Set([...folders.keys()].map((path) => resolve(path)));
  // Folders, not files: an editor that writes a new file and renames it would take the watched one away.
  const watched = [...new Set([...listed, ...[...wanted.keys()].map((path) => dirname(path))])];
  const isOurs = (path: string): boolean => wanted.has(path) || listed.has(path) || listed.has(dirname(path));
  const watcher = watch(watched, {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => !watched.includes(resolve(path)) && !isOurs(resolve(path)),
  });
  const { promise, resolve: changed, reject } = Promise.withResolvers<readonly string[]>();
  const found = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const note = (path: string): void => {
    found.add(wanted.get(path) ?? path);
    clearTimeout(timer);
    timer = setTimeout(() => changed([...found]), quietMs);
  };
  const give = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', give, { once: true });
  watcher.on('all', (event, path) => {
    const full = resolve(path);
    if (wanted.has(full) || (listed.has(dirname(full)) && (event === 'add' || event === 'unlink'))) note(full);
  });
  // What has changed while nobody watched: during the run, and until the watcher was ready.
  watcher.on('ready', () => {
    for (const [path, stamp] of files) if (stampOf(path) !== stamp) note(resolve(path));
    for (const [path, names] of folders) if (namesIn(path) !== names) note(path);
  });
  watcher.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', give);
    await watcher.close();
  }
};
