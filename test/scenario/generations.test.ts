// Agents and managers of every generation in a scenario: what each may do, what is assumed of it, and what cannot be.
import { describe, expect, test } from 'vitest';
import type { Mode, Scenario } from '../../src/scenario/scenario.ts';
import { load, problemsOf, scenarioText, type Beside, type Parts } from '../support/scenarios.ts';

const fleet = (version: string, rest = ''): string =>
  `{ servers: { count: 10, version: ${version}, events: { rate: 1/s }${rest} } }`;
const cluster = (version: string, worker = ''): string =>
  `{ version: ${version}, nodes: { worker01: { address: 172.0.0.4${worker} }, worker02: { address: 172.0.0.5 } } }`;

function scenarioOf(parts: Parts, beside: Beside = {}): Scenario {
  return load(scenarioText(parts), beside);
}

function modeOf(parts: Parts, beside: Beside = {}): Mode {
  return scenarioOf(parts, beside).modes[0]!;
}

describe('a list of servers', () => {
  test.each([
    ['3.12.3', 'udp', 5],
    ['3.13.6', 'udp', 5],
    ['4.0.0', 'tcp', 10],
    ['5.0.0', 'tcp', 10],
  ])(
    'that says nothing is what agents of %s make of it: %s, and %i s between attempts',
    (version, protocol, seconds) => {
      const { groups } = modeOf({ fleet: fleet(version), cluster: cluster(version) }).world;

      expect(groups[0]!.servers.map((one) => [one.protocol, one.retryIntervalSeconds])).toEqual([
        [protocol, seconds],
        [protocol, seconds],
      ]);
    },
  );

  test('leads agents of 3.x to a balancer of TCP connections over TCP', () => {
    const { groups } = modeOf({ fleet: fleet('3.13.6'), modes: '{ lb: { nginx: nginx.conf } }' }).world;

    expect(groups[0]!.servers.map(({ protocol }) => protocol)).toEqual(['tcp']);
  });
});

describe('what cannot be', () => {
  const udp = '{ failover: { servers: [{ node: worker01, protocol: udp }, worker02] } }';

  test('UDP to managers of 5.0, and from agents of 5.0', () => {
    expect(problemsOf(scenarioText({ cluster: cluster('5.0.0'), modes: udp }))).toEqual([
      '5:32  modes.failover.servers[0]: worker01 does not listen for UDP: managers of 5.0.0 have no such listener.',
    ]);
    expect(problemsOf(scenarioText({ fleet: fleet('5.0.0'), cluster: cluster('5.0.0'), modes: udp }))).toEqual([
      '5:32  modes.failover.servers[0]: agents of 5.0.0 connect over TCP only. Remove the protocol.',
    ]);
  });

  test('UDP to a node whose file says TCP', () => {
    const manager =
      '<ossec_config><remote><connection>secure</connection><protocol>tcp</protocol></remote><auth/></ossec_config>';
    expect(
      problemsOf(scenarioText({ cluster: cluster('4.14.7', ', ossec: m.conf'), modes: udp }), {
        files: { 'm.conf': manager.replace('<auth/>', '<auth><disabled>no</disabled></auth>') },
      }),
    ).toEqual(['5:32  modes.failover.servers[0]: worker01 does not listen for UDP: the <protocol> of its ossec.conf.']);
  });

  test('HTTPS on port 1517, which is not published', () => {
    const modes = '{ failover: { servers: [{ node: worker01, port: 1517 }] } }';
    expect(problemsOf(scenarioText({ fleet: fleet('5.0.0'), cluster: cluster('5.0.0'), modes }))).toEqual([
      '5:32  modes.failover.servers[0]: the HTTPS interface of 5.0 on port 1517 is not published yet, and not modelled. Let the agents use port 1514.',
    ]);
  });

  test('enrolment at a worker of 3.x', () => {
    const ports = ', ports: { registration: 1515 }';
    expect(problemsOf(scenarioText({ cluster: cluster('3.13.6', ports) }))).toEqual([
      '3:93  cluster.nodes.worker01.ports.registration: workers of 3.x run no authd; agents can only enrol at the master. Write no.',
    ]);
    expect(problemsOf(scenarioText({ cluster: cluster('4.0.0', ports) }))).toEqual([]);
    const { nodes } = modeOf({ cluster: cluster('3.13.6') }).world;
    expect(nodes.map(({ registrationPort }) => registrationPort)).toEqual([null, null]);
  });

  test('agents of a later minor release than a manager that does not let them in', () => {
    const manager = (agents: string): string =>
      `<ossec_config><remote><connection>secure</connection>${agents}</remote><auth><disabled>no</disabled></auth></ossec_config>`;
    const said = (agents: string, version: string): string[] =>
      problemsOf(
        scenarioText({
          fleet: fleet('4.14.7'),
          cluster: cluster(version, ', ossec: m.conf'),
          modes: '{ failover: { servers: [worker01] } }',
        }),
        { files: { 'm.conf': manager(agents) } },
      );
    const yes = '<agents><allow_higher_versions>yes</allow_higher_versions></agents>';
    expect(said('', '4.12.0')).toEqual([
      '5:32  modes.failover.servers[0]: worker01 (4.12.0) refuses agents of later releases such as 4.14.7: its ossec.conf does not say <allow_higher_versions>yes in <remote><agents>. They would never connect. Say so there, or upgrade the managers first.',
    ]);
    expect(said(yes, '4.12.0')).toEqual([]);
    expect(said('', '4.14.0')).toEqual([]); // patch releases are not compared
    expect(said('', '4.5.4')).toEqual([]); // nobody asks yet
  });

  test('a release that never was', () => {
    expect(problemsOf(scenarioText({ fleet: fleet('4.99.0') }))[0]).toContain('There is no Wazuh 4.99.0.');
    expect(problemsOf(scenarioText({ cluster: cluster('4.14.8') }))[0]).toContain('There is no Wazuh 4.14.8');
  });
});

