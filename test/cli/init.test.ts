// A first scenario from the configurations that are there.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Questions } from '../../src/cli/questions.ts';
import { readScenarioFile } from '../../src/scenario/load.ts';
import { cli } from '../support/cli.ts';

const configs = fileURLToPath(new URL('../../scenarios/configs/', import.meta.url));
const top = mkdtempSync(join(tmpdir(), 'fleetfall-init-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(top, 'case-'));
});

/** A configuration of the documentation, copied to where the test works. */
function there(name: string, as = name): string {
  const path = join(folder, as);
  mkdirSync(join(path, '..'), { recursive: true });
  copyFileSync(join(configs, name), path);
  return path;
}

const init = (...flags: readonly string[]) => cli(['init', '--out', join(folder, 'made.yaml'), ...flags]);
const made = (): string => readFileSync(join(folder, 'made.yaml'), 'utf8');

test('from the nginx.conf and the ossec.conf of the documentation: both ways to connect, and a run at once', async () => {
  const result = await init(
    '--nginx',
    there('nginx.conf'),
    '--ossec',
    there('ossec-balancer.conf', 'ossec.conf'),
    '--agents',
    '90',
  );

  expect(result.err).not.toContain('problem');
  expect(result.code).toBe(0);
  const scenario = readScenarioFile(join(folder, 'made.yaml'));
  expect(scenario.modes.map(({ name }) => name)).toEqual(['load-balancer', 'failover']);
  expect(made()).toContain('ossec: ossec.conf');
  expect(made()).toMatch(/worker01: \{ address: 172.0.0.4, role: worker \}/);

  const run = await cli([
    'run',
    join(folder, 'made.yaml'),
    '--replications',
    '2',
    '--jobs',
    '1',
    '--out',
    join(folder, 'out'),
  ]);
  expect(run.code).toBe(0);
});

test('from an ossec.conf alone the list stands against the same nodes in shuffled order', async () => {
  const { code } = await init(
    '--ossec',
    there('ossec.conf'),
    '--agents',
    '10',
    '--fault',
    'powerOff',
    '--fall',
    'master',
  );

  expect(code).toBe(0);
  expect(readScenarioFile(join(folder, 'made.yaml')).modes.map(({ name }) => name)).toEqual([
    'failover',
    'failover-shuffled',
  ]);
  expect(made()).toContain('powerOff: master');
});

test('a list of managers beside a balancer is the other way to connect the same agents', async () => {
  await init('--nginx', there('nginx.conf'), '--ossec', there('ossec.conf'), '--agents', '10');

  expect(made()).toMatch(/load-balancer: .*\n {4}nginx: nginx.conf\n {2}failover: .*\n {4}ossec: ossec.conf/);
});

test('several files of agents are several groups, called like their files or folders', async () => {
  const files = [there('ossec-balancer.conf', 'branch/ossec.conf'), there('ossec-balancer.conf', 'ossec-linux.conf')];

  const missing = await init(
    '--nginx',
    there('nginx.conf'),
    '--ossec',
    files[0]!,
    '--ossec',
    files[1]!,
    '--agents',
    'branch=20',
  );
  const { code } = await init(
    ...['--nginx', there('nginx.conf'), '--ossec', files[0]!, '--ossec', files[1]!],
    ...['--agents', 'branch=20', '--agents', 'linux=30'],
  );

  expect(missing.code).toBe(2);
  expect(missing.err).toContain('--agents linux=9000');
  expect(code).toBe(0);
  expect(made()).toContain('groups: { linux: { ossec: ossec-linux.conf } }');
  expect(readScenarioFile(join(folder, 'made.yaml')).modes[0]!.world.groups.map(({ count }) => count)).toEqual([
    20, 30,
  ]);
});

test('haproxy.cfg and an inventory will do as well', async () => {
  const inventory = join(folder, 'agents.csv');
  writeFileSync(
    inventory,
    'id,name,ip,group,version,eps,node\n001,a,203.0.113.5,web,4.12.0,2,worker01\n002,b,203.0.113.6,web,4.12.0,,\n',
  );

  const { code, err } = await init('--haproxy', there('haproxy-docs.cfg'), '--inventory', inventory);

  expect(err).not.toContain('problem');
  expect(code).toBe(0);
  expect(made()).toContain('inventory: agents.csv');
});

test('a file that is there is not overwritten, unless told to', async () => {
  writeFileSync(join(folder, 'made.yaml'), 'mine');
  const flags = ['--ossec', there('ossec.conf'), '--agents', '10'];

  const refused = await init(...flags);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain('--force');
  expect(made()).toBe('mine');

  expect((await init(...flags, '--force')).code).toBe(0);
  expect(made()).toContain('fleetfall: 1');
});

test('a configuration with a mistake leaves no scenario, and the mistake is named with its place', async () => {
  const nginx = join(folder, 'nginx.conf');
  writeFileSync(nginx, 'stream {\n  upstream a { server 172.0.0.4:1514 }\n');

  const { code, err } = await init('--nginx', nginx, '--agents', '10');

  expect(code).toBe(2);
  expect(err).toMatch(/nginx\.conf:\d+:\d+/);
  expect(existsSync(join(folder, 'made.yaml'))).toBe(false);
});

test('what is wrong with the flags is told all at once', async () => {
  const { code, err } = await init('--ossec', there('ossec.conf'), '--fall', 'nobody', '--master', 'who');

  expect(code).toBe(2);
  expect(err).toContain('--fall nobody');
  expect(err).toContain('--master who');
  expect(err).toContain('--agents');
});

test('on a terminal it asks for what is not said, and takes an end for an answer', async () => {
  const answers: Record<string, string> = {
    'How many agents?': '42',
    'Events that an agent writes?': '3/s',
    'Wazuh release of the agents?': '4.12.0',
    'What happens to a worker?': 'hang',
  };
  const asked: string[] = [];
  const questions = (end: boolean): Questions => {
    const answer = (message: string): Promise<string | null> => {
      asked.push(message);
      return Promise.resolve(end ? null : answers[message]!);
    };
    return { text: answer, choose: answer };
  };
  const argv = ['init', '--ossec', there('ossec.conf'), '--out', join(folder, 'made.yaml')];

  const ended = await cli(argv, '', {}, questions(true));
  expect(ended.code).toBe(130);
  expect(existsSync(join(folder, 'made.yaml'))).toBe(false);

  asked.length = 0;
  const { code } = await cli(argv, '', {}, questions(false));
  expect(code).toBe(0);
  expect(asked).toEqual(Object.keys(answers));
  expect(made()).toContain('count: 42');
  expect(made()).toContain('rate: 3/s');
  expect(made()).toContain('hang: worker01');
});
