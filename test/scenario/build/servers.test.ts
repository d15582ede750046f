// From the servers a list names to nodes and listeners of the balancer.
import { describe, expect, test } from 'vitest';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { modeOf, ossecConf, problemsOf, scenarioText } from '../../support/scenarios.ts';

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

  test('without a balancer cannot hold one, behind it there is no UDP', () => {
    expect(problemsOf(scenarioText({ modes: '{ list: { servers: [balancer] } }' }))).toEqual([
      '5:28  modes.list.servers[0]: this mode has no balancer. Give it nginx, or name a node.',
    ]);
    expect(
      problemsOf(
        scenarioText({ modes: '{ lb: { nginx: nginx.conf, servers: [{ node: balancer, protocol: udp }] } }' }),
      ),
    ).toEqual([
      '5:45  modes.lb.servers[0]: UDP sessions through nginx are not modelled. Use TCP, or let the agents connect to the nodes.',
    ]);
  });
});
