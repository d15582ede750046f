// fleetfall run --watch: runs again when a scenario or a configuration it has read changes, and says what moved.
import { changeOf, checkComparable, NotComparableError } from '../metrics/change.ts';
import type { Comparison } from '../metrics/comparison.ts';
import { changeText } from '../report/changeText.ts';
import { printable } from '../report/escape.ts';
import { fileChanges, namesIn, stampOf } from './changes.ts';
import { UsageError, type Io } from './io.ts';
import { run, type RunFlags } from './run.ts';

/** Goes on until it is interrupted. A file that needs mending is told, and waited for; the answer before it is kept to compare with. */
export async function watch(paths: readonly string[], flags: RunFlags, io: Io): Promise<number> {
  if (paths.length === 0) throw new UsageError('--watch takes a scenario file. `fleetfall init` writes one.');
  if (flags.json || (flags.format ?? 'text') !== 'text' || flags.quiet) {
    throw new UsageError('--watch tells what moved as text: leave out --json, --format and --quiet.');
  }
  const changes = io.changes ?? fileChanges;
  const before = new Map<string, Comparison>();
  for (;;) {
    const files = new Map<string, string>();
    const folders = new Map<string, string>();
    const answers: Comparison[] = [];
    await run(paths, flags, io, {
      seen: (path, what) => {
        if (what === 'file' && !files.has(path)) files.set(path, stampOf(path));
        if (what === 'folder' && !folders.has(path)) folders.set(path, namesIn(path));
      },
      answered: (comparison) => answers.push(comparison),
    });
    io.signal.throwIfAborted();
    for (const answer of answers) {
      const { name } = answer.scenario;
      const last = before.get(name);
      if (last !== undefined) io.out(`\n${moved(last, answer, io)}`);
      before.set(name, answer);
    }
    io.err(`Watching ${files.size} ${files.size === 1 ? 'file' : 'files'}. Ctrl-C ends.\n`);
    const changed = await changes({ files, folders }, io.signal);
    const said = io.nameless ? `${changed.length} of them` : changed.map(printable).join(', ');
    io.err(`Changed: ${said}\n`);
  }
}

function moved(before: Comparison, after: Comparison, io: Io): string {
  try {
    checkComparable(before, after);
  } catch (error) {
    if (!(error instanceof NotComparableError)) throw error;
    return io.nameless ? 'It cannot be compared with the run before.\n' : `${error.message}\n`;
  }
  return changeText(changeOf(before, after), { colour: io.colour, width: io.columns });
}
