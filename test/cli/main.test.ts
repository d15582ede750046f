// Exit codes and what is printed where.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function scenario(name: string, expect: readonly string[] = [], more = ''): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `fleetfall: 1
replications: 3
duration: 20m
cluster: { nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }
fleet: { servers: { count: 20, events: { rate: 1/s } } }
modes:
  failover: { servers: [worker01, worker02] }
  spread: { servers: [worker01, worker02], order: rotated }
faults: [{ at: 5m, kill: worker01, for: 5m }]
${more}expect: ${JSON.stringify(expect)}
`,
  );
  return file;
}

test('a run that meets its expectations exits 0 and leaves a report', async () => {
  const out = join(folder, 'pass');
  const {
    code,
    out: printed,
    err,
  } = await cli(['run', scenario('pass', ['failover.reconnect.p50 >= 50s']), '--out', out, '--jobs', '1']);

  expect(err).toContain('Report: ');
  expect(code).toBe(0);
  expect(printed).toContain('worker01 is killed at 5 min for 5 min');
  expect(readdirSync(out).sort()).toEqual([
    'charts',
    'losses.csv',
    'manifest.json',
    'modes.csv',
    'nodes.csv',
    'reconnects.csv',
    'report.html',
    'result.json',
    'runbook.md',
    'summary.json',
    'summary.md',
    'timeline.csv',
  ]);
});

test('a breach exits 99, an unclear answer 3 or as told, a vacuous one 0 unless strict', async () => {
  const run = async (name: string, expectation: string, ...flags: string[]): Promise<number> =>
    (await cli(['run', scenario(name, [expectation]), '--out', join(folder, name), '--jobs', '1', '--quiet', ...flags]))
      .code;

  expect(await run('breach', 'failover.reconnect.p50 < 10s')).toBe(99);
  // The mean of what Poisson arrivals produce: 20 agents, 1/s, 1,200 s.
  const unclear = 'failover.events.produced < 24000';
  expect(await run('unclear', unclear)).toBe(3);
  expect(await run('unclear-pass', unclear, '--inconclusive', 'pass')).toBe(0);
  expect(await run('unclear-fail', unclear, '--inconclusive', 'fail')).toBe(99);
  const vacuous = 'failover.reconnect.p50{node=worker02} < 10s';
  expect(await run('vacuous', vacuous)).toBe(0);
  expect(await run('strict', vacuous, '--strict')).toBe(99);
});

test('more replications are run while the answer is unclear', async () => {
  // True in the mean by a hair: 3 replications cannot tell.
  const file = scenario('more', ['failover.events.produced < 24040']);
  const { code, err, out } = await cli([
    ...['run', file, '--inconclusive', 'more', '--json'],
    ...['--mode', 'failover', '--out', join(folder, 'more'), '--jobs', '1'],
  ]);

  const { replications, outcome } = JSON.parse(out) as { replications: number; outcome: string };
  expect(err).toContain('Inconclusive: 6 replications.');
  expect([6, 12, 24]).toContain(replications);
  expect(code).toBe(outcome === 'pass' ? 0 : 3);
});

test('over several scenarios the worst code counts, and every report is written', async () => {
  const files = [
    scenario('all-well', ['failover.reconnect.p50 >= 50s']),
    scenario('breached', ['failover.reconnect.p50 < 10s']),
    scenario('open', ['failover.events.produced < 24000']),
  ];
  const out = join(folder, 'several');

  const { code, out: printed } = await cli(['run', ...files, '--json', '--quiet', '--out', out, '--jobs', '1']);

  expect(code).toBe(99);
  expect((JSON.parse(printed) as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual([
    'pass',
    'breached',
    'inconclusive',
  ]);
  expect(readdirSync(out).sort()).toEqual(['all-well', 'breached', 'open']);
  expect((await cli(['run', files[0]!, files[2]!, '--quiet', '--out', out, '--jobs', '1'])).code).toBe(3);
  expect((await cli(['run', ...files, join(folder, 'missing.yaml'), '--quiet', '--out', out])).code).toBe(2);
});

test('one JSON document on stdout, nothing else with --quiet; threads change nothing', async () => {
  const file = scenario('json');
  const one = await cli(['run', file, '--json', '--quiet', '--out', join(folder, 'j1'), '--jobs', '1']);
  const two = await cli(['run', file, '--json', '--quiet', '--out', join(folder, 'j2'), '--jobs', '2']);

  expect(one.err).toBe('');
  expect(one.out).toBe(two.out);
  expect((JSON.parse(one.out) as { engine: string }).engine).toBe('0.1.0');
  for (const name of ['summary.md', 'modes.csv', 'reconnects.csv', 'timeline.csv', 'charts/events.svg']) {
    expect(readFileSync(join(folder, 'j1', name), 'utf8')).toBe(readFileSync(join(folder, 'j2', name), 'utf8'));
  }
});

test('how a command is called wrongly exits 2 and says what to do', async () => {
  const calls: [string[], string][] = [
    [[], 'Usage: fleetfall'],
    [['sweep', 'x'], '"sweep" is not there yet'],
    [['runn'], "unknown command 'runn'"],
    [['run'], 'give it a scenario file'],
    [['run', 'x.yaml', '--agents', '5'], '--agents is for a run without a scenario file.'],
    [['run', 'x.yaml', '--power-off', 'worker01'], '--power-off is for a run without a scenario file.'],
    [['run', 'x.yaml', '--rate', '5/s'], '--rate is for a run without a scenario file.'],
    [['run', '--nginx', 'scenarios/configs/nginx.conf'], '--agents: say how many agents there are'],
    [['run', scenario('same'), scenario('same')], 'two scenarios are called same'],
    [['run', scenario('fmt'), '--format', 'pdf'], 'Allowed choices are text, json, md'],
    [['run', scenario('zero'), '--replications', '0'], 'Expected a whole number from 1'],
    [['run', scenario('mode'), '--mode', 'failovr'], 'Did you mean failover?'],
    [['assign'], 'give it the configuration'],
  ];
  for (const [argv, text] of calls) {
    const { code, out, err } = await cli(argv);
    expect(`${argv.join(' ')}: ${code}`).toBe(`${argv.join(' ')}: 2`);
    expect(out).toBe('');
    expect(err).toContain(text);
  }
});

test('every command explains itself on stdout, in the width of the terminal, and exits 0', async () => {
  const commands = ['run', 'validate', 'assign', 'schema'];
  const main = await cli(['--help']);
  expect(main.code).toBe(0);
  for (const command of commands) {
    const asked = await cli([command, '--help']);
    const answered = await cli(['help', command]);

    expect(main.out).toContain(`\n  ${command}`);
    expect(asked).toMatchObject({ code: 0, err: '' });
    expect(asked.out).toMatch(new RegExp(`^Usage: fleetfall ${command}`));
    expect(answered.out).toBe(asked.out);
    expect(asked.out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  }
  for (const code of [0, 99, 3, 2, 1, 130]) expect(main.out).toMatch(new RegExp(`^ {2}${code} `, 'm'));
});

test('help and version are printed on stdout and exit 0', async () => {
  const help = await cli(['run', '--help']);
  const version = await cli(['--version']);
  const { version: packaged } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

  expect([help.code, version.code]).toEqual([0, 0]);
  expect(help.out).toContain('--inconclusive');
  expect(version.out.trim()).toBe(packaged);
});

test('a run without a file takes its cluster from the configurations', async () => {
  const argv = [
    'run',
    '--nginx',
    'scenarios/configs/nginx.conf',
    '--ossec',
    'scenarios/configs/ossec.conf',
    '--agents',
    '30',
  ];
  const { code, out } = await cli([
    ...argv,
    '--kill',
    'worker01',
    '--node',
    'worker01=172.0.0.4',
    '--replications',
    '2',
    '--out',
    join(folder, 'flags'),
    '--jobs',
    '1',
  ]);

  expect(code).toBe(0);
  expect(out).toContain('worker01 is killed at 10 min for 10 min');
  expect(out).toContain('Every agent is of release 4.14.7 and writes 1/s.');
});

test('assign prints CSV, or nothing but the number of a line that is no address', async () => {
  const argv = ['assign', '--nginx', 'scenarios/configs/nginx.conf'];
  const good = await cli(argv, '10.0.0.1\n10.0.0.2\n');
  const bad = await cli(argv, '10.0.0.1\n10.0.0.300\n');

  expect(good).toMatchObject({ code: 0, out: 'client,server\n10.0.0.1,172.0.0.4:1514\n10.0.0.2,172.0.0.3:1514\n' });
  expect(bad).toMatchObject({ code: 2, out: '' });
  expect(bad.err).toContain('standard input:2:1  expected one address a line');
});

describe('validate', () => {
  const balanced = (name: string): string => {
    const conf = join(folder, `${name}.conf`);
    writeFileSync(
      conf,
      'events {}\nstream { upstream u { server 172.0.0.4:1514; server 172.0.0.5:1514; }\nserver { listen 1514; proxy_connect_timeout 5s; proxy_pass u; }\nserver { listen 1515; proxy_pass 172.0.0.4:1515; } }\n',
    );
    const file = join(folder, `${name}.yaml`);
    writeFileSync(
      file,
      `fleetfall: 1
