import { nginxIn } from '../support/worlds.ts';
import { expect, test } from 'vitest';
import { scenarioFromFlags, type FlagScenario } from '../../src/scenario/flags.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { filesOf, nginxConf, ossecConf, problemText } from '../support/scenarios.ts';

const files = filesOf({
  'nginx.conf': nginxConf,
  'names.conf': nginxConf.replaceAll('172.0.0.4', 'worker-a.corp').replaceAll('172.0.0.5', 'worker-b.corp'),
  'http.conf': 'events {}\nhttp {}\n',
  'pass.conf': 'stream { server { listen 1514; proxy_pass 172.0.0.4:1514; } }',
  'dashboard.conf': `worker_processes auto;\n${nginxConf.replace('stream {', 'stream { upstream web { server 172.0.0.9:443; } server { listen 443; proxy_pass web; }')}`,
  'haproxy.cfg':
    'frontend web\n mode http\n bind :80\n default_backend pages\nbackend pages\n mode http\n server a 172.0.0.9:80\n' +
    'listen agents\n bind :1514\n balance source\n server w1 172.0.0.4:1514 check\n server w2 172.0.0.5:1514 check\n',
  'broken.cfg': 'listen agents\n bind :1514\n balnce source\n server w1 172.0.0.4:1514\n',
  'list.conf': ossecConf('172.0.0.4', '172.0.0.6'),
  'balancer.conf': ossecConf('172.0.0.2'),
  'cut.conf': '<ossec_config><client><server>',
});

const read = (flags: FlagScenario): Scenario => scenarioFromFlags(flags, files);

function problemsOf(flags: FlagScenario): string[] {
  try {
    read(flags);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems.map(problemText);
    throw error;
  }
  return [];
}

const nodesOf = ({ modes }: Scenario): string[] =>
  modes[0]!.world.nodes.map(({ name, address, role }) => `${name} ${address} ${role}`);

test('the cluster is what the balancer’s upstreams name, the first of them the master', () => {
  const scenario = read({ nginx: 'nginx.conf', agents: 9000, kill: ['172.0.0.5'] });

  expect(nodesOf(scenario)).toEqual(['172.0.0.4 172.0.0.4 master', '172.0.0.5 172.0.0.5 worker']);
  expect(scenario.modes.map(({ name, description }) => `${name}: ${description}`)).toEqual([
    'load-balancer: nginx hash $remote_addr consistent over 172.0.0.4, 172.0.0.5',
  ]);
  expect(scenario).toMatchObject({ name: 'run', source: 'command line', title: '9000 agents: kill 172.0.0.5' });
  expect(scenario.modes[0]!.world.faults).toMatchObject([
    { kind: 'kill', places: ['172.0.0.5'], atUs: { fromUs: 600e6, toUs: 600e6 }, forUs: 600e6 },
  ]);
});

test('of HAProxy the cluster is the servers behind the ports of agents', () => {
  const scenario = read({ haproxy: 'haproxy.cfg', release: '2.8.5', agents: 5, kill: ['172.0.0.5'] });

  expect(nodesOf(scenario)).toEqual(['172.0.0.4 172.0.0.4 master', '172.0.0.5 172.0.0.5 worker']);
  expect(scenario.modes.map(({ name, description }) => `${name}: ${description}`)).toEqual([
    'load-balancer: haproxy balance source over 172.0.0.4, 172.0.0.5',
  ]);
  expect(scenario.command).toBe('fleetfall run --haproxy haproxy.cfg --release 2.8.5 --agents 5 --kill 172.0.0.5');
  expect(problemsOf({ haproxy: 'broken.cfg', agents: 5 }).join('\n')).toContain('Did you mean balance?');
  expect(problemsOf({ haproxy: 'haproxy.cfg', release: '1.8', agents: 5 }).join('\n')).toContain('from 2.6 to 3.4');
  expect(problemsOf({ nginx: 'nginx.conf', release: '2.8', agents: 5 })).toEqual([
    '--release is of HAProxy: add --haproxy.',
  ]);
});

test('nodes may be stopped and turned into zombies', () => {
  const { modes } = read({ nginx: 'nginx.conf', agents: 5, stop: ['172.0.0.5'], zombie: ['172.0.0.4'] });

  expect(modes[0]!.world.faults).toMatchObject([
    { kind: 'stop', places: ['172.0.0.5'], forUs: 600e6 },
    { kind: 'zombie', places: ['172.0.0.4'], forUs: 600e6 },
  ]);
});

test('a dashboard behind the same balancer is no node; its processors are said where nginx counts them', () => {
  const scenario = read({ nginx: 'dashboard.conf', cpus: 4, agents: 5 });

  expect(nodesOf(scenario)).toEqual(['172.0.0.4 172.0.0.4 master', '172.0.0.5 172.0.0.5 worker']);
  expect(nginxIn(scenario.modes[0]!.world).workers).toBe(4);
  expect(scenario.command).toContain('--cpus 4');
  expect(problemsOf({ nginx: 'dashboard.conf', agents: 5 })).toEqual([
    'dashboard.conf:1:18  worker_processes auto needs the number of processors: say --cpus 4.',
  ]);
});

