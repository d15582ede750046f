// From settings to the options of a world: who connects where, with which settings, and what is assumed.
import { describe, expect, test } from 'vitest';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import type { Mode } from '../../../src/scenario/scenario.ts';
import {
  load,
  nginxConf,
  ossecConf,
  problemsOf,
  scenarioText,
  type Beside,
  type Parts,
} from '../../support/scenarios.ts';

function modeOf(parts: Parts, beside: Beside = {}): Mode {
  return load(scenarioText(parts), beside).modes[0]!;
}

/** `host:port protocol → place`, one a server of the first group. */
function serversOf({ nodes, groups }: WorldOptions, group = 0): string[] {
  return groups[group]!.servers.map(({ text, port, protocol, endpoint, registration }) => {
    const place = endpoint.kind === 'node' ? nodes[endpoint.nodeIndex]!.name : `listener ${endpoint.listenerIndex}`;
    return `${text}:${port} ${protocol} → ${place}${registration === null ? '' : ', registers'}`;
  });
}

const oneNode = '{ nodes: { worker01: { address: 172.0.0.4 } } }';

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

  test('a name of several addresses is several peers to nginx', () => {
    const conf = nginxConf.replace('server 172.0.0.4:1514; server 172.0.0.5:1514;', 'server both.corp:1514;');
    const { world } = modeOf({ more, modes: '{ lb: { nginx: nginx.conf } }' }, { files: { 'nginx.conf': conf } });

    expect(world.balancer!.nginx.upstreams[0]!.peers.map(({ address }) => address)).toEqual(['172.0.0.4', '172.0.0.5']);
  });

  test('a peer that is no node, or a port where nobody listens, is refused where it stands', () => {
    expect(problemsOf(scenarioText({ cluster: oneNode, modes: '{ lb: { nginx: nginx.conf } }' }))).toEqual([
      'nginx.conf:3:82  server 172.0.0.5:1514 is no node of the cluster. Known: worker01, 172.0.0.4.',
    ]);
    expect(problemsOf(scenarioText({ cluster, modes: '{ lb: { nginx: nginx.conf } }' }))).toEqual([
      'nginx.conf:3:82  nobody listens for events on port 1514 of worker02 (events: 2514, registration: 2515).',
    ]);
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

describe('settings of agents, a later layer over an earlier one', () => {
  const conf = ossecConf('172.0.0.4').replace(
    '</client>',
    '<notify_time>11</notify_time><time-reconnect>61</time-reconnect></client><client_buffer><queue_size>100</queue_size></client_buffer>',
  );
  const files = {
    'ossec.conf': conf,
    'agent.conf': '<agent_config><client_buffer><queue_size>200</queue_size></client_buffer></agent_config>',
    'local.conf': 'agent.recv_timeout=30\n',
  };
  const agentOf = (parts: Parts, beside: Beside = {}) =>
    modeOf(parts, { ...beside, files: { ...files, ...beside.files } }).world.groups[0]!.agent;

  test('the release, then ossec.conf', () => {
    expect(agentOf({ modes: '{ list: { servers: [worker01] } }' })).toMatchObject({ notifyTimeSeconds: 20 });
    expect(agentOf({ modes: '{ list: { ossec: ossec.conf } }' })).toMatchObject({
      notifyTimeSeconds: 11,
      timeReconnectSeconds: 61,
      clientBuffer: { queueSize: 100 },
    });
  });

  test('then agent.conf and local_internal_options.conf, unless the agent takes nothing from its manager', () => {
    const modes = '{ list: { ossec: { file: ossec.conf, agentConf: agent.conf, internalOptions: local.conf } } }';
    expect(agentOf({ modes })).toMatchObject({
      clientBuffer: { queueSize: 200 },
      internal: { recvTimeoutSeconds: 30 },
      enrollment: { timeoutSeconds: 30 },
    });
    const closed = { 'local.conf': 'agent.remote_conf=0\n' };
    expect(agentOf({ modes }, { files: closed })).toMatchObject({ clientBuffer: { queueSize: 100 } });
  });

  test('then the group, the mode, and the group within the mode', () => {
    const fleet =
      '{ servers: { count: 1, events: { rate: 1/s }, agent: { notifyTime: 12s, timeReconnect: 62s, maxRetries: 2 } } }';
    expect(agentOf({ fleet, modes: '{ list: { ossec: ossec.conf } }' }).notifyTimeSeconds).toBe(12);
    expect(agentOf({ fleet, modes: '{ list: { ossec: ossec.conf, agent: { notifyTime: 13s } } }' })).toMatchObject({
      notifyTimeSeconds: 13,
      timeReconnectSeconds: 62,
    });
    const modes =
      '{ list: { ossec: ossec.conf, agent: { notifyTime: 13s }, groups: { servers: { agent: { notifyTime: 14s } } } } }';
    expect(agentOf({ fleet, modes }).notifyTimeSeconds).toBe(14);
  });

  test('--set has the last word, over the mode’s settings and over its set', () => {
    const modes =
      '{ list: { ossec: ossec.conf, agent: { notifyTime: 13s, kernel: { connectTimeout: 20s } }, set: { cluster.version: 4.12.0, network.latency: 9ms } } }';
    const set = [
      { path: 'fleet.servers.agent.notifyTime', value: '15s' },
      { path: 'network.latency', value: '3ms' },
    ];
    const { world } = modeOf({ modes }, { files, overrides: { set } });

    expect(world.groups[0]!.agent).toMatchObject({
      notifyTimeSeconds: 15,
      kernel: { connectTimeoutUs: 20e6, arpTimeoutUs: 3_060_000 },
    });
    expect(world.network.latencyUs).toBe(3_000);
    expect(world.nodes[0]!.version).toBe('4.12.0');
  });

  test('the number of tries of a list that does not say is a setting, too', () => {
    const modes =
      '{ list: { servers: [worker01, { node: worker02, maxRetries: 7 }], agent: { maxRetries: 3, retryInterval: 4s } } }';
    expect(
      modeOf({ modes }).world.groups[0]!.servers.map(({ maxRetries, retryIntervalSeconds }) => [
        maxRetries,
        retryIntervalSeconds,
      ]),
    ).toEqual([
      [3, 4],
      [7, 4],
    ]);
  });
});

describe('a node', () => {
  const manager = (protocol: string): string =>
    `<ossec_config><remote><connection>secure</connection><port>2514</port><protocol>${protocol}</protocol><queue_size>5000</queue_size></remote></ossec_config>`;
  const cluster = (more = ''): string => `{ nodes: { worker01: { address: 172.0.0.4, ossec: manager.conf${more} } } }`;

  test('has what its own ossec.conf says, and what stands beside that wins', () => {
    const beside = { files: { 'manager.conf': manager('tcp') } };
    expect(
      modeOf({ cluster: cluster(), modes: '{ list: { servers: [worker01] } }' }, beside).world.nodes,
    ).toMatchObject([{ eventsPort: 2514, registrationPort: null, queueSize: 5000 }]);
    const modes = '{ list: { servers: [worker01] } }';
    const more = ', queueSize: 70, ports: { events: 3514, registration: 3515 }';
    expect(modeOf({ cluster: cluster(more), modes }, beside).world.nodes).toMatchObject([
      { eventsPort: 3514, registrationPort: 3515, queueSize: 70 },
    ]);
  });

  test('takes the protocols of its own ossec.conf only; without one UDP is assumed', () => {
    const modes = '{ list: { servers: [{ node: worker01, protocol: udp }] } }';
    const said = 'The managers are taken to listen on UDP as well (<protocol> of their <remote>).';
    const both = { files: { 'manager.conf': manager('tcp,udp') } };

    expect(modeOf({ cluster: oneNode, modes }).assumptions).toContain(said);
    expect(modeOf({ cluster: cluster(), modes }, both).assumptions).not.toContain(said);
    expect(
      problemsOf(scenarioText({ cluster: cluster(), modes }), { files: { 'manager.conf': manager('tcp') } }),
    ).toEqual(['5:28  modes.list.servers[0]: worker01 does not listen for UDP: the <protocol> of its ossec.conf.']);
    expect(
      problemsOf(scenarioText({ cluster: cluster(), modes: '{ lb: { nginx: nginx.conf } }' }), {
        files: {
          'manager.conf': manager('udp'),
          'nginx.conf': nginxConf.replace('server 172.0.0.5:1514;', '').replace('172.0.0.4:1514', '172.0.0.4:2514'),
        },
      }),
    ).toEqual(['nginx.conf:3:59  worker01 listens for UDP only: its ossec.conf says so.']);
  });

  test('gives its node what it says of second connections and of events a second; what stands beside it wins', () => {
    const conf = manager('tcp')
      .replace('<queue_size>', '<connection_overtake_time>0</connection_overtake_time><queue_size>')
      .replace('<remote>', '<global><limits><eps><maximum>700</maximum></eps></limits></global><remote>');
    const nodeOf = (more: string) =>
      modeOf(
        {
          cluster: cluster().replace('ossec: manager.conf', `ossec: manager.conf${more}`),
          modes: '{ list: { servers: [worker01] } }',
        },
        { files: { 'manager.conf': conf } },
      ).world.nodes.find(({ connectionOvertakeSeconds }) => connectionOvertakeSeconds !== 60)!;

    expect(nodeOf('')).toMatchObject({
      connectionOvertakeSeconds: 0,
      epsLimit: { maximum: 700, timeframeSeconds: 10 },
    });
    expect(nodeOf(', connectionOvertakeTime: 30s, epsLimit: { maximum: 0 }')).toMatchObject({
      connectionOvertakeSeconds: 30,
      epsLimit: null,
    });
  });
});

describe('the network', () => {
  test('has defaults that a group, a node or the balancer overrides', () => {
    const { world } = modeOf({
      cluster:
        '{ nodes: { worker01: { address: 172.0.0.4, latency: 3ms, unreachable: sameSegment }, worker02: { address: 172.0.0.5 } } }',
      fleet:
        '{ servers: { count: 1, events: { rate: 1/s }, latency: 20ms, unreachable: sameSegment, agent: { kernel: { connectTimeout: 63s, sendBuffer: { silent: 60kB } } } } }',
      modes: '{ lb: { nginx: { file: nginx.conf, latency: 100us, unreachable: routed, kernel: { arpTimeout: 1s } } } }',
      more: 'network: { latency: 2ms, unreachable: { agents: routed } }\n',
    });

    expect(world.network).toEqual({ latencyUs: 2_000, unreachable: { agents: 'routed', balancer: 'sameSegment' } });
    expect(world.nodes).toMatchObject([{ latencyUs: 3_000, unreachable: 'sameSegment' }, { latencyUs: null }]);
    expect(world.groups[0]).toMatchObject({
      latencyUs: 20_000,
      unreachable: 'sameSegment',
      agent: { kernel: { connectTimeoutUs: 63e6, sendBuffer: { silentBytes: 60_000, hungBytes: 2e6 } } },
    });
    expect(world.balancer).toMatchObject({ latencyUs: 100, unreachable: 'routed', kernel: { arpTimeoutUs: 1e6 } });
  });

  test('which of the two kinds of dead host applies is said, for each pair if they differ', () => {
    const faults = '[{ at: 10m, powerOff: worker01 }]';
    const assumed = (parts: Parts): string[] =>
      modeOf({ ...parts, faults }).assumptions.filter((text) => text.includes('gone'));

    expect(assumed({})).toEqual([
      'Agents in front of a host that is gone: packets vanish (routed), connects run into the SYN time-out.',
    ]);
    expect(assumed({ modes: '{ lb: { nginx: nginx.conf } }' })).toEqual([
      'The balancer in front of a host that is gone: ARP fails (sameSegment) after 3 s.',
    ]);
    expect(
      assumed({
        fleet:
          '{ servers: { count: 1, events: { rate: 1/s } }, branch: { count: 1, events: { rate: 1/s }, unreachable: sameSegment } }',
      }),
    ).toEqual([
      'Agents of servers in front of worker01, worker02 when it is gone: packets vanish (routed), connects run into the SYN time-out.',
      'Agents of branch in front of worker01, worker02 when it is gone: ARP fails (sameSegment) after 3 s.',
    ]);
  });
});

describe('agents', () => {
  test('have the i-th addresses of their range, or drawn ones, and are seen under their NAT addresses', () => {
    const { world } = modeOf({
      fleet: `
  servers: { count: 5, addresses: 10.1.0.0/16, events: { rate: 30/m, size: 1KiB, arrival: regular, source: socket } }
  drawn: { count: 6, addresses: { range: 10.2.0.0/29, draw: yes }, events: { total: 60/s, spread: pareto 1.2 } }
  branch: { count: 2, nat: [203.0.113.7, 198.51.100.0/30], events: { rate: 0/s } }`,
      modes: '{ lb: { nginx: nginx.conf } }',
    });

    expect(world.groups).toMatchObject([
      {
        addresses: { kind: 'range', firstHost: 0x0a010001, hostCount: 65_534 },
        events: {
          ratePerSecond: 0.5,
          sizeBytes: 1024,
          arrival: 'regular',
          source: 'socket',
          spread: { kind: 'equal' },
        },
      },
      {
        addresses: { kind: 'draw', firstHost: 0x0a020001, hostCount: 6 },
        events: {
          ratePerSecond: 10,
          spread: { kind: 'pareto', alpha: 1.2 },
          arrival: 'poisson',
          source: 'logcollector',
        },
      },
      { nat: [0xcb007107, 0xc6336401, 0xc6336402] },
    ]);
  });

  test('whose addresses decide and are not given are taken to have some, which is said', () => {
    expect(modeOf({ modes: '{ lb: { nginx: nginx.conf } }' }).assumptions).toContain(
      'The agents of servers are taken to have addresses of 10.1.0.0/16.',
    );
  });

  test('that are newer than their managers are assumed to be let in', () => {
    expect(
      modeOf({ modes: '{ list: { servers: [worker01], set: { cluster.version: 4.12.0 } } }' }).assumptions,
    ).toContain('Managers of 4.12.0 are taken to let in agents of later releases (<allow_higher_versions>).');
  });

  test('with events of nobody, or more than their range holds, are refused', () => {
    expect(
      problemsOf(
        scenarioText({
          fleet:
            '{ a: { count: 300, addresses: 10.1.0.0/24, events: {} }, b: { count: 1, events: { rate: 1/s, total: 2/s } } }',
        }),
      ),
    ).toEqual([
      '4:38  fleet.a.addresses: 10.1.0.0/24 has 254 host addresses for 300 agents. Give a larger range.',
      '4:59  fleet.a.events: give either rate (of one agent) or total (of the group).',
      '4:88  fleet.b.events: give either rate (of one agent) or total (of the group).',
    ]);
  });
});

describe('the balancer', () => {
  test('has the version, processors, addresses and ports it is given; its text may stand in the scenario', () => {
    const inline = nginxConf
      .replace('events {}', 'worker_processes auto; events {}')
      .replace(/^/gm, '        ')
      .trimEnd();
    const { world, description } = modeOf({
      modes: `
  lb:
    nginx:
      version: 1.24.0
      cpus: 3
      ports: 1000
      addresses: [172.0.0.2, lb.corp]
      file: |
${inline}
`,
    });

    expect(world.balancer).toMatchObject({
      nginx: { workers: 3 },
      sourcePorts: 1000,
      addresses: ['172.0.0.2', 'lb.corp'],
    });
    expect(description).toBe('nginx hash $remote_addr consistent over worker01, worker02');
  });

  test('has as many local ports as a number or the kernel’s range says', () => {
    const portsOf = (ports: string): number =>
      modeOf({ modes: `{ lb: { nginx: { file: nginx.conf, ports: ${ports} } } }` }).world.balancer!.sourcePorts;

    expect(portsOf('32768-60999')).toBe(28_232);
    expect(portsOf('500')).toBe(500);
    expect(modeOf({ modes: '{ lb: { nginx: nginx.conf } }' }).world.balancer!.sourcePorts).toBe(28_232);
    expect(problemsOf(scenarioText({ modes: '{ lb: { nginx: { file: nginx.conf, ports: 60999-32768 } } }' }))).toEqual([
      '5:50  modes.lb.nginx.ports: expected a range such as 32768-60999, got "60999-32768".',
    ]);
  });

  test('with worker_processes auto needs the number of its processors', () => {
    const files = { 'nginx.conf': `worker_processes auto;\n${nginxConf}` };
    expect(problemsOf(scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' }), { files })).toEqual([
      expect.stringMatching(/^nginx\.conf:1:\d+ {2}.*cpus/),
    ]);
  });

  test('mistakes of a text in the scenario are placed in that text', () => {
    const modes = '{ lb: { nginx: "events {}\\nhttp {}\\n" } }';
    expect(problemsOf(scenarioText({ modes }))).toEqual([
      'modes.lb.nginx:2:1  there is no "stream" block (only http). Agents are balanced in stream { upstream … server … }.',
    ]);
  });
});

describe('faults', () => {
  const faultsOf = (faults: string) => modeOf({ faults, modes: '{ lb: { nginx: nginx.conf } }' }).world.faults;

  test('hit places together, at an instant, at a drawn one, or from the start, once or again and again', () => {
    expect(
      faultsOf(
        '[{ at: 10m, kill: [worker01, balancer], for: 90s, acceptsFor: 5ms }, { at: 10m..11m, powerOff: worker02, every: 5m, times: 2 }, { at: start, hang: worker01 }]',
      ),
    ).toEqual([
      {
        kind: 'kill',
        places: ['worker01', 'balancer'],
        atUs: { fromUs: 600e6, toUs: 600e6 },
        forUs: 90e6,
        everyUs: null,
        times: 1,
        acceptsForUs: 5_000,
      },
      {
        kind: 'powerOff',
        places: ['worker02'],
        atUs: { fromUs: 600e6, toUs: 660e6 },
        forUs: null,
        everyUs: 300e6,
        times: 2,
      },
      {
        kind: 'hang',
        places: ['worker01'],
        atUs: null,
        forUs: null,
        everyUs: null,
        times: 1,
      },
    ]);
  });

  test('that repeat without a number repeat as often as they begin within the run', () => {
    expect(faultsOf('[{ at: 10m, kill: worker01, every: 5m, for: 1m }]')).toMatchObject([{ times: 4 }]);
  });

  test('a run may end when everything is settled', () => {
    expect(modeOf({ duration: '{ until: settled, atMost: 4h }' }).world).toMatchObject({
      untilSettled: true,
      durationUs: 14_400e6,
    });
  });
});

test('the balancer of the agents may serve others as well: what no agent uses is passed over, with a warning', () => {
  const others = `upstream web { random; server 192.0.2.9:443; } server { listen 443 proxy_protocol; proxy_pass web; }`;
  const conf = nginxConf.replace('stream {', `stream { ${others}`);
  const { modes, warnings } = load(scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' }), {
    files: { 'nginx.conf': conf },
  });

  expect(modes[0]!.description).toBe('nginx hash $remote_addr consistent over worker01, worker02');
  expect(warnings.map(({ text }) => text)).toEqual([
    'no agent connects to port 443: this server is passed over, and so are the connections it holds.',
  ]);
});

test('what agents use of the balancer must be modelled and lead to nodes', () => {
  const conf = nginxConf
    .replace('hash $remote_addr consistent;', 'random;')
    .replace('172.0.0.5:1514', '192.0.2.9:1514')
    .replace('listen 1514;', 'listen 1514 proxy_protocol;');

  expect(
    problemsOf(scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' }), { files: { 'nginx.conf': conf } }),
  ).toEqual([
    'nginx.conf:3:22  random is not modelled: the draw of the C library cannot be repeated. Remove it, or say in the scenario why it does not matter: assume: [{ directive: random, because: … }].',
    'nginx.conf:3:60  server 192.0.2.9:1514 is no node of the cluster. Known: worker01, 172.0.0.4, worker02, 172.0.0.5.',
    'nginx.conf:4:24  listen … proxy_protocol: agents do not speak it on their events port. Remove it, or say in the scenario why it does not matter: assume: [{ directive: proxy_protocol, because: … }].',
  ]);
});

test('events that the balancer passes to a registration port are refused', () => {
  const conf = nginxConf.replaceAll(':1514', ':1515');

  expect(
    problemsOf(scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' }), { files: { 'nginx.conf': conf } }),
  ).toEqual(
    [0, 1].map((index): unknown =>
      expect.stringContaining(`nobody listens for events on port 1515 of worker0${index + 1} (events: 1514`),
    ),
  );
});

test('settings of agents that decide nothing are named', () => {
  const fleet =
    '{ servers: { count: 1, events: { rate: 1/s }, agent: { internal: { tolerance: 5s }, enrollment: { delayAfterEnrollment: 5s } } } }';

  expect(load(scenarioText({ fleet })).warnings.map(({ text }) => text)).toEqual([
    'tolerance, delayAfterEnrollment of fleet.servers.agent decide nothing in a simulation.',
  ]);
});