describe('a name that cannot be resolved', () => {
  const more = 'hosts: { gone.corp: unresolvable }\n';

  test('is a server of which no attempt comes anywhere, where the scenario says so', () => {
    const modes = '{ failover: { servers: [gone.corp, worker01] } }';
    expect(problemsOf(scenarioText({ modes }))[0]).toContain('"gone.corp" is no node of the cluster');
    const mode = modeOf({ modes, more });
    expect(mode.world.groups[0]!.servers.map(({ text, isUnresolvable }) => [text, isUnresolvable])).toEqual([
      ['gone.corp', true],
      ['worker01', undefined],
    ]);
    expect(mode.description).toBe('list of gone.corp (unresolvable), worker01');
  });

  test('alone is a mistake: nobody would connect', () => {
    expect(problemsOf(scenarioText({ modes: '{ failover: { servers: [gone.corp] } }', more }))).toEqual([
      '4:19  fleet.servers: no server of its agents can be resolved (hosts): nobody would ever connect.',
    ]);
  });
});

describe('what is assumed', () => {
  test('of a preview stands first with every verdict that has one, of agents or of managers', () => {
    const preview = /^PREVIEW: 5\.0\.0 is played as the source of 5\.0\.0-beta4 reads/;
    for (const parts of [{ fleet: fleet('5.0.0'), cluster: cluster('5.0.0') }, { cluster: cluster('5.0.0') }]) {
      expect(modeOf(parts).assumptions.filter((text) => preview.test(text))).toHaveLength(1);
    }
    expect(modeOf({}).assumptions.filter((text) => text.startsWith('PREVIEW'))).toEqual([]);
  });

  test('of a branch, of Windows, and of managers that must be told to take a transport', () => {
    const { assumptions } = modeOf({ fleet: fleet('4.14.9', ', platform: windows'), cluster: cluster('3.13.6') });

    expect(assumptions).toContain('4.14.9 is known from its branch only, before a release.');
    expect(assumptions).toContain(
      'Windows agents: connect() to a host that is gone gives up after 21 s (not measured).',
    );
    expect(assumptions).toContain('The managers are taken to listen on TCP as well (<protocol> of their <remote>).');
  });
});

test('a setting of an option that a release does not have is passed over with a warning', () => {
  const agent = ', agent: { maxRetries: 3, forceReconnectInterval: 1m, internal: { sendTimeout: 10s } }';
  const warned = (version: string): string[] =>
    scenarioOf({ fleet: fleet(version, agent), cluster: cluster('4.14.7') }).warnings.map(({ text }) => text);

  expect(warned('3.12.3')).toContain(
    'agents of 3.12.3 have no maxRetries, forceReconnectInterval, sendTimeout: what fleet.servers.agent says of it is passed over.',
  );
  expect(warned('4.14.7')).toContain(
    'agents of 4.14.7 have no sendTimeout: what fleet.servers.agent says of it is passed over.',
  );
  expect(warned('5.0.0')).toContain(
    'agents of 5.0.0 have no forceReconnectInterval: what fleet.servers.agent says of it is passed over.',
  );
  const { agent: options } = modeOf({ fleet: fleet('4.14.9', agent) }).world.groups[0]!;
  expect(options.internal.sendTimeoutSeconds).toBe(10);
  expect(options.forceReconnectIntervalSeconds).toBe(60);
});