test('what is not said is assumed, and printed with the verdict', () => {
  expect(read({ nginx: 'names.conf', agents: 5, rate: '2/s', kill: ['balancer'] }).modes[0]!.assumptions).toEqual([
    'Host names stand for one node each; their addresses do not matter for the choice.',
    'Every agent is of release 4.14.7 and writes 2/s.',
    'The agents have the first addresses of 10.0.0.0/8.',
    'The fault is at 10m for 10m.',
    'The capacity of worker-a.corp, worker-b.corp is not judged: no eventsPerSecond is given.',
  ]);
});

test('a list that names nodes is a mode of its own, one that names the balancer is how its agents connect', () => {
  const both = read({ nginx: 'nginx.conf', ossec: 'list.conf', agents: 5 });
  const behind = read({ nginx: 'nginx.conf', ossec: 'balancer.conf', agents: 5 });
  const alone = read({ ossec: 'balancer.conf', agents: 5 });

  expect(both.modes.map(({ name }) => name)).toEqual(['load-balancer', 'failover']);
  expect(nodesOf(both)).toHaveLength(3);
  expect(behind.modes.map(({ name }) => name)).toEqual(['load-balancer']);
  expect(nodesOf(behind)).toHaveLength(2);
  expect(nodesOf(alone)).toEqual(['172.0.0.2 172.0.0.2 master']);
});

test('nodes may be given names, and a server may be passed to directly', () => {
  const scenario = read({ nginx: 'pass.conf', agents: 5, node: ['worker01=172.0.0.4'], hang: ['worker01'] });

  expect(nodesOf(scenario)).toEqual(['worker01 172.0.0.4 master']);
});

test.each<readonly [what: string, flags: FlagScenario, problems: readonly string[]]>([
  ['no number of agents', { nginx: 'nginx.conf' }, ['--agents: say how many agents there are, such as --agents 9000.']],
  [
    'files that are not there',
    { nginx: 'a', ossec: 'b', agents: 5 },
    ['--nginx a: cannot be read: no such file.', '--ossec b: cannot be read: no such file.'],
  ],
  [
    'a configuration without a stream block',
    { nginx: 'http.conf', agents: 5 },
    ['http.conf:2:1  there is no "stream" block (only http). Agents are balanced in stream { upstream … server … }.'],
  ],
  [
    'an ossec.conf cut in the middle',
    { ossec: 'cut.conf', agents: 5 },
    [
      'cut.conf:1:23  <server> opened here is never closed: the file ends at 1:31. Is it cut off? Also open: <client> opened at 1:15, <ossec_config> opened at 1:1.',
    ],
  ],
  [
    'a node that no configuration names, a pair that is none, a name for two',
    { nginx: 'nginx.conf', agents: 5, node: ['w=172.0.0.9', 'worker01', 'a=172.0.0.4', 'a=172.0.0.5'] },
    [
      '--node w=172.0.0.9: no configuration names 172.0.0.9. Named: 172.0.0.4, 172.0.0.5.',
      '--node takes name=address such as worker01=172.0.0.4, got "worker01".',
      '--node a=172.0.0.5: a is the name of another node.',
    ],
  ],
  [
    'values without their units, each under the name of its flag',
    { nginx: 'nginx.conf', agents: 5, rate: '5', duration: '10', at: '5', for: '-1m', kill: ['172.0.0.4'] },
    [
      '--duration: expected a duration such as 10s, got "10". Write 10s.',
      '--rate: expected a rate such as 2/s, got "5". Write 5/s.',
      '--at: expected an instant such as 10m, a range such as 10m..11m, or start, got "5". Write 5s.',
      '--for: expected a duration such as 10s, got "-1m". It cannot be negative.',
    ],
  ],
  [
    'a place that is none, behind the end of the run',
    { nginx: 'nginx.conf', agents: 5, kill: ['worker9'], at: '31m' },
    [
      '--at: the run ends after 30m, before this fault. Make the duration longer, or the fault earlier.',
      '--kill: no node is called "worker9". Known: 172.0.0.4, 172.0.0.5, master, balancer.',
    ],
  ],
  [
    'an instant of nothing',
    { nginx: 'nginx.conf', agents: 5, at: '5m' },
    ['--at: nothing happens that it could be about. Add --kill, --power-off, --hang, --stop or --zombie.'],
  ],
  [
    'a release that is not modelled',
    { ossec: 'list.conf', agents: 5, agentVersion: '5.7.0' },
    [
      '--agent-version: There is no Wazuh 5.7.0. Agents of 3.12.0 to 3.13.6, 4.0.0 to 4.14.7, 4.14.9 (its branch), and 5.0.0 as preview (5.0.0-beta4) are modelled: write one of these.',
    ],
  ],
])('%s is told in the words of the command line', (_, flags, problems) => {
  expect(problemsOf(flags)).toEqual(problems);
});
