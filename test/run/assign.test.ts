// Where everybody lands, asked by the library: one question for every balancer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assign, movedClients, type AssignQuestion } from '../../src/run/assign.ts';
import { cli } from '../support/cli.ts';
import { filesOf, load, scenarioText } from '../support/scenarios.ts';

const nginx = `stream {
  upstream cluster { hash $remote_addr consistent; server 172.0.0.3:1514; server 172.0.0.4:1514; server wazuh.lab:1514; }
  upstream master { server 172.0.0.3:1515; }
  server { listen 1514; proxy_pass cluster; }
  server { listen 1515; proxy_pass master; }
}
`;
const haproxy = `defaults
  mode tcp
  timeout connect 10s
  timeout client 1m
  timeout server 1m
frontend in
  bind :1514
  default_backend wazuh
backend wazuh
  balance source
  server worker1 172.0.0.4:1514 check
  server worker2 172.0.0.5:1514 check
`;
const files = filesOf({ 'nginx.conf': nginx, 'haproxy.cfg': haproxy });
const clients = Array.from({ length: 300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
const message = (question: AssignQuestion): string => {
  try {
    assign(question, files);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('it was answered');
};

test.each([
  ['nginx.conf', nginx, { nginx: 'nginx.conf' }],
  ['haproxy.cfg', haproxy, { haproxy: 'haproxy.cfg' }],
])('of %s the library says what the command line says', async (name, text, question) => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-library-'));
  try {
    const file = join(folder, name);
    writeFileSync(file, text);
    const flag = name === 'nginx.conf' ? '--nginx' : '--haproxy';
    const lines = `${clients.join('\n')}\n`;
    const rows = (await cli(['assign', flag, file], lines)).out.trimEnd().split('\n').slice(1);
    const totals = JSON.parse((await cli(['assign', flag, file, '--json'], lines)).out) as Record<string, unknown>;
    const answer = assign({ ...question, clients }, files);

    expect(answer.clients.map(({ address, server }) => `${address},${server ?? ''}`)).toEqual(rows);
    const { balancer, servers, nowhere, skew, skewByWeight } = answer;
    expect(totals).toMatchObject({ balancer, servers, nowhere, skew, skewByWeight });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a server that leaves the ring moves its own clients only, and one that is down is passed over', () => {
  const before = assign({ nginx: 'nginx.conf', clients }, files);
  const removed = assign({ nginx: 'nginx.conf', clients, change: { remove: ['172.0.0.4:1514'] } }, files);
  const down = assign({ nginx: 'nginx.conf', clients, down: ['172.0.0.4:1514'] }, files);
  const its = before.servers.find(({ server }) => server === '172.0.0.4:1514')!.clients;

  expect(its).toBeGreaterThan(0);
  expect(movedClients(before, removed)).toMatchObject({ clients: its, share: its / clients.length });
  expect(movedClients(before, removed).matrix.map(({ from }) => from)).toEqual(['172.0.0.4:1514', '172.0.0.4:1514']);
  expect(movedClients(before, down).clients).toBe(its);
});

test('a weight, a host name, a port and an upstream do what they say', () => {
  const heavy = assign({ nginx: 'nginx.conf', clients, change: { weight: { '172.0.0.4:1514': 4 } } }, files);
  const named = assign({ nginx: 'nginx.conf', clients, resolve: { 'wazuh.lab': ['172.0.0.9'] } }, files);

  expect(heavy.servers.map(({ weight }) => weight)).toEqual([1, 4, 1]);
  expect(named.servers.map(({ server }) => server)).toContain('172.0.0.9:1514');
  for (const way of [{ port: 1515 }, { upstream: 'master' }]) {
    expect(assign({ nginx: 'nginx.conf', clients, ...way }, files).servers).toMatchObject([{ clients: 300, share: 1 }]);
  }
});

const scenario = load(
  scenarioText({
    modes:
      '{ lb: { nginx: nginx.conf }, nlb: { nlb: { targets: [worker01, worker02] } }, list: { servers: [worker01] } }',
  }),
);

test('the agents of a scenario are asked by name, whatever its balancer', () => {
  for (const mode of ['lb', 'nlb']) {
    const { clients: agents, servers } = assign({ scenario, mode });

    expect(agents.map(({ agent }) => agent)).toEqual(Array.from({ length: 10 }, (_, index) => `servers/${index + 1}`));
    expect(servers.reduce((sum, each) => sum + each.clients, 0)).toBe(10);
    for (const { server } of agents) expect(['worker01', 'worker02']).toContain(server);
  }
});

test('a node less at the balancer of a scenario: everybody is on the other', () => {
  const before = assign({ scenario, mode: 'lb' });
  const after = assign({ scenario, mode: 'lb', change: { remove: ['worker01'] } });

  expect(after.servers).toMatchObject([{ server: 'worker02', clients: 10 }]);
  expect(movedClients(before, after).clients).toBe(before.servers.find(({ server }) => server === 'worker01')!.clients);
  expect(assign({ scenario, mode: 'lb', clients: ['10.0.0.1'] }).clients).toMatchObject([{ agent: null }]);
});

test('answers about different clients are not compared', () => {
  const [one, two] = [clients, clients.slice(1)].map((asked) => assign({ nginx: 'nginx.conf', clients: asked }, files));

  expect(() => movedClients(one!, two!)).toThrow('the two answers are about different clients');
});

test.each<[AssignQuestion, string]>([
  [{ nginx: 'other.conf', clients }, 'other.conf: 1 problem\n  cannot be read: no such file.'],
  [{ nginx: 'nginx.conf', clients: ['here'] }, 'clients:1:1  expected one address a line'],
  [{ nginx: 'nginx.conf', clients, release: '1.18.0' }, '--release: expected 1.22.1 to 1.31'],
  [{ haproxy: 'haproxy.cfg', clients, release: 'two' }, '--release: expected 2.6 to 3.4'],
  [{ nginx: 'nginx.conf', clients, down: ['172.0.0.8'] }, '--down: no server is written "172.0.0.8"'],
  [{ scenario }, 'say which mode: --mode NAME. Modes: lb, nlb, list.'],
  [{ scenario, mode: 'lbb' }, '--mode: no mode is called "lbb". Known: lb, nlb, list.'],
  [{ scenario, mode: 'list' }, 'mode "list" has no balancer'],
  [{ scenario, mode: 'lb', replication: 0 }, 'replication: expected a whole number from 1, got 0.'],
  [{ scenario, mode: 'lb', change: { weight: { worker01: 2 } } }, 'weights of a scenario are changed by reading it'],
])('%j is refused with what to do', (question, said) => {
  expect(message(question)).toContain(said);
});
