// A node: what the scenario says of it, its own ossec.conf, and its release.
import { describe, expect, test } from 'vitest';
import { load, modeOf, nginxConf, problemsOf, scenarioText } from '../../support/scenarios.ts';

const oneNode = '{ nodes: { worker01: { address: 172.0.0.4 } } }';

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
    ).toEqual([
      '5:28  modes.list.servers[0]: worker01 does not listen for UDP: the <protocol> of its ossec.conf (manager.conf:1:71).',
    ]);
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

test('a configuration may be written in one line', () => {
  const conf = '<ossec_config><remote><connection>secure</connection><port>2514</port></remote></ossec_config>';

  expect(
    modeOf({
      cluster: `{ nodes: { worker01: { address: 172.0.0.4, ossec: "${conf}" } } }`,
      modes: '{ list: { servers: [worker01] } }',
    }).world.nodes,
  ).toMatchObject([{ eventsPort: 2514 }]);
});

describe('the files of managers', () => {
  const remote = '<remote><connection>secure</connection></remote><auth/>';
  const conf = (inside: string): string => `<ossec_config>${inside}${remote}</ossec_config>`;
  const modes = '{ list: { servers: [worker01] } }';
  const three = (more = '', defaults = '{}'): string =>
    `{ defaults: ${defaults}, nodes: { master: { address: 172.0.0.3, role: master, ossec: m.conf }, worker01: { address: 172.0.0.4, names: [w1], ossec: w.conf }, worker02: { address: 172.0.0.5 ${more} } } }`;
  const files = (master: string, worker = '', extra: Readonly<Record<string, string>> = {}) => ({
    files: { 'm.conf': conf(master), 'w.conf': conf(worker), ...extra },
  });
  const problems = (master: string, worker = '', more = '', extra: Readonly<Record<string, string>> = {}): string[] =>
    problemsOf(scenarioText({ cluster: three(more), modes }), files(master, worker, extra));

  const options = `remoted.worker_pool=2
remoted.control_msg_queue_size=8192
remoted.receive_chunk=8192
remoted.tcp_keepidle=5
remoted.tcp_keepintvl=2
remoted.tcp_keepcnt=9
remoted.keyupdate_interval=20
analysisd.decode_event_queue_size=128
`;
  const ofFile = {
    workerPool: 2,
    controlQueueSize: 8192,
    receiveChunkBytes: 8192,
    keepalive: { idleUs: 5e6, intervalUs: 2e6, count: 9 },
    keyUpdateSeconds: 20,
    analysisQueueSize: 128,
  };

  test('internal options reach their node, win over what holds for all nodes, and give way to what stands beside them', () => {
    const said =
      'analysisQueueSize: 256, control: { cost: 1ms, workers: 3, queueSize: 5000 }, receiveChunk: 2kB, tcpKeepalive: { idle: 7s, interval: 3s, count: 2 }, keyUpdateInterval: 8s';
    const ofScenario = {
      workerPool: 3,
      controlQueueSize: 5000,
      receiveChunkBytes: 2000,
      keepalive: { idleUs: 7e6, intervalUs: 3e6, count: 2 },
      keyUpdateSeconds: 8,
      analysisQueueSize: 256,
    };
    const nodesOf = (more: string, defaults: string) =>
      modeOf({ cluster: three(more, defaults), modes }, files('', '', { 'local.conf': options })).world.nodes;

    expect(nodesOf(', ossec: { internalOptions: local.conf }', `{ ${said} }`)).toMatchObject([
      ofScenario,
      ofScenario,
      ofFile,
    ]);
    expect(nodesOf(`, ossec: { internalOptions: local.conf }, ${said}`, '{}')[2]).toMatchObject(ofScenario);
    expect(
      nodesOf(', ossec: { file: w.conf, internalOptions: local.conf }, tcpKeepalive: { count: 4 }', '{}')[2],
    ).toMatchObject({ ...ofFile, keepalive: { idleUs: 5e6, intervalUs: 2e6, count: 4 } });
  });

  test('mistakes in them are told with their places', () => {
    const more = ', ossec: { file: w2.conf, internalOptions: local.conf }';
    const extra = {
      'local.conf': '# ours\nremoted.tcp_keepcnt=51\n',
      'w2.conf': conf('<global><agents_disconnection_time>0</agents_disconnection_time></global>'),
    };

    expect(problems('', '', more, extra)).toEqual([
      'local.conf:2:21  remoted.tcp_keepcnt: expected a whole number from 1 to 50, got "51": the daemon refuses to start with it.',
      'w2.conf:1:23  <agents_disconnection_time>: expected a time such as 30s, 15m or 1h, at least 1 second, got "0": the manager refuses to start with it.',
    ]);
    expect(problems('', '', ', ossec: {}')).toEqual([expect.stringContaining('names no file')]);
  });

  test('say when the master calls agents disconnected; a worker has no say', () => {
    const times = (time: string, alert: string): string =>
      `<global><agents_disconnection_time>${time}</agents_disconnection_time><agents_disconnection_alert_time>${alert}</agents_disconnection_alert_time></global>`;
    const scenario = (defaults: string, worker = '') =>
      modeOf({ cluster: three('', defaults), modes }, files(times('5m', '10'), worker));
    const ofFile = { thresholdSeconds: 300, sweepSeconds: 300, alertSeconds: 10 };

    expect(scenario('{}').world.nodes[0]!.disconnection).toEqual(ofFile);
    expect(scenario('{ agentsDisconnectionTime: 20m, agentsDisconnectionAlertTime: 1m }').world.nodes).toMatchObject([
      { disconnection: ofFile },
      { disconnection: { thresholdSeconds: 1200, alertSeconds: 60 } },
      {},
    ]);
    const { warnings } = load(scenarioText({ cluster: three(), modes }), files('', times('5m', '10')));
    expect(
      warnings.map(({ position, text }) => `${position?.file}:${position?.line}:${position?.column}  ${text}`),
    ).toContain(
      'w.conf:1:23  <agents_disconnection_time> decides nothing on worker01: which agents the dashboard calls disconnected is for the master to say.',
    );
  });

  test('have the role of their node, and no cluster that is switched off', () => {
    const type = (role: string): string => `<cluster><node_type>${role}</node_type></cluster>`;

    expect(problems(type('master'), type('worker'))).toEqual([]);
    expect(problems(type('worker'), type('master'))).toEqual([
      'm.conf:1:24  <node_type> makes this a worker, but the scenario makes master a master (cluster.nodes.master.role). Change one of them.',
      'w.conf:1:24  <node_type> makes this a master, but the scenario makes worker01 a worker (cluster.nodes.worker01.role). Change one of them.',
    ]);
    const off = '<cluster><node_type>master</node_type><disabled>yes</disabled></cluster>';
    expect(problems('', off)).toEqual([
      'w.conf:1:53  <cluster> is disabled here, so worker01 would share neither keys nor status with the other nodes. Write <disabled>no</disabled>.',
    ]);
    const alone = scenarioText({ cluster: '{ nodes: { worker01: { address: 172.0.0.4, ossec: w.conf } } }', modes });
    expect(problemsOf(alone, files('', off))).toEqual([]);
  });

  test('are the files of their nodes', () => {
    const named = (name: string): string => `<cluster><node_name>${name}</node_name></cluster>`;

    expect(problems(named('master'), named('w1'))).toEqual([]);
    expect(problems(named('w1'), named('worker01'))).toEqual([
      'm.conf:1:24  <node_name>: this is the file of worker01, given to master. Name the right file.',
    ]);
    expect(problems(named('node01'), named('node01'))).toEqual([
      'w.conf:1:24  <node_name> "node01" is master\'s already: the master refuses a second node of a name. Give worker01 a file of its own.',
    ]);
    const { warnings } = load(scenarioText({ cluster: three(), modes }), files(named('node01'), named('worker01')));
    expect(warnings.map(({ text }) => text)).toContain(
      '<node_name> is "node01", and the scenario calls the node master. If this is the right file, list it under cluster.nodes.master.names.',
    );
    const cluster = (name: string): string => `<cluster><name>${name}</name></cluster>`;
    expect(problems(cluster('wazuh'), cluster('other'))).toEqual([
      'w.conf:1:24  <name>: the nodes of one cluster have one name, and this is "other", but "wazuh" in m.conf:1:24: they would refuse each other. Write the same.',
    ]);
  });

  test('a HAProxy helper may be assumed away', () => {
    const helper = '<cluster><node_type>master</node_type><haproxy_helper></haproxy_helper></cluster>';
    const more = 'assume: [{ directive: haproxy_helper, because: nothing is out of balance }]\n';

    expect(problems(helper)).toContainEqual(
      expect.stringMatching(/^m\.conf:1:53 {2}<haproxy_helper> has no <haproxy_address>: the helper does not start/),
    );
    expect(modeOf({ cluster: three(), modes, more }, files(helper)).assumptions).toContain(
      'haproxy_helper is passed over: nothing is out of balance',
    );
  });

  test('a limit of events a second is for managers from 4.4.0, in the scenario as in the file', () => {
    const old = (more: string, defaults = '{}'): string =>
      `{ version: 4.3.11, defaults: ${defaults}, nodes: { worker01: { address: 172.0.0.4${more} } } }`;
    const refused = (cluster: string): string[] => problemsOf(scenarioText({ cluster, modes }));
    const why =
      'the limit came with Wazuh 4.4.0, and worker01 is of 4.3.11. Give it { maximum: 0 }, or a later version.';

    expect(refused(old(', epsLimit: { maximum: 100 }'))).toEqual([
      expect.stringMatching(new RegExp(`cluster\\.nodes\\.worker01\\.epsLimit: ${why.replace(/[.{}]/g, '\\$&')}$`)),
    ]);
    expect(refused(old('', '{ epsLimit: { maximum: 100 } }'))).toEqual([
      expect.stringContaining(`cluster.defaults.epsLimit: ${why}`),
    ]);
    expect(refused(old(', epsLimit: { maximum: 0 }', '{ epsLimit: { maximum: 100 } }'))).toEqual([]);
    expect(refused(old(', version: 4.4.0', '{ epsLimit: { maximum: 100 } }'))).toEqual([]);
  });
});

