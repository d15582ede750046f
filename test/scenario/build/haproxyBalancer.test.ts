import { expect, test } from 'vitest';
import type { HaproxyOptions } from '../../../src/models/balancer/haproxy/options.ts';
import { loadScenario, type Overrides } from '../../../src/scenario/load.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import { filesOf } from '../../support/scenarios.ts';

const cfg = `defaults
 mode tcp
 timeout connect 10s
 timeout client 1m
 timeout server 1m
frontend events
 bind :1514
 default_backend reporting
frontend web
 bind :443 ssl crt x.pem
 default_backend pages
backend reporting
 balance leastconn
 server w1 worker01:1514 check
 server w2 172.0.0.5:1514 check
backend pages
 mode http
 server a 10.9.9.9:80
`;

type Given = {
  readonly mode?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly faults?: string;
  readonly set?: Exclude<Overrides['set'], undefined>;
};

function load({ mode = '{ haproxy: haproxy.cfg }', files = {}, faults = '', set = [] }: Given = {}): Scenario {
  return loadScenario({
    file: 'scenario.yaml',
    text: `fleetfall: 1
cluster:
  nodes:
    master: { address: 172.0.0.3, role: master }
    worker01: { address: 172.0.0.4 }
    worker02: { address: 172.0.0.5 }
fleet: { servers: { count: 20, addresses: 10.1.0.0/16, events: { rate: 1/s } } }
modes:
  lb: ${mode}
${faults}
`,
    files: filesOf({ 'haproxy.cfg': cfg, ...files }),
    overrides: { set },
  });
}

