// From the servers a list names to nodes and listeners of the balancer.
import { describe, expect, test } from 'vitest';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { clusterOf, fleetOf, modeOf, ossecConf, problemsOf, scenarioText } from '../../support/scenarios.ts';

/** `host:port protocol → place`, one a server of the first group. */
function serversOf({ nodes, groups }: WorldOptions, group = 0): string[] {
  return groups[group]!.servers.map(({ text, port, protocol, endpoint, registration }) => {
    const place = endpoint.kind === 'node' ? nodes[endpoint.nodeIndex]!.name : `listener ${endpoint.listenerIndex}`;
    return `${text}:${port} ${protocol} → ${place}${registration === null ? '' : ', registers'}`;
  });
}

describe('from text to node', () => {
  const cluster = `
  nodes:
    master: { address: 172.0.0.3, role: master }
    worker01: { address: 172.0.0.4, names: [wazuh-worker1.corp], ports: { registration: no } }
    worker02: { address: 172.0.0.5, ports: { events: 2514, registration: 2515 } }`;
  const more = 'hosts: { wazuh.corp: 172.0.0.5, both.corp: [172.0.0.4, 172.0.0.5], lost.corp: 10.0.0.9 }\n';

  test('a server is a node by its name, its address, another name, or what hosts says', () => {
    const list = [
      'worker01',
      '172.0.0.3',
      'wazuh-worker1.corp',
      '{ address: wazuh.corp, port: 2514 }',
      '{ node: worker02 }',
    ];
    expect(serversOf(modeOf({ cluster, more, modes: `{ list: { servers: [${list.join(', ')}] } }` }).world)).toEqual([
      'worker01:1514 tcp → worker01',
      '172.0.0.3:1514 tcp → master, registers',
      'wazuh-worker1.corp:1514 tcp → worker01',
      'wazuh.corp:2514 tcp → worker02',
      'worker02:2514 tcp → worker02',
    ]);
  });

  test('a server the cluster does not have is refused with the known ones, a wrong port with the right one', () => {
    const known =
      'Known: master, 172.0.0.3, worker01, 172.0.0.4, wazuh-worker1.corp, worker02, 172.0.0.5, wazuh.corp, both.corp, lost.corp.';
    expect(
      problemsOf(
        scenarioText({
          cluster,
          more,
          modes: '{ list: { servers: [worker3, lost.corp, { node: worker02, port: 1514 }] } }',
        }),
      ),
    ).toEqual([
      `9:28  modes.list.servers[0]: "worker3" is no node of the cluster. Did you mean worker01? ${known}`,
      `9:37  modes.list.servers[1]: "lost.corp" is no node of the cluster. ${known}`,
      '9:48  modes.list.servers[2]: worker02 does not listen for events on port 1514, but on 2514.',
    ]);
    expect(
      problemsOf(scenarioText({ cluster, more, modes: '{ list: { ossec: ossec.conf } }' }), {
        files: { 'ossec.conf': ossecConf('172.0.0.4', '172.0.0.9') },
      }),
    ).toEqual([`ossec.conf:1:76  "172.0.0.9" is no node of the cluster. ${known}`]);
  });
});

describe('a list', () => {
  test('from ossec.conf is replaced by servers, and a group may have its own', () => {
    const { world } = modeOf(
      {
        fleet: '{ servers: { count: 1, events: { rate: 1/s } }, branch: { count: 1, events: { rate: 1/s } } }',
        modes:
          '{ list: { ossec: ossec.conf, servers: [worker02], order: shuffled, groups: { branch: { ossec: branch.conf, order: rotated } } } }',
      },
      { files: { 'branch.conf': ossecConf('172.0.0.4') } },
    );

    expect([serversOf(world, 0), serversOf(world, 1)]).toEqual([
      ['worker02:1514 tcp → worker02, registers'],
      ['172.0.0.4:1514 tcp → worker01, registers'],
    ]);
    expect(world.groups.map(({ order }) => order)).toEqual(['shuffled', 'rotated']);
  });

  test('may hold the balancer, by that word or by an address that is no node’s', () => {
    const modes =
      '{ lb: { nginx: { file: nginx.conf, addresses: [172.0.0.2] }, servers: [balancer, worker02, 172.0.0.2] } }';
    expect(serversOf(modeOf({ modes }).world)).toEqual([
      'balancer:1514 tcp → listener 0',
      'worker02:1514 tcp → worker02, registers',
      '172.0.0.2:1514 tcp → listener 0',
    ]);
    expect(problemsOf(scenarioText({ modes: modes.replace('balancer, worker02, 172.0.0.2', '172.0.0.1') }))).toEqual([
      '5:79  modes.lb.servers[0]: "172.0.0.1" is neither a node nor an address of the balancer. Known: worker01, 172.0.0.4, worker02, 172.0.0.5, 172.0.0.2.',
    ]);
  });

  test('without a balancer cannot hold one, behind one that takes connections alone there is no UDP', () => {
    expect(problemsOf(scenarioText({ modes: '{ list: { servers: [balancer] } }' }))).toEqual([
      '5:28  modes.list.servers[0]: this mode has no balancer. Give it nginx or haproxy, or name a node.',
    ]);
    expect(
      problemsOf(
        scenarioText({ modes: '{ lb: { nginx: nginx.conf, servers: [{ node: balancer, protocol: udp }] } }' }),
      ),
    ).toEqual([
      '5:45  modes.lb.servers[0]: the balancer has no listener for UDP that is modelled: nginx has, with "listen … udp", and what forwards packets. Use TCP, or let the agents connect to the nodes.',
    ]);
  });
});

