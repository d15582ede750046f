// `fleetfall run --watch`: again when something changes, and what moved.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileChanges, namesIn, stampOf, type Changes, type Looked } from '../../src/cli/changes.ts';
import { main } from '../../src/cli/main.ts';

const scenario = `
fleetfall: 1
replications: 1
duration: 6m
cluster: { nodes: { worker01: { address: 10.9.0.1 }, worker02: { address: 10.9.0.2 } } }
fleet: { servers: { count: 12, events: { rate: 1/s } } }
modes: { failover: { ossec: ossec.conf } }
faults: [{ at: 2m, kill: worker01, for: 3m }]
`;

const ossec = (reconnect: number): string =>
  `<ossec_config><client><server><address>10.9.0.1</address></server><server><address>10.9.0.2</address></server>` +
  `<time-reconnect>${reconnect}</time-reconnect></client></ossec_config>\n`;

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-watch-'));
  file = join(folder, 'scenario.yaml');
  writeFileSync(file, scenario);
  writeFileSync(join(folder, 'ossec.conf'), ossec(60));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Plays somebody at an editor: each step is done when the watch waits; then comes Ctrl-C. */
async function watched(
  steps: readonly (() => string)[],
  argv: readonly string[] = [],
): Promise<{ readonly code: number; readonly looked: readonly Looked[]; readonly rounds: readonly string[] }> {
  const controller = new AbortController();
  const looked: Looked[] = [];
  const rounds: string[] = [''];
  let left = steps;
  const changes: Changes = (seen, signal) => {
    looked.push(seen);
    const [step, ...rest] = left;
    left = rest;
    if (step === undefined) controller.abort(new Error('interrupted'));
    signal.throwIfAborted();
    rounds.push('');
    return Promise.resolve([step!()]);
  };
  const say = (text: string): void => void rounds.push(`${rounds.pop() ?? ''}${text}`);
  const code = await main(['run', file, '--watch', '--jobs', '1', '--out', join(folder, 'out'), ...argv], {
    out: say,
    err: say,
    colour: false,
    live: false,
    columns: 100,
    readInput: () => Promise.resolve(''),
    env: {},
    questions: null,
    processors: 1,
    changes,
    signal: controller.signal,
  });
  return { code, looked, rounds };
}

test('a change of a configuration runs again and says what moved; a mistake is told and waited for; Ctrl-C ends with 130', async () => {
  const conf = join(folder, 'ossec.conf');
  const { code, looked, rounds } = await watched([
    () => {
      writeFileSync(conf, ossec(61).replace('</client>', '<notify_time>5</notify_time></client>'));
      return conf;
    },
    () => {
      writeFileSync(conf, '<ossec_config><client>');
      return conf;
    },
    () => {
      writeFileSync(conf, ossec(60));
      return conf;
    },
  ]);
  expect(code).toBe(130);
  const [first, moved, wrong, mended] = rounds;
  expect(looked.map(({ files }) => [...files.keys()].map((path) => basename(path)).sort())).toEqual(
    Array(4).fill(['ossec.conf', 'scenario.yaml']),
  );
  expect(first).not.toContain('notifyTimeSeconds');
  expect(first).toContain('Watching 2 files. Ctrl-C ends.');
  expect(moved).toMatch(/notifyTimeSeconds: 20 → 5/);
  expect(wrong).toContain('problem');
  expect(wrong).not.toContain('Report:');
  // Held against the last answer, not against the mistake.
  expect(mended).toMatch(/notifyTimeSeconds: 5 → 20/);
  expect(JSON.parse(readFileSync(join(folder, 'out', 'summary.json'), 'utf8'))).toMatchObject({
    format: 'fleetfall-summary/1',
  });
});

test('a scenario that is there only later is waited for', async () => {
  rmSync(file);
  const { code, rounds } = await watched([
    () => {
      writeFileSync(file, scenario);
      return file;
    },
  ]);
  expect(code).toBe(130);
  expect(rounds[0]).toContain('no such file');
  expect(rounds[1]).toContain('Report:');
});

test.each([['--json'], ['--quiet'], ['--format', 'md']])('%s is no way to watch', async (...argv) => {
  const { code, rounds } = await watched([], argv);
  expect(code).toBe(2);
  expect(rounds.join('')).toContain('--watch tells what moved as text');
});

test('what has changed before anybody watched is a change', async () => {
  const path = join(folder, 'changed.conf');
  const files = new Map([[path, stampOf(path)]]);
  writeFileSync(path, 'x');
  expect(await fileChanges({ files, folders: new Map() }, new AbortController().signal)).toEqual([path]);
});

test('a stranger beside a file that was read is no change', async () => {
  const path = join(folder, 'kept.conf');
  writeFileSync(path, 'x');
  const looked = { files: new Map([[path, stampOf(path)]]), folders: new Map<string, string>() };
  const controller = new AbortController();
  const waiting = fileChanges(looked, controller.signal);
  writeFileSync(join(folder, 'stranger.conf'), 'x');
  writeFileSync(path, 'xyz');
  expect(await waiting).toEqual([path]);
});

test('a file that comes into a folder whose list was read is a change, a folder in it is none', async () => {
  const into = mkdtempSync(join(folder, 'list-'));
  const looked = { files: new Map<string, string>(), folders: new Map([[into, namesIn(into)]]) };
  const controller = new AbortController();
  const waiting = fileChanges(looked, controller.signal);
  mkdirSync(join(into, 'out'));
  writeFileSync(join(into, 'new.conf'), 'x');
  expect((await waiting).map((path) => path.startsWith(into))).toContain(true);
  expect(namesIn(into)).toBe('new.conf');
});

test('an interrupt ends the waiting, and leaves nothing behind', async () => {
  const controller = new AbortController();
  const waiting = fileChanges({ files: new Map([[file, stampOf(file)]]), folders: new Map() }, controller.signal);
  controller.abort(new Error('interrupted'));
  await expect(waiting).rejects.toThrow('interrupted');
  expect(existsSync(file)).toBe(true);
});
