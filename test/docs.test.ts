// The documentation: its links lead somewhere, its commands run, its answers are the recorded ones.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { answeredPages, readTexts } from '../src/cli/reports.ts';
import { answersOf } from '../src/report/answers.ts';
import { cli } from './support/cli.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const docs = readTexts(join(root, 'docs'));
const pages = new Map([...docs].filter(([path]) => path.endsWith('.md')));
const out = mkdtempSync(join(tmpdir(), 'fleetfall-docs-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

test('the answers in the pages are the recorded ones (else: npm run reports)', () => {
  const answered = answeredPages(pages);

  expect(answered.length).toBeGreaterThanOrEqual(20);
  for (const { path, text } of answered) expect(pages.get(path), path).toBe(text);
});

test('every link leads to a file that is there', () => {
  const missing = [...pages].flatMap(([path, text]) =>
    [...text.matchAll(/\]\(([^):#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !existsSync(join(root, 'docs', dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );

  expect(missing).toEqual([]);
});

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

test('every link into a page leads to a heading of it', () => {
  const missing = [...pages].flatMap(([path, text]) =>
    [...text.matchAll(/\]\(([^):#\s]*)#([^)]+)\)/g)].flatMap(([link, target, anchor]) => {
      const other = target === '' ? path : join(dirname(path), target!);
      const headings = [...(pages.get(other) ?? '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));
      return headings.includes(anchor!) ? [] : [`${path}: ${link}`];
    }),
  );

  expect(missing).toEqual([]);
});

test('the index leads to every page', () => {
  const index = pages.get('README.md')!;
  const known = [...pages.keys()].filter((path) => path !== 'README.md' && !/^questions\/\d/.test(path));

  expect(known.length).toBeGreaterThan(10);
  expect(known.filter((path) => !index.includes(`(${path})`))).toEqual([]);
});

/** Commands of a page that name a shipped scenario: one a line of a block. */
function commandsOf(text: string): string[] {
  return [...text.matchAll(/```\w*\n([^]*?)```/g)]
    .flatMap(([, block]) => block!.split('\n'))
    .map((line) => line.replace(/^\$ /, '').replace(/^npm run -s fleetfall -- /, 'fleetfall '))
    .filter((line) => /^fleetfall \w/.test(line) && /scenarios\/[\w-]+\.yaml/.test(line));
}

/** Words of a shell line with plain quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => (single ?? double ?? plain)!,
  );
}

const commands = [...new Set([...pages].flatMap(([, text]) => commandsOf(text)))];

test('the pages show commands', () => {
  expect(commands.length).toBeGreaterThan(15);
});

/** The storm of 100,000 agents takes half a minute: in the normal run its scenario is read only. */
const long = process.env.FLEETFALL_LONG === '1';

/** `fleetfall run scenarios/x.yaml`, and nothing else: what test/reports.test.ts does with every scenario, and compares. */
const recorded = /^fleetfall run scenarios\/([\w-]+)\.yaml$/;

test('what is run as it is has a recorded answer, which is compared with a run of it', () => {
  const names = commands.flatMap((line) => recorded.exec(line)?.[1] ?? []);

  expect(names.length).toBeGreaterThan(5);
  for (const name of names) expect(existsSync(join(root, 'reports', name, 'unkept.sha256')), name).toBe(true);
});

test.each(commands.filter((line) => !recorded.test(line)))('%s', { timeout: 120_000 }, async (line) => {
  const [, command, ...words] = wordsOf(line);
  const files = words.map((word) => (word.startsWith('scenarios/') ? join(root, word) : word));
  const simulates = command === 'run' || command === 'compare' || command === 'baseline';
  const heavy = simulates && !long && line.includes('100k');
  const argv = heavy
    ? ['validate', ...files.filter((word) => word.endsWith('.yaml'))]
    : [
        command!,
        ...files.map((word, index) => (files[index - 1] === '--junit' ? join(out, word) : word)),
        ...(simulates ? ['--replications', '1'] : []),
        ...(command === 'run' ? ['--out', mkdtempSync(join(out, 'run-'))] : []),
        // A page remembers before it checks.
        ...(command === 'baseline' ? ['--dir', join(out, 'baselines')] : []),
      ];

  const { code, err } = await cli(argv);

  // One replication may leave an expectation undecided or unmet; what counts here is that the command is understood and answers.
  expect([0, 3, 99], err).toContain(code);
});

test('every recorded answer has a scenario that the README lists', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const scenarios = [...new Set([...pages.values()].flatMap(answersOf))];

  for (const name of scenarios) expect(readme, name).toContain(`scenarios/${name}.yaml`);
});
