import { expect, test } from 'vitest';
import type { NginxOptions } from '../../src/models/balancer/nginx/options.ts';
import type { BalancerOptions } from '../../src/models/balancer/options.ts';
import { loadScenario, type Overrides } from '../../src/scenario/load.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { filesOf } from '../support/scenarios.ts';

const nginx = `worker_processes 2;
events { worker_connections 1000; }
stream {
  upstream mycluster {
    hash $remote_addr consistent;
    server 172.0.0.4:1514 weight=2;
    server 172.0.0.5:1514 fail_timeout=20s;
  }
  upstream master { server 172.0.0.3:1515; }
  server { listen 1514; proxy_pass mycluster; proxy_timeout 5m; }
  server { listen 1515; proxy_pass master; }
}
`;

const scenario = (mode: string): string => `fleetfall: 1
cluster:
  nodes:
    master: { address: 172.0.0.3, role: master }
    worker01: { address: 172.0.0.4 }
    worker02: { address: 172.0.0.5 }
fleet: { servers: { count: 20, addresses: 10.1.0.0/16, events: { rate: 1/s } } }
modes:
${mode}
`;

type Set = Exclude<Overrides['set'], undefined>;

function load(mode: string, set: Set = []): Scenario {
  return loadScenario({
    file: 'scenario.yaml',
    text: scenario(mode),
    files: filesOf({ 'nginx.conf': nginx }),
    overrides: { set },
  });
}