describe('a list of servers, by release', () => {
  test.each([
    ['3.12.3', 'udp', 5],
    ['3.13.6', 'udp', 5],
    ['4.0.0', 'tcp', 10],
    ['5.0.0', 'tcp', 10],
  ])(
    'that says nothing is what agents of %s make of it: %s, and %i s between attempts',
    (version, protocol, seconds) => {
      const { groups } = modeOf({ fleet: fleetOf(version), cluster: clusterOf(version) }).world;

      expect(groups[0]!.servers.map((one) => [one.protocol, one.retryIntervalSeconds])).toEqual([
        [protocol, seconds],
        [protocol, seconds],
      ]);
    },
  );

  test('leads agents of 3.x to a balancer of TCP connections over TCP', () => {
    const { groups } = modeOf({ fleet: fleetOf('3.13.6'), modes: '{ lb: { nginx: nginx.conf } }' }).world;

    expect(groups[0]!.servers.map(({ protocol }) => protocol)).toEqual(['tcp']);
  });
});

describe('what cannot be, by release', () => {
  const udp = '{ failover: { servers: [{ node: worker01, protocol: udp }, worker02] } }';

  test('UDP to managers of 5.0, and from agents of 5.0', () => {
    expect(problemsOf(scenarioText({ cluster: clusterOf('5.0.0'), modes: udp }))).toEqual([
      '5:32  modes.failover.servers[0]: worker01 does not listen for UDP: managers of 5.0.0 have no such listener.',
    ]);
    expect(problemsOf(scenarioText({ fleet: fleetOf('5.0.0'), cluster: clusterOf('5.0.0'), modes: udp }))).toEqual([
      '5:32  modes.failover.servers[0]: agents of 5.0.0 connect over TCP only. Remove the protocol.',
    ]);
  });

  test('UDP to a node whose file says TCP', () => {
    const manager =
      '<ossec_config><remote><connection>secure</connection><protocol>tcp</protocol></remote><auth/></ossec_config>';
    expect(
      problemsOf(scenarioText({ cluster: clusterOf('4.14.7', ', ossec: m.conf'), modes: udp }), {
        files: { 'm.conf': manager.replace('<auth/>', '<auth><disabled>no</disabled></auth>') },
      }),
    ).toEqual([
      '5:32  modes.failover.servers[0]: worker01 does not listen for UDP: the <protocol> of its ossec.conf (m.conf:1:54).',
    ]);
  });

  test('HTTPS on port 1517, which is not published', () => {
    const modes = '{ failover: { servers: [{ node: worker01, port: 1517 }] } }';
    expect(problemsOf(scenarioText({ fleet: fleetOf('5.0.0'), cluster: clusterOf('5.0.0'), modes }))).toEqual([
      '5:32  modes.failover.servers[0]: the HTTPS interface of 5.0 on port 1517 is not published yet, and not modelled. Let the agents use port 1514.',
    ]);
  });

  test('enrolment at a worker of 3.x', () => {
    const ports = ', ports: { registration: 1515 }';
    expect(problemsOf(scenarioText({ cluster: clusterOf('3.13.6', ports) }))).toEqual([
      '3:93  cluster.nodes.worker01.ports.registration: workers of 3.x run no authd; agents can only enrol at the master. Write no.',
    ]);
    expect(problemsOf(scenarioText({ cluster: clusterOf('4.0.0', ports) }))).toEqual([]);
    const { nodes } = modeOf({ cluster: clusterOf('3.13.6') }).world;
    expect(nodes.map(({ registrationPort }) => registrationPort)).toEqual([null, null]);
  });

  test('agents of a later minor release than a manager that does not let them in', () => {
    const manager = (agents: string): string =>
      `<ossec_config><remote><connection>secure</connection>${agents}</remote><auth><disabled>no</disabled></auth></ossec_config>`;
    const said = (agents: string, version: string): string[] =>
      problemsOf(
        scenarioText({
          fleet: fleetOf('4.14.7'),
          cluster: clusterOf(version, ', ossec: m.conf'),
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
