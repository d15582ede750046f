// What agents use of a balancer is modelled and leads to nodes.
import { expect, test } from 'vitest';
import { load, nginxConf, problemsOf, scenarioText } from '../../support/scenarios.ts';

const oneNode = '{ nodes: { worker01: { address: 172.0.0.4 } } }';

const cluster = `
  nodes:
    master: { address: 172.0.0.3, role: master }
    worker01: { address: 172.0.0.4, names: [wazuh-worker1.corp], ports: { registration: no } }
    worker02: { address: 172.0.0.5, ports: { events: 2514, registration: 2515 } }`;

test('a peer that is no node, or a port where nobody listens, is refused where it stands', () => {
  expect(problemsOf(scenarioText({ cluster: oneNode, modes: '{ lb: { nginx: nginx.conf } }' }))).toEqual([
    'nginx.conf:3:82  server 172.0.0.5:1514 is no node of the cluster. Known: worker01, 172.0.0.4.',
  ]);
  expect(problemsOf(scenarioText({ cluster, modes: '{ lb: { nginx: nginx.conf } }' }))).toEqual([
    'nginx.conf:3:82  nobody listens for events on port 1514 of worker02 (events: 2514, registration: 2515).',
  ]);
});

test('the balancer of the agents may serve others as well: what no agent uses is passed over, with a warning', () => {
  const others = `upstream web { least_conn; server 192.0.2.9:443; } server { listen 443 proxy_protocol; proxy_pass web; }`;
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
    .replace('172.0.0.5:1514', '192.0.2.9:1514')
    .replace('listen 1514;', 'listen 1514 proxy_protocol;');

  expect(
    problemsOf(scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' }), { files: { 'nginx.conf': conf } }),
  ).toEqual([
    'nginx.conf:3:82  server 192.0.2.9:1514 is no node of the cluster. Known: worker01, 172.0.0.4, worker02, 172.0.0.5.',
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

test('a choice by the address that clients connect to needs a balancer with one', () => {
  const files = { 'nginx.conf': nginxConf.replace('$remote_addr', '$server_addr') };
  const said = (balancer: string): readonly string[] =>
    problemsOf(scenarioText({ modes: `{ lb: { nginx: ${balancer} } }` }), { files });

  expect(said('{ file: nginx.conf, addresses: [10.0.0.11] }')).toEqual([]);
  for (const balancer of ['nginx.conf', '{ file: nginx.conf, addresses: [10.0.0.11, 10.0.0.12] }']) {
    expect(said(balancer)).toEqual([expect.stringContaining('hash: $server_addr needs the address of the balancer')]);
  }
});

test('proxy_pass by a variable is checked for every way it can take', () => {
  const ways = (other: string): string =>
    nginxConf
      .replace('stream {', `stream { map $remote_addr $way { default cluster; 10.9.9.9 ${other}; }`)
      .replace('proxy_pass cluster', 'proxy_pass $way');
  const said = (other: string): readonly string[] =>
    problemsOf(scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' }), { files: { 'nginx.conf': ways(other) } });

  expect(said('172.0.0.5:1514')).toEqual([]);
  expect(said('192.0.2.9:1514')).toEqual([expect.stringContaining('server 192.0.2.9:1514 is no node of the cluster.')]);
});

test('what forwards leads datagrams to nodes that take them, and to those that take nothing else where it does not check over TCP', () => {
  const manager = (protocol: string): string =>
    `<ossec_config><remote><connection>secure</connection><protocol>${protocol}</protocol></remote></ossec_config>`;
  const said = (product: string, protocols: string, agents = 'udp', more = ''): string[] =>
    problemsOf(
      scenarioText({
        cluster: '{ nodes: { worker01: { address: 172.0.0.4, ossec: manager.conf } } }',
        modes: `{ lb: { balancers: { in: { ${product} }${more} }, servers: [{ node: in, protocol: ${agents} }] } }`,
        faults: '[]',
      }),
      { files: { 'manager.conf': manager(protocols) } },
    );
  const service = 'kubernetes: { endpoints: [worker01] }';
  const nlb = 'nlb: { targets: [worker01] }';

  expect(said(service, 'udp')).toEqual([]);
  expect(said(service, 'udp', 'tcp')).toEqual([
    expect.stringMatching(/worker01 listens for UDP only: its ossec\.conf/),
  ]);
  expect(said(service, 'tcp')).toEqual([expect.stringMatching(/worker01 listens for TCP only: its ossec\.conf/)]);
  expect(said(nlb, 'tcp,udp')).toEqual([]);
  expect(said(nlb, 'udp')).toEqual([
    expect.stringMatching(
      /worker01 listens for UDP only, and in checks it over TCP: no check would ever pass\. .*tcp,udp\.$/,
    ),
  ]);
  expect(said('f5: { type: fastL4, members: [worker01], monitor: none }', 'udp')).toEqual([]);
  const proxy = ', behind: { envoy: { hosts: [worker01] }, addresses: [10.0.0.9] }';
  expect(said('nlb: { targets: [behind] }', 'tcp,udp', 'udp', proxy)).toEqual([
    expect.stringMatching(
      /UDP through in to another balancer, here behind, is not modelled\. Let it lead to the nodes\./,
    ),
  ]);
  const vip = ', two: { kubernetes: { endpoints: [worker01] }, addresses: [10.0.0.9] }';
  expect(said('vip: { of: [two] }', 'tcp,udp', 'udp', vip)).toEqual([
    expect.stringMatching(
      /datagrams through in, an address that moves, are not modelled\. Use TCP, or list its balancers/,
    ),
  ]);
});