function problemsOf(mode: string, set: Set = []): readonly string[] {
  try {
    load(mode, set);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

const lb = '  lb: { nginx: nginx.conf }';

function nginxOf({ product }: BalancerOptions): NginxOptions {
  if ('nginx' in product) return product.nginx;
  throw new Error('another product');
}

/** What one `--set` makes of the first mode's nginx. */
function nginxAfter(path: string, value: string) {
  return nginxOf(load(lb, [{ path, value }]).modes[0]!.world.balancers[0]!);
}

test.each<
  readonly [path: string, value: string, look: (options: ReturnType<typeof nginxAfter>) => unknown, found: unknown]
>([
  [
    'nginx.server[1514].proxy_connect_timeout',
    '3s',
    ({ listeners }) => listeners.map((each) => each.connectTimeoutUs),
    [3e6, 6e7],
  ],
  [
    'nginx.server[*].proxy_connect_timeout',
    '3s',
    ({ listeners }) => listeners.map((each) => each.connectTimeoutUs),
    [3e6, 3e6],
  ],
  ['modes.lb.set.nginx.server[1514].proxy_timeout', '1m', ({ listeners }) => listeners[0]!.sessionTimeoutUs, 6e7],
  ['modes["lb"].set.nginx.worker_processes', '4', ({ workers }) => workers, 4],
  ['nginx.server[1514].proxy_timeout', '1m', ({ listeners }) => listeners[0]!.sessionTimeoutUs, 6e7],
  ['nginx.stream.proxy_timeout', '7m', ({ listeners }) => listeners.map((each) => each.sessionTimeoutUs), [3e8, 4.2e8]],
  ['nginx.proxy_next_upstream', 'off', ({ listeners }) => listeners[0]!.nextUpstream, false],
  ['nginx.server[1514].proxy_next_upstream', 'false', ({ listeners }) => listeners[0]!.nextUpstream, false],
  ['nginx.worker_processes', '4', ({ workers }) => workers, 4],
  ['nginx.events.worker_connections', '50', ({ workerConnections }) => workerConnections, 50],
  ['nginx.worker_connections', '50', ({ workerConnections }) => workerConnections, 50],
  [
    'nginx.upstream[mycluster].server[*].fail_timeout',
    '30s',
    ({ upstreams }) => upstreams[0]!.peers.map((peer) => peer.failTimeoutSeconds),
    [30, 30],
  ],
  [
    'nginx.upstream[mycluster].server[172.0.0.4].weight',
    '5',
    ({ upstreams }) => upstreams[0]!.peers.map((peer) => peer.weight),
    [5, 1],
  ],
  [
    'nginx.upstream[mycluster].server[172.0.0.5:1514].down',
    'true',
    ({ upstreams }) => upstreams[0]!.peers.map((peer) => peer.down),
    [false, true],
  ],
  ['nginx.upstream[mycluster].server[172.0.0.4].weight', 'null', ({ upstreams }) => upstreams[0]!.peers[0]!.weight, 1],
  ['nginx.upstream[mycluster].least_conn', 'true', ({ upstreams }) => upstreams[0]!.method.kind, 'leastConn'],
  ['nginx.upstream[mycluster].hash', '$remote_addr', ({ upstreams }) => upstreams[0]!.method.kind, 'hash'],
  ['nginx.upstream[mycluster].hash', 'null', ({ upstreams }) => upstreams[0]!.method.kind, 'roundRobin'],
  ['modes.lb.nginx.worker_processes', '3', ({ workers }) => workers, 3],
])('--set %s=%s', (path, value, look, found) => {
  expect(look(nginxAfter(path, value))).toEqual(found);
});

test('a mode changes its own configuration, and the command line has the last word', () => {
  const modes = `  plain: { nginx: nginx.conf }
  quick: { nginx: nginx.conf, set: { 'nginx.server[1514].proxy_connect_timeout': 2s } }`;
  const timeouts = (set: Set) =>
    load(modes, set).modes.map(({ world }) => nginxOf(world.balancers[0]!).listeners[0]!.connectTimeoutUs);

  expect(timeouts([])).toEqual([6e7, 2e6]);
  expect(timeouts([{ path: 'nginx.server[1514].proxy_connect_timeout', value: '9s' }])).toEqual([9e6, 9e6]);
  expect(timeouts([{ path: 'modes.plain.nginx.server[1514].proxy_connect_timeout', value: '9s' }])).toEqual([9e6, 2e6]);
});

test('one of several balancers is named', () => {
  const modes =
    '  pair: { balancers: { lb1: { nginx: nginx.conf }, lb2: { nginx: nginx.conf } }, servers: [lb1, lb2] }';
  const set = [{ path: 'balancers.lb2.nginx.worker_processes', value: '7' }];
  const workers = load(modes, set).modes[0]!.world.balancers.map((balancer) => nginxOf(balancer).workers);

  expect(workers).toEqual([2, 7]);
});

test('what stands beside the file is a part of the scenario as before', () => {
  const { latencyUs } = load(lb, [{ path: 'modes.lb.nginx.latency', value: '5ms' }]).modes[0]!.world.balancers[0]!;

  expect(latencyUs).toBe(5000);
});

test.each<readonly [path: string, value: string, said: string]>([
  [
    'nginx.server[1516].proxy_timeout',
    '1m',
    '--set nginx.server[1516].proxy_timeout: there is no server[1516]. There are: server[1514], server[1515].',
  ],
  [
    'nginx.upstream[cluster].hash',
    '$remote_addr',
    '--set nginx.upstream[cluster].hash: there is no upstream[cluster]. There are: upstream[mycluster], upstream[master].',
  ],
  [
    'nginx.upstream[mycluster].server[w].weight',
    '2',
    '--set nginx.upstream[mycluster].server[w].weight: there is no server[w]. There are: server[172.0.0.4:1514], server[172.0.0.5:1514].',
  ],
  [
    'nginx.server.proxy_timeout',
    '2m',
    '--set nginx.server.proxy_timeout: it is not said which server is meant. There are: server[1514], server[1515].',
  ],
  [
    'nginx.server[1514].proxy_connect_timeout',
    '3 parsecs',
    '--set nginx.server[1514].proxy_connect_timeout: proxy_connect_timeout takes 1 value, got 2.',
  ],
  [
    'nginx.server[1514].proxy_connect_timout',
    '3s',
    '--set nginx.server[1514].proxy_connect_timout: unknown directive "proxy_connect_timout". Did you mean proxy_connect_timeout?',
  ],
  [
    'nginx.server[1514].proxy_timeout',
    '"3s; }"',
    '--set nginx.server[1514].proxy_timeout: proxy_timeout takes words, got "3s; }".',
  ],
  [
    'nginx.server[1514].proxy_timeout',
    '[1, 2]',
    '--set: nginx.server[1514].proxy_timeout takes a word or several, a number, yes or no, got a list.',
  ],
  [
    'nginx.upstream[mycluster].server[*].wieght',
    '2',
    '--set nginx.upstream[mycluster].server[*].wieght: unknown parameter "wieght=2" of server.',
  ],
  ['haproxy.global.maxconn', '10', '--set haproxy.global.maxconn: no mode has a balancer of haproxy.'],
  ['modes.x.nginx.worker_processes', '10', '--set modes.x.nginx.worker_processes: no mode is called "x". Known: lb.'],
  [
    'nginx.server[1514',
    '10',
    '--set: "nginx.server[1514" is no path into a configuration. Write it like nginx.server[1514].proxy_timeout.',
  ],
])('--set %s=%s is refused', (path, value, said) => {
  expect(problemsOf(lb, [{ path, value }]).join('\n')).toContain(said);
});

test('a mistake of a mode’s own setting is where it stands', () => {
  const modes = `  lb:
    nginx: nginx.conf
    set:
      nginx.server[1516].proxy_timeout: 1m
      nginx.worker_processes: many
      modes.other.nginx.worker_processes: 4`;

  expect(problemsOf(modes)).toEqual([
    '12:41  nginx.server[1516].proxy_timeout: there is no server[1516]. There are: server[1514], server[1515].',
    '13:31  worker_processes takes a whole number from 1 to 1024, got "many".',
    '14:43  modes.lb.set["modes.other.nginx.worker_processes"]: a mode cannot change another one.',
  ]);
});