function problemsOf(given: Given): readonly string[] {
  try {
    load(given);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

function haproxyOf(scenario: Scenario): HaproxyOptions {
  const { product } = scenario.modes[0]!.world.balancers[0]!;
  if (product.kind === 'haproxy') return product.haproxy;
  throw new Error(product.kind);
}

test('servers of the configuration are nodes of the cluster, by address or by name', () => {
  const scenario = load();

  expect(scenario.modes[0]!.description).toBe('haproxy balance leastconn over worker01, worker02');
  expect(haproxyOf(scenario).backends[0]!.servers.map(({ serverText, address }) => [serverText, address])).toEqual([
    ['w1', '172.0.0.4'],
    ['w2', '172.0.0.5'],
  ]);
  expect(scenario.modes[0]!.world.groups[0]!.servers.map(({ endpoint }) => endpoint)).toEqual([
    { kind: 'balancer', balancerIndex: 0, listenerIndex: 0 },
  ]);
});

test('what no agent uses of the file is passed over, and said', () => {
  expect(load().warnings.map(({ position, text }) => `${position?.line ?? 0} ${text}`)).toContain(
    '10 no agent connects to port 443: this server is passed over, and so are the connections it holds.',
  );
});

test('what the file leaves open is said', () => {
  const said = load().modes[0]!.assumptions;

  expect(said).toContain('HAProxy is taken to be of the 2.8 releases, which Wazuh documents (version).');
  expect(said).toContain(
    'HAProxy takes 262144 connections at most: no maxconn in global, and 524288 open files as systemd allows.',
  );
  expect(
    load({ mode: '{ haproxy: { file: haproxy.cfg, version: 2.6.12 } }' }).modes[0]!.assumptions.join(),
  ).not.toContain('is taken to be of');
});

test('the release, the processors and the environment of its process are given beside the file', () => {
  const files = { 'haproxy.cfg': cfg.replace('172.0.0.5:1514', '"${SECOND}:1514"') };
  const mode = '{ haproxy: { file: haproxy.cfg, version: 3.0.11, cpus: 4, env: { SECOND: 172.0.0.5 }, latency: 3ms } }';
  const scenario = load({ mode, files });

  expect(haproxyOf(scenario)).toMatchObject({ threads: 4, version: { branch: '3.0', patch: 11 } });
  expect(haproxyOf(scenario).backends[0]!.servers[1]!.address).toBe('172.0.0.5');
  expect(scenario.modes[0]!.world.balancers[0]!.latencyUs).toBe(3000);
  expect(problemsOf({ files })).toEqual([
    'haproxy.cfg:15:12  the environment variable SECOND is not known here. Give the balancer env: { SECOND: … }, or write a default: "${SECOND-…}".',
  ]);
});

test.each([
  ['2.8', '2.8'],
  ['3.0', '3.0'],
  ['"3.2"', '3.2'],
  ['2.6.12', '2.6'],
])('version: %s, as YAML reads it', (version, branch) => {
  const mode = `{ haproxy: { file: haproxy.cfg, version: ${version} } }`;

  expect(haproxyOf(load({ mode })).version.branch).toBe(branch);
});

test('the configuration may stand in the scenario itself', () => {
  const text = cfg
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');

  expect(haproxyOf(load({ mode: `\n    haproxy: |\n${text}` })).backends).toHaveLength(2);
  expect(haproxyOf(load({ mode: `\n    haproxy: |-\n${text}` })).backends).toHaveLength(2);
});

test.each<readonly [what: string, given: Given, said: string]>([
  [
    'two products',
    { mode: '{ haproxy: haproxy.cfg, nginx: haproxy.cfg }' },
    'modes.lb: give it only one of nginx and haproxy.',
  ],
  ['a missing file', { mode: '{ haproxy: none.cfg }' }, 'modes.lb.haproxy: cannot read "none.cfg": no such file.'],
  [
    'a release that is none',
    { mode: '{ haproxy: { file: haproxy.cfg, version: 1.8 } }' },
    'modes.lb.haproxy.version: expected a release of HAProxy from 2.6 to 3.4, such as 2.8 or 2.8.5, got "1.8"',
  ],
  [
    'a server that is no node',
    { files: { 'haproxy.cfg': cfg.replace('172.0.0.5', '172.0.0.9') } },
    'haproxy.cfg:15:9  server w2 is no node of the cluster.',
  ],
  [
    'a port nobody listens on',
    { files: { 'haproxy.cfg': cfg.replace('172.0.0.5:1514', '172.0.0.5:1600') } },
    'haproxy.cfg:15:9  nobody listens for events on port 1600 of worker02',
  ],
  [
    'a check that asks another port',
    { files: { 'haproxy.cfg': cfg.replace('172.0.0.5:1514 check', '172.0.0.5:1514 check port 9') } },
    'haproxy.cfg:15:9  the check of w2 asks port 9, on which worker02 does not listen: the server would be down. Ports: 1514, 1515.',
  ],
  [
    'a check that asks another host',
    { files: { 'haproxy.cfg': cfg.replace('172.0.0.5:1514 check', '172.0.0.5:1514 check addr 172.0.0.4') } },
    'the check of w2 asks 172.0.0.4, another host than the server',
  ],
  [
    'HTTP in front of agents',
    { files: { 'haproxy.cfg': cfg.replace('mode tcp', 'mode http') } },
    'mode is not modelled: frontend events is in mode http, and agents speak no HTTP.',
  ],
  [
    'nothing that agents reach',
    {
      files: {
        'haproxy.cfg': cfg
          .replace('bind :1514', 'bind /run/x.sock')
          .replace('bind :443 ssl crt x.pem', 'bind [::1]:443'),
      },
    },
    'modes.lb.haproxy: no frontend of it listens for TCP connections of agents.',
  ],
  [
    'a reload that reads the file of another product',
    { faults: 'faults: [{ at: 1m, reload: { nginx: haproxy.cfg } }]' },
    'faults[0].reload needs what balancer reads then: { haproxy: new.conf }.',
  ],
])('%s is refused', (_, given, said) => {
  expect(problemsOf(given).join('\n')).toContain(said);
});

test('a reload reads another file, and its listeners keep their places', () => {
  const next = cfg.replace('balance leastconn', 'balance source').replace('bind :1514', 'bind :1515,:1514');
  const { faults } = load({
    files: { 'next.cfg': next },
    faults: 'faults: [{ at: 1m, reload: { haproxy: next.cfg } }]',
  }).modes[0]!.world;
  const [fault] = faults;
  const product = fault?.kind === 'reload' ? fault.product : null;

  expect(product?.kind === 'haproxy' && product.haproxy.frontends[0]!.binds.map(({ port }) => port)).toEqual([1514]);
  expect(product?.kind === 'haproxy' && product.haproxy.backends[0]!.balance).toEqual({ kind: 'source' });
});

test.each<readonly [path: string, value: string, look: (options: HaproxyOptions) => unknown, found: unknown]>([
  ['haproxy.global.maxconn', '500', ({ maxConn }) => maxConn, 500],
  ['haproxy.defaults.timeout.connect', '3s', ({ backends }) => backends[0]!.connectTimeoutUs, 3e6],
  [
    'haproxy.backend[reporting].timeout.connect',
    '4s',
    ({ backends }) => backends.map((each) => each.connectTimeoutUs),
    [4e6, 1e7],
  ],
  ['haproxy.backend[*].retries', '1', ({ backends }) => backends.map((each) => each.retries), [1, 1]],
  ['haproxy.backend[reporting].balance', 'hash src', ({ backends }) => backends[0]!.balance.kind, 'hash'],
  [
    'haproxy.backend[reporting].hash-type',
    'consistent sdbm',
    ({ backends }) => backends[0]!.hashType.table,
    'consistent',
  ],
  ['haproxy.backend[reporting].option.redispatch', '1', ({ backends }) => backends[0]!.redispatchAfter, 1],
  ['haproxy.defaults.option.redispatch', 'true', ({ backends }) => backends[0]!.redispatchAfter, -1],
  [
    'haproxy.backend[reporting].server[w1].weight',
    '5',
    ({ backends }) => backends[0]!.servers.map(({ weight }) => weight),
    [5, 1],
  ],
  [
    'haproxy.backend[reporting].server[*].inter',
    '5s',
    ({ backends }) => backends[0]!.servers.map(({ check }) => check!.interUs),
    [5e6, 5e6],
  ],
  [
    'haproxy.backend[reporting].server[w2].check',
    'false',
    ({ backends }) => backends[0]!.servers.map(({ check }) => check !== null),
    [true, false],
  ],
  ['haproxy.backend[reporting].server[w2].backup', 'true', ({ backends }) => backends[0]!.servers[1]!.backup, true],
  [
    'haproxy.backend[reporting].default-server.fall',
    '9',
    ({ backends }) => backends[0]!.servers.map(({ check }) => check!.fall),
    [9, 9],
  ],
  [
    'haproxy.frontend[events].maxconn',
    '7',
    ({ frontends }) => frontends.map(({ maxConn }) => maxConn).slice(0, 1),
    [7],
  ],
  ['haproxy.frontend[events].bind[1514].maxconn', '6', ({ frontends }) => frontends[0]!.binds[0]!.maxConn, 6],
  ['modes.lb.haproxy.backend[reporting].server[w1].weight', '4', ({ backends }) => backends[0]!.servers[0]!.weight, 4],
])('--set %s=%s', (path, value, look, found) => {
  expect(look(haproxyOf(load({ set: [{ path, value }] })))).toEqual(found);
});

test.each<readonly [path: string, value: string, said: string]>([
  [
    'haproxy.backend[wazuh].server[w1].weight',
    '5',
    '--set haproxy.backend[wazuh].server[w1].weight: there is no backend[wazuh]. There are: defaults, frontend[events], frontend[web], backend[reporting], backend[pages].',
  ],
  [
    'haproxy.backend[reporting].server[w9].weight',
    '5',
    '--set haproxy.backend[reporting].server[w9].weight: there is no server[w9] in backend reporting. There are: server[w1], server[w2].',
  ],
  ['haproxy.frontend[events].bind[99].maxconn', '5', 'there is no bind[99] in frontend events. There is: bind[1514].'],
  ['haproxy.backend.balance', 'first', 'it is not said which backend is meant.'],
  ['haproxy.peers[x].peer', 'a', 'there is no section peers[x].'],
  [
    'haproxy.backend[reporting].server[w1].weight',
    '999',
    '--set haproxy.backend[reporting].server[w1].weight: weight takes a whole number from 0 to 256, got "999".',
  ],
  [
    'haproxy.backend[reporting].server[w1].wieght',
    '9',
    '--set haproxy.backend[reporting].server[w1].wieght: HAProxy knows no "wieght" of a server. Did you mean weight?',
  ],
  ['haproxy.defaults.timeout.conect', '9s', 'there is no timeout "conect". Did you mean connect?'],
  ['haproxy.backend[reporting].balance', "'\"x'", 'is no value: this " is never closed'],
])('--set %s=%s is refused', (path, value, said) => {
  expect(problemsOf({ set: [{ path, value }] }).join('\n')).toContain(said);
});
