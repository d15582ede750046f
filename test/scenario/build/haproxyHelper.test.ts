import { expect, test } from 'vitest';
import type { HaproxyOptions } from '../../../src/models/balancer/haproxy/options.ts';
import { helperDefaults } from '../../../src/models/cluster/haproxyHelper.ts';
import { loadScenario } from '../../../src/scenario/load.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import { filesOf } from '../../support/scenarios.ts';

const defaults = `defaults
 mode http
 timeout connect 10s
 timeout client 1m
 timeout server 1m
`;
const register = `frontend register
 mode tcp
 bind :1515
 default_backend register
backend register
 mode tcp
 balance leastconn
 server master 172.0.0.3:1515 check
`;
const own = (balance: string, names = ['master', 'worker01', 'worker02']): string => `frontend events
 mode tcp
 bind :1514
 default_backend wazuh_reporting
backend wazuh_reporting
 mode tcp
 balance ${balance}
${names.map((name, index) => ` server ${name} 172.0.0.${index + 3}:1514 check`).join('\n')}
`;

interface Given {
  readonly cfg?: string;
  readonly mode?: string;
  readonly master?: string;
  readonly ossec?: string;
}

function load({
  cfg = defaults + register,
  mode = '{ haproxy: { file: haproxy.cfg, helper: yes } }',
  master = '',
  ossec = '',
}: Given = {}): Scenario {
  const conf = `<ossec_config><remote><connection>secure</connection></remote><auth><disabled>no</disabled></auth>${ossec}</ossec_config>`;
  const file = ossec === '' ? '' : ', ossec: m.conf';
  return loadScenario({
    file: 'scenario.yaml',
    text: `fleetfall: 1
cluster:
  nodes:
    master: { address: 172.0.0.3, role: master${master}${file} }
    worker01: { address: 172.0.0.4 }
    worker02: { address: 172.0.0.5, names: [w2] }
fleet: { servers: { count: 600, addresses: 10.1.0.0/16, events: { rate: 1/s } } }
modes:
  lb: ${mode}
`,
    files: filesOf({ 'haproxy.cfg': cfg, 'm.conf': conf }),
    overrides: {},
  });
}

function problemsOf(given: Given): string {
  try {
    load(given);
    return '';
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message;
  }
}

function haproxyOf(scenario: Scenario): HaproxyOptions {
  const { product } = scenario.modes[0]!.world.balancers[0]!;
  if (product.kind === 'haproxy') return product.haproxy;
  throw new Error(product.kind);
}

test('a file without a backend for events is as the helper leaves it: leastconn over all nodes, and a frontend', () => {
  const scenario = load();
  const { backends, frontends, hardStopAfterUs } = haproxyOf(scenario);

  expect(backends[1]).toMatchObject({ name: 'wazuh_reporting', balance: { kind: 'leastconn' } });
  expect(backends[1]!.servers.map(({ serverText, address, port }) => `${serverText} ${address}:${port}`)).toEqual([
    'master 172.0.0.3:1514',
    'worker01 172.0.0.4:1514',
    'worker02 172.0.0.5:1514',
  ]);
  expect(frontends.map(({ name }) => name)).toEqual(['register', 'wazuh_reporting_front']);
  // 600 / (3 × 300) × 3 × 5 s + 3 × 10 s.
  expect(hardStopAfterUs).toBe(40_000_000);
  expect(scenario.modes[0]!.world.helper).toEqual({ balancerIndex: 0, options: helperDefaults });
});

test('what the file has stays as it is', () => {
  const scenario = load({ cfg: `global\n hard-stop-after 90s\n${defaults}${own('leastconn')}` });

  expect(haproxyOf(scenario).hardStopAfterUs).toBe(90_000_000);
  expect(haproxyOf(scenario).frontends).toHaveLength(1);
});

test('excluded nodes, by any of their names, get no server', () => {
  const mode = '{ haproxy: { file: haproxy.cfg, helper: { excludedNodes: [w2] } } }';
  const scenario = load({ mode });

  expect(haproxyOf(scenario).backends[1]!.servers.map(({ serverText }) => serverText)).toEqual(['master', 'worker01']);
  expect(scenario.modes[0]!.world.helper!.options.excludedNodes).toEqual(['worker02', 'w2']);
});

test('the master’s ossec.conf switches it on, and the scenario has the last word', () => {
  const access =
    '<haproxy_address>10.0.0.9</haproxy_address><haproxy_user>u</haproxy_user><haproxy_password>p</haproxy_password>';
  const ossec = `<cluster><node_type>master</node_type><haproxy_helper>${access}<frequency>30</frequency><agent_chunk_size>100</agent_chunk_size></haproxy_helper></cluster>`;
  const optionsOf = (mode: string) =>
    load({ ossec, mode, cfg: defaults + own('leastconn') }).modes[0]!.world.helper?.options;

  expect(optionsOf('{ haproxy: haproxy.cfg }')).toMatchObject({ frequencyUs: 30_000_000, agentChunkSize: 100 });
  expect(optionsOf('{ haproxy: { file: haproxy.cfg, helper: { frequency: 20s } } }')).toMatchObject({
    frequencyUs: 20_000_000,
    agentChunkSize: 100,
  });
  expect(optionsOf('{ haproxy: { file: haproxy.cfg, helper: no } }')).toBeUndefined();
  expect(load({ ossec, mode: '{ servers: [worker01] }' }).modes[0]!.assumptions).toContain(
    'The HAProxy helper of the master finds no HAProxy in this mode, and ends.',
  );
});

test('a server under a name that is no node’s gets a second one beside it, which is said', () => {
  const { warnings } = load({ cfg: defaults + own('leastconn', ['master', 'worker1', 'w2']) });

  expect(warnings.map(({ text }) => text).join('\n')).toMatch(
    /server worker1 is worker01's address under another name/,
  );
  expect(warnings.map(({ text }) => text).join('\n')).not.toMatch(/w2/);
});

test.each([
  [
    'another method',
    { cfg: defaults + own('roundrobin') },
    /the helper needs "balance leastconn", and backend wazuh_reporting has roundrobin/,
  ],
  [
    'a manager before 4.9',
    { master: ', version: 4.8.2' },
    /the helper came with Wazuh 4\.9\.0, and master is of 4\.8\.2/,
  ],
  [
    'a name that is no node’s',
    { mode: '{ haproxy: { file: haproxy.cfg, helper: { excludedNodes: [worker2] } } }' },
    /no node is called "worker2"\. Did you mean worker02\?/,
  ],
  [
    'a chunk below what the product takes',
    { mode: '{ haproxy: { file: haproxy.cfg, helper: { agentChunkSize: 50 } } }' },
    /agentChunkSize: expected a whole number from 100/,
  ],
  [
    'a place of its own',
    { mode: '{ haproxy: haproxy.cfg, helper: yes }' },
    /the HAProxy helper stands with its balancer/,
  ],
])('is refused: %s', (_, given, text) => {
  expect(problemsOf(given)).toMatch(text);
});