test('options of a node that its release or its role does not know are named', () => {
  const of = (version: string, more: string): string[] =>
    load(
      scenarioText({
        cluster: `{ version: ${version}, nodes: { m: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4, ${more} } } }`,
        fleet: `{ servers: { count: 1, version: ${version}, events: { rate: 1/s } } }`,
        modes: '{ list: { servers: [worker01] } }',
      }),
    ).warnings.map(({ text }) => text.replace('cluster.nodes.worker01.', ''));

  expect(of('4.3.0', 'connectionOvertakeTime: 5s, control: { cost: 1ms, queueSize: 5000 }')).toEqual([
    'connectionOvertakeTime is passed over: managers of 4.3.0 let nobody overtake (from 4.5.2).',
    'control.queueSize is passed over: managers of 4.3.0 have no such queue (from 4.13.0).',
  ]);
  expect(of('4.14.7', 'agentsDisconnectionTime: 5m, control: { cost: 1ms, workers: 2 }')).toEqual([
    'control.workers is passed over: managers of 4.14.7 do this work in one thread behind the ACK (from 4.13.0).',
    'agentsDisconnectionTime is passed over: the master alone calls agents disconnected. Write it there.',
  ]);
  expect(of('4.12.0', 'connectionOvertakeTime: 5s, control: { cost: 1ms, workers: 2 }')).toEqual([]);
});
