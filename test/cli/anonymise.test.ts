// `--anonymise`: no name and no address that is a user's leaves any command in any format, and no number moves.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTexts } from '../../src/cli/reports.ts';
import { cli, type CliResult } from '../support/cli.ts';

/** Every name holds one of these; addresses are all below 10.77. */
const secret = /z[qx]x[a-z0-9]*|zqx|10\.77\.\d+|\b0a4d[0-9a-f]{4}\b/gi;

const nginx = `
stream {
  map $remote_addr $zqxvariable { default $remote_addr; }
  upstream zqxupstream {
    hash zqxprefix$zqxvariable consistent;
    server 10.77.0.4:1514;
    server zqxhost.example.corp:1514;
  }
  upstream zqxregistration { server 10.77.0.4:1515; }
  server { listen 1514; proxy_pass zqxupstream; }
  server { listen 1515; proxy_pass zqxregistration; proxy_bind 10.77.9.9; }
}
`;

const haproxy = `
defaults zqxdefaults
  mode tcp
  timeout connect 3s
  timeout client 60s
  timeout server 60s
frontend zqxfront
  bind :1514
  default_backend zqxback
backend zqxback
  balance source
  hash-type consistent
  server zqxserver1 10.77.0.4:1514 check
  server zqxserver2 10.77.0.5:1514 check
`;

const ossec = `<ossec_config><client>
  <server><address>10.77.0.4</address></server>
  <server><address>zqxhost.example.corp</address></server>
  <config-profile>zqxprofile</config-profile>
</client></ossec_config>
`;

const scenario = `
fleetfall: 1
title: zqxtitle of the "Zqxcompany"
seed: zqxseed
replications: 2
duration: 7m
assume:
  - { directive: proxy_bind, because: zqxbecause our friend <zqx@zqxmail> said so }
cluster:
  version: 4.14.7
  nodes:
    zqxmaster: { address: 10.77.0.4, role: master }
    zqx.node-two: { address: 10.77.0.5, names: [zqxhost.example.corp] }
fleet:
  zqxgroup: { count: 30, addresses: 10.77.64.0/24, events: { rate: 1/s } }
  zqxnat: { count: 10, nat: [10.77.3.1, 10.77.3.2], events: { rate: 1/s } }
modes:
  zqxmode: { nginx: zqxnginx.conf }
  zqxsecond: { haproxy: zqxhaproxy.cfg, description: zqxdescribed }
  failover: { ossec: zqxossec.conf }
faults:
  - { at: 2m, kill: zqx.node-two, for: 3m }
expect:
  - zqxmode.loss.share{group=zqxgroup} < 0.0001%
  - zqxsecond.events.produced < 10
  - zqxmode.events.lost <= 2 × failover.events.lost
`;

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-anonymise-'));
  mkdirSync(join(folder, 'in'));
  file = join(folder, 'in', 'zqxscenario.yaml');
  writeFileSync(file, scenario);
  writeFileSync(join(folder, 'in', 'zqxnginx.conf'), nginx);
  writeFileSync(join(folder, 'in', 'zqxhaproxy.cfg'), haproxy);
  writeFileSync(join(folder, 'in', 'zqxossec.conf'), ossec);
  writeFileSync(join(folder, 'in', 'clients.txt'), '10.77.64.9\n10.77.64.10\n10.77.64.9\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is told in spite of it, with a little of what stands around it. */
function leaks(texts: Iterable<readonly [string, string]>): string[] {
  return [...texts].flatMap(([where, text]) =>
    Array.from(
      text.matchAll(secret),
      (match) => `${where}: ${text.slice(Math.max(0, match.index - 40), match.index + 40)}`,
    ),
  );
}

const printed = (result: CliResult): [string, string][] => [
  ['stdout', result.out],
  ['stderr', result.err],
];

const into = (name: string): string => join(folder, name);

test('a run and all its files name nobody, whatever is chosen freely', async () => {
  const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: into('step.md') };
  const result = await cli(
    ['run', file, '--anonymise', '--details', '--jobs', '1', '--out', into('out'), '--junit', into('junit.xml')],
    '',
    env,
  );
  expect(result.code, result.err).toBe(99);
  expect(leaks(printed(result))).toEqual([]);
  expect(leaks(readTexts(into('out')))).toEqual([]);
  expect(
    leaks([
      ['junit', readFileSync(into('junit.xml'), 'utf8')],
      ['step', readFileSync(into('step.md'), 'utf8')],
    ]),
  ).toEqual([]);
  expect(result.out).toContain('mode-1');
  expect(result.out).toContain('failover');
});