duration: 20m
cluster: { nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }
fleet: { servers: { count: 300, events: { rate: 1/s } } }
modes: { lb: { nginx: ${name}.conf } }
faults: [{ at: 5m, kill: worker01, for: 5m }]
`,
    );
    return file;
  };

  test('says what of the configurations will hurt, and passes; with --strict it does not', async () => {
    const file = balanced('tight');
    const { code, out, err } = await cli(['validate', file]);

    expect(code).toBe(0);
    expect(out).toContain('tight.yaml: ok: 1 mode (lb), 300 agents');
    expect(err).toMatch(/^remark: .*tight\.conf:3:17: 512 connections .* \[worker-connections\]\n$/);

    const strict = await cli(['validate', file, '--strict']);
    expect(strict.code).toBe(2);
    expect(strict.out).toBe('');
    expect(strict.err).toContain('tight.yaml: 1 remark (--strict)');
  });

  test('prints one JSON document for all files, right or wrong', async () => {
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, 'fleetfall: 2\n');
    const { code, out, err } = await cli(['validate', balanced('tight'), wrong, '--json']);
    const { format, ok, files } = JSON.parse(out) as {
      format: string;
      ok: boolean;
      files: { ok: boolean; problems: unknown[]; remarks: { rule: string; modes: string[]; line: number }[] }[];
    };

    expect([code, err, format, ok]).toEqual([2, '', 'fleetfall-validate/1', false]);
    expect(files.map((each) => each.ok)).toEqual([true, false]);
    expect(files[0]!.remarks).toMatchObject([{ rule: 'worker-connections', modes: ['lb'], line: 3 }]);
    expect(files[1]!.problems.length).toBeGreaterThan(0);
    expect(files[1]!.remarks).toEqual([]);
  });
});
