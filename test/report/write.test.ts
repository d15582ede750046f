import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  lstatSync,
  writeFileSync,
} from 'node:fs';
import type * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reportFiles, type ReportFile } from '../../src/report/files.ts';
import { manifestOf } from '../../src/report/manifest.ts';
import { checkOutput, OutputError, writeFiles, writeReport } from '../../src/report/write.ts';
import { aComparison, loadBalancer } from '../support/comparison.ts';

const disk = vi.hoisted(() => ({ room: Infinity, failRenameTo: '' }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const failure = (code: string, words: string, call: string): Error =>
    Object.assign(new Error(`${code}: ${words}, ${call}`), { code, syscall: call });
  return {
    ...real,
    writeFileSync: (...[path, content]: Parameters<typeof fs.writeFileSync>) => {
      disk.room -= 1;
      if (disk.room < 0) throw failure('ENOSPC', 'no space left on device', 'write');
      real.writeFileSync(path, content);
    },
    renameSync: (from: string, to: string) => {
      if (disk.failRenameTo !== '' && to.endsWith(disk.failRenameTo) && from.endsWith('new')) {
        throw failure('EACCES', 'permission denied', `rename '${from}' -> '${to}'`);
      }
      real.renameSync(from, to);
    },
  };
});

const comparison = aComparison({ modes: [loadBalancer], agents: 30, replications: 2, minutes: 21 });
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fleetfall-report-'));
});
afterEach(() => {
  disk.room = Infinity;
  disk.failRenameTo = '';
  rmSync(directory, { recursive: true, force: true });
});

function listed(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
}

async function errorOf(action: Promise<void>): Promise<OutputError> {
  try {
    await action;
  } catch (error) {
    if (error instanceof OutputError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('a report is all its files and nothing else; parents are made', async () => {
  const out = join(directory, 'a', 'b');

  await writeReport(comparison, out, null);

  const files = new Map(Array.from(reportFiles(comparison), ({ path, pieces }) => [path, [...pieces].join('')]));
  expect(listed(out)).toEqual([...files.keys(), 'charts'].sort());
  for (const [path, content] of files) expect(readFileSync(join(out, path), 'utf8')).toBe(content);
  expect(listed(join(directory, 'a'))).toEqual(['b', ...listed(out).map((path) => join('b', path))].sort());
});

test('the manifest is the only file that differs between two runs', async () => {
  const out = join(directory, 'out');
  await writeReport(comparison, out, { ...manifestOf(comparison, ['run', 'a.yaml']), writtenAt: 'then' });
  const before = new Map(
    listed(out)
      .filter((path) => path !== 'charts')
      .map((path) => [path, readFileSync(join(out, path), 'utf8')]),
  );

  await writeReport(comparison, out, manifestOf(comparison, ['run', 'a.yaml']));

  const changed = [...before].filter(([path, content]) => readFileSync(join(out, path), 'utf8') !== content);
  expect(changed.map(([path]) => path)).toEqual(['manifest.json']);
  expect(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))).toMatchObject({
    argv: ['run', 'a.yaml'],
    node: process.version,
  });
});

test('a report without a manifest leaves none of an older one behind', async () => {
  const out = join(directory, 'out');
  await writeReport(comparison, out, manifestOf(comparison, []));

  await writeReport(comparison, out, null);

  expect(existsSync(join(out, 'manifest.json'))).toBe(false);
});

test('a full disk leaves the old report as it was, and nothing half-written', async () => {
  const out = join(directory, 'out');
  mkdirSync(out);
  writeFileSync(join(out, 'summary.json'), 'old');
  disk.room = 3;

  const error = await errorOf(writeReport(comparison, out, null));

  expect(error).toMatchObject({ path: out, reason: 'no space left on device (ENOSPC)' });
  expect(listed(directory)).toEqual(['out', join('out', 'summary.json')]);
  expect(readFileSync(join(out, 'summary.json'), 'utf8')).toBe('old');
});

test('a failure leaves no new directories behind', async () => {
  disk.room = 3;

  await errorOf(writeReport(comparison, join(directory, 'a', 'b', 'c'), null));

  expect(listed(directory)).toEqual([]);
});

test('an old report comes back when the new one cannot take its place', async () => {
  const out = join(directory, 'out');
  mkdirSync(out);
  writeFileSync(join(out, 'summary.md'), 'old');
  disk.failRenameTo = 'out';

  expect((await errorOf(writeReport(comparison, out, null))).reason).toBe('permission denied (EACCES)');
  expect(listed(directory)).toEqual(['out', join('out', 'summary.md')]);
});

test('a directory with anything else in it is not replaced', async () => {
  const out = join(directory, 'out');
  mkdirSync(out);
  writeFileSync(join(out, 'thesis\u001b.tex'), 'years of work');

  expect((await errorOf(writeReport(comparison, out, null))).message).toBe(
    `cannot write the report to ${out}: it holds thesis␛.tex, which is no part of a report and would be lost. Choose another directory`,
  );
  expect(listed(out)).toEqual(['thesis\u001b.tex']);
});

test('nor is one with a picture of somebody else among its own', async () => {
  const out = join(directory, 'out');
  await writeReport(comparison, out, null);
  writeFileSync(join(out, 'charts', 'mine.png'), '');

  expect((await errorOf(writeReport(comparison, out, null))).reason).toContain('it holds charts/mine.png');
});

test('a file in the way, and a place that takes no directories, are named with the reason', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');

  expect((await errorOf(writeReport(comparison, file, null))).reason).toBe('it is a file, not a directory');
  expect((await errorOf(writeReport(comparison, join(file, 'below'), null))).reason).toBe('not a directory (ENOTDIR)');
  // Node's own recursive mkdir would never return from there.
  expect((await errorOf(writeReport(comparison, '/proc/nowhere/out', null))).reason).toMatch(/\(ENOENT\)$/);
});

