import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-explain-'));
  mkdirSync(join(folder, 'configs'));
  write('configs/nginx.conf', nginxText('hash $remote_addr consistent;'));
  write('configs/haproxy.cfg', haproxyText);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const nginxText = (method: string): string => `events {}
stream {
  upstream cluster {
    ${method}
    server 172.0.0.3:1514;
    server 172.0.0.4:1514;
    server 172.0.0.5:1514;
  }
  server { listen 1514; proxy_pass cluster; }
}
`;
const haproxyText = `frontend events
  mode tcp
  bind :1514
  default_backend wazuh
backend wazuh
  mode tcp
  balance source
  hash-type consistent
  server master 172.0.0.3:1514 check
  server w1 172.0.0.4:1514 check
  server w2 172.0.0.5:1514 check
`;
const scenario = (): string =>
  write(
    'scenario.yaml',
    `fleetfall: 1
cluster:
  version: 4.14.7
  nodes:
    master: { address: 172.0.0.3, role: master }
    w1: { address: 172.0.0.4 }
    w2: { address: 172.0.0.5 }
fleet:
  servers: { count: 30, version: 4.14.7, addresses: 10.1.0.0/16, events: { rate: 1/s } }
  branch: { count: 20, version: 4.14.7, nat: [203.0.113.7], events: { rate: 1/s } }
warmup: 1m
duration: 10m
modes:
  lb: { nginx: configs/nginx.conf, servers: [balancer] }
  ha: { haproxy: configs/haproxy.cfg, servers: [balancer] }
  list: { servers: [w1, w2] }
faults:
  - { at: 2m, kill: w1, for: 5m }
`,
  );

interface Document {
  readonly format: string;
  readonly events: readonly { readonly kind: string; readonly atUs: number; readonly [key: string]: unknown }[];
  readonly endsOn: string | null;
}

