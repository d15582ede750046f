// Names as somebody hostile would choose them, wherever a user may choose one, through every command and every format: from the file on.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nastyName } from '../support/comparison.ts';
import { cli, type CliResult } from '../support/cli.ts';

const rtl = '\u202e';
const csi = '\u009b'; // what an ESC [ is in one character
const title = `${nastyName}${rtl}${csi}2J ]]>`;
const fileName = `=h<script>\u001b[31m${rtl}${csi}.yaml`;
const confName = `=cmd <script>${rtl}.conf`;
const upstream = `u<script>${rtl}`;
/** A character of an inventory's id that a spreadsheet would take for a formula. */
const agentId = `=cmd()<script>${rtl}`;

/** What no output holds as it is: controls but the line feed, and marks that change the direction. */
const acted = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/;

let folder: string;
let scenario: string;
let report: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-hostile-'));
  scenario = join(folder, fileName);
  report = join(folder, 'report');
  writeFileSync(
    join(folder, 'agents.csv'),
    `id,name,ip,version\n${Array.from({ length: 12 }, (_, at) => `${at === 0 ? `"${agentId}"` : at},"<b>${at}",192.0.2.${at + 1},4.14.7`).join('\n')}\n`,
  );
  writeFileSync(
    join(folder, confName),
    `events {}\nstream {
       upstream "${upstream}" { hash $remote_addr consistent; server 172.0.0.4:1514; server 172.0.0.5:1514; }
       server { listen 1514; proxy_pass "${upstream}"; } }\n`,
  );
  writeFileSync(
    scenario,
    `fleetfall: 1
title: ${JSON.stringify(title)}
seed: ${JSON.stringify(title)}
replications: 1
warmup: 1m
duration: 4m
cluster:
  version: 4.14.7
  nodes:
    m: { address: 172.0.0.3, role: master }
    w1: { address: 172.0.0.4, eventsPerSecond: 100 }
    w2: { address: 172.0.0.5, eventsPerSecond: 100 }
fleet:
  g: { inventory: agents.csv, events: { rate: 1/s } }
modes:
  list: { servers: [w1, w2] }
  hashed: { nginx: ${JSON.stringify(confName)} }
faults:
  - { at: 2m, kill: w1, for: 1m }
expect:
  - hashed.events.produced < 1
`,
  );
  const said = await cli(['run', scenario, '--out', report, '--jobs', '1']);
  // Otherwise nothing is proved below.
  expect(said.code, said.err).toBe(99);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function expectHarmless({ out, err }: Pick<CliResult, 'out' | 'err'>): void {
  expect(out).not.toMatch(acted);
  expect(err).not.toMatch(acted);
}

test.each(['text', 'json', 'md', 'junit'])('run --format %s prints names as text', async (format) => {
  const said = await cli(['run', scenario, '--out', report, '--format', format, '--details', '--jobs', '1'], '', {
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: join(folder, `job-${format}.md`),
  });

  expect(said.code).toBe(99);
  expectHarmless(said);
  expect(said.out).toContain(format === 'json' ? '\\u202e' : '202E');
  if (format === 'md' || format === 'junit') expect(said.out).not.toContain('<script');
  // The annotation is on stdout only where no document is.
  const [annotation] = (format === 'text' ? said.out : said.err).split('\n').filter((line) => /^::error /.test(line));
  expect(annotation).toContain('file=');
  expect(readFileSync(join(folder, `job-${format}.md`), 'utf8')).not.toMatch(new RegExp(`${acted.source}|<script`));
});

test('no file of a report holds what a terminal, a browser or a spreadsheet would act on', () => {
  const files = readdirSync(report, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(report, file)).isFile(),
  );
  expect(files.filter((file) => /\.(html|svg|csv|md|json)$/.test(file)).length).toBe(files.length);
  for (const file of files) {
    const text = readFileSync(join(report, file), 'utf8');
    // JSON.parse gives what is in result.json; nobody prints it.
    if (file !== 'result.json' && file !== 'report.html') expect(text, file).not.toMatch(acted);
    if (/\.(md|svg)$/.test(file)) expect(text, file).not.toContain('<script');
    if (file.endsWith('.csv')) expect(text, file).not.toMatch(/(^|,)"?[=@]/m);
  }
});

test.each(['text', 'json', 'md', 'junit', 'html'])('report --format %s prints names as text', async (format) => {
  const said = await cli(['report', report, '--format', format]);

  expect(said.code).toBe(0);
  if (format !== 'html') expectHarmless(said);
  else expect(said.out).not.toContain('<script>alert');
});

test.each(['text', 'json', 'md'])('compare --format %s prints names as text', async (format) => {
  const said = await cli([
    'compare',
    report,
    scenario,
    '--set-b',
    'faults[0].for=30s',
    '--format',
    format,
    '--jobs',
    '1',
  ]);

  expect(said).toMatchObject({ code: 0 });
  expectHarmless(said);
  if (format === 'md') expect(said.out).not.toContain('<script');
});

test('baselines, stories, assignments and checks name files, agents and upstreams as text', async () => {
  const dir = join(folder, 'baselines');
  const calls = [
    ['baseline', 'check', scenario, '--jobs', '1', '--dir', dir],
    ['baseline', 'save', scenario, '--jobs', '1', '--dir', dir],
    ['baseline', 'check', scenario, '--jobs', '1', '--dir', dir, '--json'],
    ['baseline', 'check', scenario, '--jobs', '1', '--dir', dir, '--set', 'faults[0].for=30s'],
    ['explain', scenario, '--mode', 'hashed', '--agent', agentId],
    ['explain', scenario, '--mode', 'hashed', '--agent', agentId, '--json'],
    ['assign', scenario, '--mode', 'hashed'],
    ['assign', scenario, '--mode', 'hashed', '--json'],
    ['validate', scenario],
    ['validate', scenario, '--json'],
  ];
  const codes: number[] = [];
  for (const call of calls) {
    const said = await cli(call);
    codes.push(said.code);
    expectHarmless(said);
    if (call[0] === 'assign' && call.length === 4) expect(said.out).not.toMatch(/^[=@]/m);
  }

  expect(codes).toEqual([2, 0, 0, 2, 0, 0, 0, 0, 0, 0]);
});

test('what needs mending is told with names as text', async () => {
  const missing = join(folder, `no\u001b[31m${rtl}.yaml`);
  const calls = [
    ['run', missing],
    ['run', scenario, '--mode', `x\u001b[31m${rtl}`],
    ['run', scenario, '--set', `modes.hashed.nginx=gone\u001b[31m${rtl}.conf`],
    ['run', scenario, `--${csi}x`],
    ['run', scenario, '--out', scenario],
    ['run', scenario, scenario],
    ['compare', report, missing],
    ['compare', report, report, '--seed', '2'],
    ['compare', join(folder, `gone${csi}.json`), report],
    ['report', missing],
    ['baseline', 'save', scenario, scenario],
    ['explain', scenario, '--mode', 'hashed', '--agent', `nobody\u001b[31m${rtl}`],
    ['init', '--nginx', join(folder, confName), '--out', scenario, '--agents', '3'],
  ];
  for (const call of calls) {
    const said = await cli(call);
    expect({ call, code: said.code }).toEqual({ call, code: 2 });
    expect(said.err.length).toBeGreaterThan(20);
    expectHarmless(said);
  }
});