test('what would go wrong at the end is known before anything is simulated, and nothing is written to know it', () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');
  mkdirSync(join(directory, 'full'));
  writeFileSync(join(directory, 'full', 'thesis.tex'), '');

  expect(() => checkOutput(file)).toThrow('it is a file, not a directory');
  expect(() => checkOutput(join(file, 'below'))).toThrow('not a directory (ENOTDIR)');
  expect(() => checkOutput(join(directory, 'full'))).toThrow('it holds thesis.tex');
  checkOutput(join(directory, 'a', 'b'));
  expect(listed(directory)).toEqual(['file', 'full', join('full', 'thesis.tex')]);
});

test('an interrupt in the middle leaves the old report and nothing else', async () => {
  const out = join(directory, 'out');
  mkdirSync(out);
  writeFileSync(join(out, 'summary.md'), 'old');
  const interrupt = new AbortController();
  function* files(): Generator<ReportFile> {
    yield { path: 'summary.md', pieces: ['new'] };
    interrupt.abort(new Error('interrupted'));
    yield { path: 'modes.csv', pieces: ['a,b\n', '1,2\n'] };
  }

  await expect(writeFiles(files(), out, interrupt.signal)).rejects.toThrow('interrupted');

  expect(listed(directory)).toEqual(['out', join('out', 'summary.md')]);
  expect(readFileSync(join(out, 'summary.md'), 'utf8')).toBe('old');
});

test('a failure takes no directory away that another run has put its report into', async () => {
  const mine = join(directory, 'out', 'mine');
  function* files(): Generator<ReportFile> {
    yield { path: 'summary.md', pieces: ['new'] };
    mkdirSync(join(directory, 'out', 'theirs'));
    disk.room = 0;
    yield { path: 'modes.csv', pieces: ['a,b\n'] };
  }

  await errorOf(writeFiles(files(), mine));

  expect(listed(directory)).toEqual(['out', join('out', 'theirs')]);
});

test('a mistake of ours is not told as one of the disk', async () => {
  const files = [{ path: 'summary.md', pieces: { [Symbol.iterator]: () => assertNever() } }];

  await expect(writeFiles(files, join(directory, 'out'))).rejects.toThrow('a chart is wrong');

  expect(listed(directory)).toEqual([]);
});

function assertNever(): Iterator<string> {
  throw new Error('a chart is wrong');
}

test('a link to a report stays a link', async () => {
  const real = join(directory, 'real');
  mkdirSync(real);
  symlinkSync(real, join(directory, 'latest'));

  await writeReport(comparison, join(directory, 'latest'), null);

  expect(lstatSync(join(directory, 'latest')).isSymbolicLink()).toBe(true);
  expect(existsSync(join(real, 'summary.json'))).toBe(true);
});
