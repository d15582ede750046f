import { rootKey } from '../../../src/kernel/random.ts';
import type { Balancer } from '../../../src/models/balancer/contract.ts';
import type { NginxSession } from '../../../src/models/balancer/nginx/session.ts';
import { expect, test } from 'vitest';
import { addressText, newProxy, type Proxy, type ProxyListener } from '../../../src/models/balancer/proxy.ts';
import { nodeDefaults, type NodeOptions } from '../../../src/models/node.ts';
import { readNginxConf } from '../../../src/scenario/import/nginxConf.ts';
import { aClient } from '../../support/clients.ts';

const nodes: readonly NodeOptions[] = [
  { ...nodeDefaults, name: 'master', address: '172.0.0.3', role: 'master' },
  { ...nodeDefaults, name: 'worker01', address: '172.0.0.4' },
];

function proxyOf(stream: string, given: { addresses?: string[]; head?: string } = {}): Proxy {
  const { options } = readNginxConf({
    file: 'nginx.conf',
    text: `events { worker_connections 100; } ${given.head ?? ''} stream { ${stream} }`,
    readInclude: () => [],
    cpus: null,
    resolve: () => null,
    assume: [],
    listeners: 'agents',
  });
  return newProxy(
    { addresses: given.addresses ?? [], sourcePorts: 28_232 },
    { kind: 'nginx', nginx: options },
    { nodes, balancers: [] },
    rootKey('1', 0),
  );
}

const cluster = 'upstream cluster { hash $remote_addr consistent; server 172.0.0.3:1514; server 172.0.0.4:1514; }';

test('each peer is a node, and its port says whether events or registrations go there', () => {
  const { listeners } = proxyOf(
    `${cluster} server { listen 1514; proxy_pass cluster; } server { listen 1515; proxy_pass 172.0.0.3:1515; }`,
  );

  expect(listeners.map(({ targets }) => targets)).toMatchObject([
    [
      { nodeIndex: 0, registration: false },
      { nodeIndex: 1, registration: false },
    ],
    [{ nodeIndex: 0, registration: true }],
  ]);
});

test('servers that no agent gets to may be no nodes', () => {
  const stream = `upstream web { server 192.0.2.1:443; } ${cluster} server { listen 443; proxy_pass web; }
    server { listen 1514; proxy_pass cluster; }`;

  expect(proxyOf(stream).listeners.map(({ targets }) => targets.map(({ nodeIndex }) => nodeIndex))).toEqual([
    [-1],
    [0, 1],
  ]);
});

test('the address of an agent is hashed as the listener sees it', () => {
  const agent = 10 * 2 ** 24 + 1 * 2 ** 16 + 7;
  const keyBehind = (listen: string, key = '$remote_addr'): string => {
    const upstream = cluster.replace('$remote_addr', key);
    const [listener] = proxyOf(`${upstream} server { listen ${listen}; proxy_pass cluster; }`).listeners;
    const balancer = listener!.balancer as Balancer<NginxSession>;
    return balancer.open(aClient(addressText(agent), 0, 40_000), 0).key;
  };

  expect(keyBehind('1514')).toBe('10.1.0.7');
  expect(keyBehind('[::]:1514 ipv6only=off')).toBe('::ffff:10.1.0.7');
  expect(keyBehind('1514', '"$remote_addr:$remote_port $server_port"')).toBe('10.1.0.7:40000 1514');
  expect(keyBehind('1514', '""')).toBe('');
});

test('a method without a key needs none', () => {
  const { listeners } = proxyOf('server { listen 1514; proxy_pass 172.0.0.3:1514; }');

  expect((listeners[0]!.balancer as Balancer<NginxSession>).open(aClient(), 0).key).toBe('');
});

test('listeners with one upstream share its source ports and what it remembers', () => {
  const proxy = proxyOf(
    `${cluster} server { listen 1514; proxy_pass cluster; } server { listen 2514; proxy_pass cluster; }
     server { listen 1515; proxy_pass 172.0.0.3:1515; }`,
  );
  const [events, other, registration] = proxy.listeners;
  proxy.ports[events!.portOf[0]!]! += 1;
  const open = ({ portOf }: ProxyListener): number[] => portOf.map((slot) => proxy.ports[slot]!);

  expect(open(other!)).toEqual([1, 0]);
  expect(open(registration!)).toEqual([0]);
});

test('slots are counted a worker process, source ports an address of the balancer', () => {
  const stream = `${cluster} server { listen 1514; proxy_pass cluster; }`;
  const one = proxyOf(stream);
  const four = proxyOf(stream, { head: 'worker_processes 4;', addresses: ['192.0.2.1', '192.0.2.2'] });

  expect([one.workers, one.sessionsPerWorker, one.slots.length, one.portsPerPeer]).toEqual([1, 49, 1, 28_232]);
  expect([four.workers, four.sessionsPerWorker, four.slots.length, four.portsPerPeer]).toEqual([4, 49, 4, 56_464]);
});