test('numbers are those of the run with its names', async () => {
  await cli(['run', file, '--quiet', '--jobs', '1', '--out', into('named')]);
  const columns = (path: string): string[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .map((line) =>
        line
          .split(',')
          .filter((cell) => /^-?[\d.]+$/.test(cell))
          .join(','),
      );
  for (const table of ['modes.csv', 'nodes.csv', 'timeline.csv', 'losses.csv', 'reconnects.csv']) {
    expect(columns(join(into('out'), table)), table).toEqual(columns(join(into('named'), table)));
  }
});

test.each(['text', 'md', 'html', 'json', 'junit'])(
  'a stored result is told as %s without its names',
  async (format) => {
    const result = await cli(['report', into('named'), '--anonymise', '--format', format]);
    expect(result.code, result.err).toBe(0);
    expect(leaks(printed(result))).toEqual([]);
  },
);

test('all files of a stored result are written again without its names', async () => {
  const result = await cli(['report', into('named'), '--anonymise', '--quiet', '--out', into('again')]);
  expect(result.code, result.err).toBe(0);
  expect(leaks(readTexts(into('again')))).toEqual([]);
  expect(result.err).toBe('');
});

test('what moves is told without names, of a scenario and of stored results', async () => {
  const argvs = [
    [file, into('named'), '--set-a', 'faults[0].for=1m', '--jobs', '1'],
    [into('named'), into('named'), '--format', 'md'],
    [into('named'), into('named'), '--json'],
  ];
  for (const argv of argvs) {
    const result = await cli(['compare', ...argv, '--anonymise']);
    expect(result.code, result.err).toBe(0);
    expect(leaks(printed(result)), argv.join(' ')).toEqual([]);
    expect(result.out).toContain('mode-1');
  }
});

test.each([[[]], [['--json']]])('what is checked is told without names %j', async (more) => {
  const result = await cli(['validate', file, '--anonymise', ...more]);
  expect(result.code, result.err).toBe(0);
  expect(leaks(printed(result))).toEqual([]);
  expect(result.out).toContain(
    more.length > 0 ? '"rule"' : 'scenario.yaml: ok: 3 modes (mode-1, mode-2, failover), 40 agents',
  );
});

test.each([
  ['a scenario’s fleet', (): string[] => [file, '--mode', 'zqxmode']],
  [
    'a scenario’s fleet, with a change',
    (): string[] => [file, '--mode', 'zqxsecond', '--remove', 'zqx.node-two', '--json'],
  ],
  [
    'addresses at an nginx.conf',
    (): string[] => ['--nginx', join(folder, 'in', 'zqxnginx.conf'), join(folder, 'in', 'clients.txt')],
  ],
  [
    'addresses at a haproxy.cfg',
    (): string[] => [
      '--haproxy',
      join(folder, 'in', 'zqxhaproxy.cfg'),
      '--down',
      'zqxserver1',
      join(folder, 'in', 'clients.txt'),
    ],
  ],
])('%s is assigned without names', async (_, argv) => {
  const result = await cli(['assign', ...argv(), '--anonymise']);
  expect(result.code, result.err).toBe(0);
  expect(leaks(printed(result))).toEqual([]);
});

test('one address has one replacement, another another', async () => {
  const argv = ['assign', '--haproxy', join(folder, 'in', 'zqxhaproxy.cfg'), join(folder, 'in', 'clients.txt')];
  const lines = (await cli([...argv, '--anonymise'])).out.trim().split('\n').slice(1);
  const clients = lines.map((line) => line.split(',')[0]!);
  expect(clients[0]).toMatch(/^198\.1[89]\.\d+\.\d+$/);
  expect(clients[2]).toBe(clients[0]);
  expect(clients[1]).not.toBe(clients[0]);
});

test.each([
  ['an agent', (): string[] => [file, '--mode', 'zqxmode', '--agent', 'zqxgroup/7']],
  ['an agent, for machines', (): string[] => [file, '--mode', 'zqxsecond', '--agent', 'zqxnat/2', '--json']],
  [
    'an address at a configuration',
    (): string[] => ['--nginx', join(folder, 'in', 'zqxnginx.conf'), '--address', '10.77.64.9'],
  ],
])('%s is explained without names, keys and hashes', async (_, argv) => {
  const result = await cli(['explain', ...argv(), '--anonymise', '--svg', into('ring.svg')]);
  expect(result.code, result.err).toBe(0);
  expect(leaks(printed({ ...result, err: '' }))).toEqual([]);
  expect(leaks([['svg', readFileSync(into('ring.svg'), 'utf8')]])).toEqual([]);
});

test('a difference from a baseline names nobody', async () => {
  const argv = [file, '--dir', into('base'), '--jobs', '1'];
  await cli(['baseline', 'save', ...argv, '--quiet']);
  const text = readFileSync(file, 'utf8');
  const check = (...more: string[]): Promise<CliResult> => cli(['baseline', 'check', ...argv, '--anonymise', ...more]);
  expect(leaks(printed(await check()))).toEqual([]);
  writeFileSync(file, text.replace('kill: zqx.node-two, for: 3m', 'kill: zqx.node-two, for: 2m'));
  for (const more of [[], ['--json']]) {
    const result = await check(...more);
    expect(result.code).not.toBe(0);
    expect(leaks(printed(result))).toEqual([]);
  }
  writeFileSync(file, text);
});

test('mistakes are told by their place alone', async () => {
  const wrong = into('in/zqxwrong.yaml');
  writeFileSync(wrong, scenario.replace('kill: zqx.node-two', 'kill: zqxnobody'));
  for (const command of [
    ['run'],
    ['validate'],
    ['validate', '--json'],
    ['compare', '--set', 'seed=2'],
    ['baseline', 'check'],
  ]) {
    const result = await cli([...command, wrong, '--anonymise']);
    expect(result.code, command.join(' ')).toBe(2);
    expect(leaks(printed(result)), command.join(' ')).toEqual([]);
    expect(result.out + result.err).toMatch(/\b2\d:\d+|"line": 2\d/);
  }
});
