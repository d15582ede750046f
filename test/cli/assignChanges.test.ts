import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runWorld } from '../../src/models/world.ts';
import { readScenarioFile } from '../../src/scenario/load.ts';
import { cli } from '../support/cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-changes-'));
  mkdirSync(join(folder, 'configs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const servers = ['172.0.0.3:1514', '172.0.0.4:1514', '172.0.0.5:1514'];
const nginxText = (lines: readonly string[]): string => `events {}
stream {
  upstream cluster {
    hash $remote_addr consistent;
${lines.map((line) => `    server ${line};`).join('\n')}
  }
  server { listen 1514; proxy_pass cluster; }
}
`;
const haproxyText = (lines: readonly string[]): string => `frontend events
  mode tcp
  bind :1514
  default_backend wazuh
backend wazuh
  mode tcp
  balance source
  hash-type consistent
${lines.map((line) => `  server ${line}`).join('\n')}
`;
const lines = ['master 172.0.0.3:1514 check', 'w1 172.0.0.4:1514 check', 'w2 172.0.0.5:1514 check'];
const clients = Array.from({ length: 400 }, (_, index) => `10.1.${index % 7}.${index % 250}`).join('\n');

const columns = (out: string): string[][] =>
  out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(1));

test.each([
  ['a server more of nginx', 'nginx', ['--add', '10.0.0.9:1514 weight=2'], [...servers, '10.0.0.9:1514 weight=2']],
  ['a server less of nginx', 'nginx', ['--remove', '172.0.0.4:1514'], [servers[0]!, servers[2]!]],
  [
    'another weight of nginx',
    'nginx',
    ['--weight', '172.0.0.4:1514=5'],
    [servers[0]!, `${servers[1]} weight=5`, servers[2]!],
  ],
  [
    'a server more of HAProxy',
    'haproxy',
    ['--add', 'w3 10.0.0.9:1514 check weight 2'],
    [...lines, 'w3 10.0.0.9:1514 check weight 2'],
  ],
  ['a server less of HAProxy', 'haproxy', ['--remove', 'w1'], [lines[0]!, lines[2]!]],
  ['another weight of HAProxy', 'haproxy', ['--weight', 'w1=50'], [lines[0]!, `${lines[1]} weight 50`, lines[2]!]],
])('%s answers what a file with that change answers', async (_, product, flags, changed) => {
  const textOf = product === 'nginx' ? nginxText : haproxyText;
  const now = write('now.conf', textOf(product === 'nginx' ? servers : lines));
  const then = write('then.conf', textOf(changed));

  const { code, out } = await cli(['assign', `--${product}`, now, ...flags], clients);
  const before = await cli(['assign', `--${product}`, now], clients);
  const after = await cli(['assign', `--${product}`, then], clients);

  expect(code).toBe(0);
  expect(out.split('\n')[0]).toBe('client,server,after');
  expect(columns(out)).toEqual(columns(before.out).map(([server], at) => [server, columns(after.out)[at]![0]]));
  expect(before.out).not.toBe(after.out);
});

test('totals have a share, an ideal and a skew, and a matrix of who moves', async () => {
  const file = write('nginx.conf', nginxText(servers));
  const { code, out } = await cli(['assign', '--nginx', file, '--json', '--remove', servers[1]!], clients);
  const document = JSON.parse(out) as {
    servers: { server: string; clients: number; ideal: number }[];
    after: { servers: { server: string; clients: number }[] };
    moved: { clients: number; matrix: { from: string; to: string; clients: number }[] };
  };

  expect(code).toBe(0);
  expect(document).toMatchObject({
    format: 'fleetfall-assign/1',
    clients: 400,
    nowhere: 0,
    change: [`remove ${servers[1]}`],
  });
  expect(document.servers.reduce((sum, row) => sum + row.clients, 0)).toBe(400);
  expect(document.servers.map(({ ideal }) => ideal)).toEqual([1 / 3, 1 / 3, 1 / 3]);
  // A consistent hash moves those of the server that is gone, and nobody else.
  expect(new Set(document.moved.matrix.map(({ from }) => from))).toEqual(new Set([servers[1]]));
  expect(document.moved.clients).toBe(document.servers[1]!.clients);
  expect(document.after.servers.map(({ server }) => server)).toEqual([servers[0], servers[2]]);
});

test.each([
  [
    'a server that is not there',
    ['--remove', '172.0.0.9:1514'],
    '--remove: no server is written "172.0.0.9:1514". Known: 172.0.0.3:1514',
  ],
  ['another block in a server', ['--add', 'x:1; } server { listen 99'], '--add takes what stands behind "server"'],
  ['a server nginx refuses', ['--add', '10.0.0.9'], '--add 10.0.0.9: '],
  ['a weight of nobody', ['--weight', 'nobody:1=3'], '--weight nobody:1=3: there is no server[nobody:1]'],
  ['a weight that is none', ['--weight', '172.0.0.3:1514=x'], '--weight takes SERVER=N'],
  ['no server left', servers.flatMap((text) => ['--remove', text]), 'upstream "cluster" has no server'],
  ['a mode', ['--mode', 'lb'], '--mode belongs to a scenario'],
])('%s: exit 2, and said', async (_, flags, said) => {
  const { code, out, err } = await cli(
    ['assign', '--nginx', write('nginx.conf', nginxText(servers)), ...flags],
    clients,
  );

  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(said);
});

test('all mistakes are said at once', async () => {
  const file = write('nginx.conf', nginxText(servers));
  const { err } = await cli(['assign', '--nginx', file, '--remove', 'x', '--add', ';'], '10.0.0.1\nnobody\n');

  expect(err.split('\n')[0]).toContain('3 problems');
});

const scenario = (mode: string): string => `fleetfall: 1
cluster:
  version: 4.14.7
  nodes:
    master: { address: 172.0.0.3, role: master }
    w1: { address: 172.0.0.4 }
    w2: { address: 172.0.0.5 }
fleet:
  servers: { count: 60, version: 4.14.7, addresses: 10.1.0.0/16, events: { rate: 1/s } }
  branch: { count: 40, version: 4.14.7, nat: [203.0.113.7, 203.0.113.8], events: { rate: 1/s } }
warmup: 1m
duration: 1m
modes:
  lb: ${mode}
  list: { servers: [w1, w2] }
`;

test.each([
  ['nginx', '{ nginx: configs/nginx.conf, servers: [balancer] }'],
  ['HAProxy', '{ haproxy: configs/haproxy.cfg, servers: [balancer] }'],
])('the agents of a scenario behind %s land where its simulation puts them', async (_, mode) => {
  write('configs/nginx.conf', nginxText(servers));
  write('configs/haproxy.cfg', haproxyText(lines));
  const file = write('scenario.yaml', scenario(mode));
  const { modes, seed } = readScenarioFile(file);
  const nodeNames = ['master', 'w1', 'w2'];
  const there: string[] = [];
  runWorld(
    modes[0]!.world,
    { seed, replication: 0 },
    { connected: (agent, _at, _server, node) => void (there[agent] ??= nodeNames[node]!) },
  );

  const { code, out, err } = await cli(['assign', file, '--mode', 'lb']);

  expect([code, err]).toEqual([0, '']);
  expect(out.split('\n').slice(0, 2)).toEqual(['agent,address,server', `servers/1,10.1.0.1,${there[0]}`]);
  expect(out.split('\n')[61]).toBe(`branch/1,203.0.113.7,${there[60]}`);
  expect(columns(out).map(([, server]) => server)).toEqual(there);
});

test('a change of a scenario names nodes, and weights go by what stands in the configuration', async () => {
  write('configs/nginx.conf', nginxText(servers));
  const file = write('scenario.yaml', scenario('{ nginx: configs/nginx.conf, servers: [balancer] }'));
  const less = await cli(['assign', file, '--mode', 'lb', '--remove', 'w1']);
  const heavy = await cli(['assign', file, '--mode', 'lb', '--weight', '172.0.0.4:1514=100', '--json']);

  expect(less.out.split('\n')[0]).toBe('agent,address,server,after');
  expect(new Set(columns(less.out).map(([, , after]) => after))).toEqual(new Set(['master', 'w2']));
  expect((JSON.parse(heavy.out) as { after: { servers: unknown[] } }).after.servers[1]).toMatchObject({
    server: 'w1',
    weight: 100,
  });
});

test.each([
  ['no mode where there are several', [], 'say which mode: --mode NAME. Modes: lb, list.'],
  ['a mode that is not there', ['--mode', 'x'], '--mode: no mode is called "x". Known: lb, list.'],
  ['a mode without a balancer', ['--mode', 'list'], 'mode "list" has no balancer'],
  [
    'a balancer that is not there',
    ['--mode', 'lb', '--balancer', 'front'],
    '--balancer: mode "lb" has none called "front"',
  ],
  ['a flag of a configuration', ['--mode', 'lb', '--down', 'x'], '--down belongs to --nginx or --haproxy'],
  [
    'a node that is not there',
    ['--mode', 'lb', '--add', 'w9'],
    '--add: no node is called "w9". Known: master, w1, w2.',
  ],
])('%s of a scenario: exit 2, and said', async (_, flags, said) => {
  write('configs/nginx.conf', nginxText(servers));
  const file = write('scenario.yaml', scenario('{ nginx: configs/nginx.conf, servers: [balancer] }'));
  const { code, out, err } = await cli(['assign', file, ...flags]);

  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(said);
});