test('the story of an address at nginx has its key, its hash, its point, and what was passed over', async () => {
  const argv = ['explain', '--nginx', join(folder, 'configs/nginx.conf'), '--address', '10.1.0.3'];
  const { code, out, err } = await cli([...argv, '--down', '172.0.0.4:1514']);

  // CRC-32 of the address is 0xf590890f; the ring of these three texts is that of nginx 1.22.1.
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('key 31 30 2e 31 2e 30 2e 33 ("10.1.0.3"), hash 0xf590890f; it belongs to point\n');
  expect(out).toContain('  point 0xf5cab436: 172.0.0.4:1514 is passed over: this session has tried it\n');
  expect(out).toContain('  point 0xf654941c: 172.0.0.3:1514 is taken\n');
  expect(out).toContain('The connection goes to 172.0.0.3:1514.\n');
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test.each(['10.1.0.1', '10.1.0.2', '10.77.3.9', '2001:db8::7'])(
  'explain and assign agree about %s',
  async (address) => {
    for (const [product, file] of [
      ['nginx', 'nginx.conf'],
      ['haproxy', 'haproxy.cfg'],
    ] as const) {
      const conf = [`--${product}`, join(folder, 'configs', file)];
      const { out } = await cli(['explain', ...conf, '--address', address, '--json']);
      const assigned = await cli(['assign', ...conf], `${address}\n`);

      expect((JSON.parse(out) as Document).endsOn).toBe(assigned.out.trimEnd().split(',').at(-1));
    }
  },
);

test('a server that its checks have found down says so, and for how long', async () => {
  const argv = ['explain', '--haproxy', join(folder, 'configs/haproxy.cfg'), '--address', '10.1.2.3', '--down', 'w1'];

  expect((await cli(argv)).out.replace(/\s+/g, ' ')).toContain(
    'w1 is not among the choices: its checks have found it down, until 2 in a row pass',
  );
});

test.each([
  ['lb', 'nginx'],
  ['ha', 'HAProxy'],
])('an agent in %s, behind %s, loses its node, and each attempt has its instant', async (mode) => {
  const file = scenario();
  const assigned = await cli(['assign', file, '--mode', mode]);
  const row = assigned.out.split('\n').find((line) => line.startsWith('servers/') && line.endsWith(',w1'))!;
  const [agent] = row.split(',');
  const { code, out } = await cli(['explain', file, '--mode', mode, '--agent', agent!, '--json']);
  const { format, events, endsOn } = JSON.parse(out) as Document;
  const at = (kind: string): number => events.find((event) => event.kind === kind)!.atUs;

  expect([code, format]).toEqual([0, 'fleetfall-explain/1']);
  expect(events.map(({ atUs }) => atUs)).toEqual(events.map(({ atUs }) => atUs).sort((a, b) => a - b));
  expect(events.slice(0, 4).map(({ kind }) => kind)).toEqual(['tried', 'choice', 'peerTried', 'connected']);
  expect(events[3]).toMatchObject({ node: 'w1' });
  expect(at('broke')).toBe(120e6);
  expect(at('noticed')).toBeGreaterThan(120e6);
  const after = events.filter(({ kind, atUs }) => kind === 'connected' && atUs > 120e6);
  expect(after.at(-1)).toMatchObject({ node: endsOn });
  // The choices are those of the simulation: each answer is the peer that is connected to next.
  events.forEach((event, index) => {
    if (event.kind === 'choice' && event.answer !== null) {
      expect(events.slice(index + 1).find(({ kind }) => kind === 'peerTried')).toMatchObject({ peer: event.answer });
    }
  });
});

test('a list has no choices, and its retries are all there', async () => {
  const { out } = await cli(['explain', scenario(), '--mode', 'list', '--agent', 'servers/3']);

  // Wazuh 4.14.7: five attempts 10 s and 1 ms apart, an enrollment attempt, then the next server.
  const tries = out.split('\n').filter((line) => line.includes('it tries 172.0.0.4') || line.includes('it tries w1'));
  expect(tries).toHaveLength(6);
  expect(out).toContain('it asks the registration service for a key');
  expect(out).toContain('At the end it is on w2.');
});

test('looking on changes nothing: of several agents of one address the first is told of', async () => {
  const { code, out, err } = await cli(['explain', scenario(), '--mode', 'lb', '--address', '203.0.113.7']);

  expect(code).toBe(0);
  expect(err).toBe('note: 20 agents have this address: branch/1 … branch/20. This is the first of them.\n');
  expect(out.split('\n')[0]).toBe('branch/1 (203.0.113.7) in lb, replication 1 of seed 1');
});

test('the picture of a ring has an arc for every stretch of a server, in colours for light and dark', async () => {
  const picture = join(folder, 'ring.svg');
  const conf = ['--haproxy', join(folder, 'configs/haproxy.cfg')];
  const { code, err } = await cli(['explain', ...conf, '--address', '10.1.0.1', '--svg', picture]);
  const svg = readFileSync(picture, 'utf8');

  expect([code, err]).toEqual([0, `Picture: ${picture}\n`]);
  expect(svg.match(/class="arc"/g)!.length).toBeGreaterThan(20);
  expect(svg).toContain('prefers-color-scheme: dark');
});

test.each([
  ['nobody', ['--mode', 'lb'], 'say who it is about'],
  ['two', ['--mode', 'lb', '--agent', 'servers/1', '--address', '10.1.0.1'], 'say who it is about'],
  ['no mode', ['--agent', 'servers/1'], 'say which mode: --mode NAME. Modes: lb, ha, list.'],
  ['a group that is not there', ['--mode', 'lb', '--agent', 'server/1'], 'Did you mean servers?'],
  ['an agent too many', ['--mode', 'lb', '--agent', 'servers/31'], 'servers has agents 1 to 30.'],
  ['agent 0', ['--mode', 'lb', '--agent', 'servers/0'], 'servers has agents 1 to 30.'],
  ['a number alone', ['--mode', 'lb', '--agent', '7'], 'say of which group, such as servers/1'],
  [
    'an address of nobody',
    ['--mode', 'lb', '--address', '10.9.9.9'],
    'no agent of the fleet has the address 10.9.9.9.',
  ],
  ['no address', ['--mode', 'lb', '--address', 'x'], 'expected an IPv4 address'],
  ['a picture of a list', ['--mode', 'list', '--agent', 'servers/1', '--svg', 'x.svg'], 'there is none here'],
  ['a flag of a configuration', ['--mode', 'lb', '--agent', 'servers/1', '--port', '1'], '--port belongs to'],
])('%s: exit 2, and said', async (_, flags, said) => {
  const { code, out, err } = await cli(['explain', scenario(), ...flags]);

  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(said);
});

test.each([
  ['no address', [], 'say who connects: --address'],
  ['a name', ['--address', 'agent'], '--address: expected an address such as 10.1.0.7'],
  ['an agent', ['--agent', 'servers/1'], '--agent belongs to a scenario'],
  ['several mistakes', ['--address', 'agent', '--down', 'x:1'], '2 problems'],
])('%s at a configuration: exit 2, and said', async (_, flags, said) => {
  const { code, out, err } = await cli(['explain', '--nginx', join(folder, 'configs/nginx.conf'), ...flags]);

  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(said);
});

test('counters of turns and loads are told where nothing is hashed', async () => {
  const file = write('turns.conf', nginxText('least_conn;'));
  const { out } = await cli(['explain', '--nginx', file, '--address', '10.1.0.1']);

  expect(out).toContain('172.0.0.3:1514: 0 sessions, weight 1, effective_weight 1, current_weight 0');
  expect(out).not.toContain('key ');
});
