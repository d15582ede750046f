// A node: what the scenario says of it, its own ossec.conf, and its release.
import { describe, expect, test } from 'vitest';
import { modeOf, nginxConf, problemsOf, scenarioText } from '../../support/scenarios.ts';

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

test('a configuration may be written in one line', () => {
  const conf = '<ossec_config><remote><connection>secure</connection><port>2514</port></remote></ossec_config>';

  expect(
    modeOf({
      cluster: `{ nodes: { worker01: { address: 172.0.0.4, ossec: "${conf}" } } }`,
      modes: '{ list: { servers: [worker01] } }',
    }).world.nodes,
  ).toMatchObject([{ eventsPort: 2514 }]);
});
