// What one choice of a balancer costs, and a million addresses through `fleetfall assign`: choices a configuration, medians.
import { rootKey } from '../../src/kernel/random.ts';
import type { Balancer, BalancerClient } from '../../src/models/balancer/contract.ts';
import { createHaproxyBackend } from '../../src/models/balancer/haproxy/haproxy.ts';
import { documentedVersion } from '../../src/models/balancer/haproxy/versions.ts';
import { createNginxBalancer, createUpstream } from '../../src/models/balancer/nginx/nginx.ts';
import { assignNginx } from '../../src/scenario/assign.ts';
import { assignHaproxy } from '../../src/scenario/assignHaproxy.ts';
import { haproxyOptionsOf } from '../support/haproxyRead.ts';
import { readNginxConf } from '../../src/scenario/import/nginxConf.ts';

const rounds = Number(process.env.FLEETFALL_BENCH_PAIRS ?? 5);
const choicesPerRound = 200_000;
const addressCount = 1_000_000;
const serverCount = 100;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

const address = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
const servers = (line: (number: number) => string): string =>
  Array.from({ length: serverCount }, (_, index) => line(index + 1)).join('\n');

const nginxText = (method: string): string => `events { worker_connections 4096; }
stream {
  upstream cluster {
    ${method}
${servers((number) => `    server 172.16.0.${number}:1514 weight=10;`)}
  }
  server { listen 1514; proxy_pass cluster; }
}`;

const haproxyText = (lines: string): string => `defaults
  mode tcp
  timeout connect 10s
  timeout client 1m
  timeout server 1m
listen cluster
  bind :1514
  ${lines}
${servers((number) => `  server w${number} 172.16.0.${number}:1514 weight 10`)}
`;

const key = rootKey('bench', 0);

function nginxBalancer(method: string): Balancer {
  const { options } = readNginxConf({
    file: 'nginx.conf',
    text: nginxText(method),
    readInclude: () => [],
    cpus: 1,
    resolve: () => null,
    assume: [],
    listeners: 'all',
  });
  return createNginxBalancer(createUpstream(options.upstreams[0]!, 1), options.listeners[0]!);
}

function haproxyBalancer(lines: string): Balancer {
  const options = haproxyOptionsOf(haproxyText(lines), documentedVersion);
  return createHaproxyBackend(options, 0, key)(options.frontends[0]!.binds[0]!);
}

/** Open, choose, connect and close. @returns µs of processor time for one client: others may want the machine, too. */
function costUs(balancer: Balancer, clients: readonly BalancerClient[]): number {
  const before = process.cpuUsage();
  for (const client of clients) {
    const session = balancer.open(client, 0);
    balancer.next(session, 1e12);
    balancer.connected(session, 1e12);
    balancer.closed(session, 1e12);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / clients.length;
}

const clients = Array.from({ length: choicesPerRound }, (_, index): BalancerClient => {
  return { address: address(index), port: 40_000, luck: { key, index, connect: 0 } };
});
const balancers: readonly (readonly [string, () => Balancer])[] = [
  ['nginx hash … consistent', () => nginxBalancer('hash $remote_addr consistent;')],
  ['nginx hash', () => nginxBalancer('hash $remote_addr;')],
  ['nginx round robin', () => nginxBalancer('')],
  ['nginx least_conn', () => nginxBalancer('least_conn;')],
  ['HAProxy source, ring', () => haproxyBalancer('balance source\n  hash-type consistent')],
  ['HAProxy source, map', () => haproxyBalancer('balance source')],
  ['HAProxy leastconn', () => haproxyBalancer('balance leastconn')],
  ['HAProxy roundrobin', () => haproxyBalancer('balance roundrobin')],
];
console.log(
  `A client through a balancer of ${serverCount} servers with weight 10 (open, choose, connect, close): medians of ${rounds} times ${choicesPerRound}`,
);
for (const [name, create] of balancers) {
  const balancer = create();
  costUs(balancer, clients); // compiled by now
  const us = median(Array.from({ length: rounds }, () => costUs(balancer, clients)));
  console.log(`${name.padEnd(28)}${us.toFixed(3).padStart(8)} µs`);
}

const addresses = Array.from({ length: addressCount }, (_, index) => address(index));
const asked = { clients: addresses, down: [], resolve: new Map<string, readonly string[]>() };
const assigns: readonly (readonly [string, () => { readonly servers: readonly string[] }])[] = [
  [
    'nginx hash … consistent',
    () =>
      assignNginx({
        ...asked,
        file: 'nginx.conf',
        text: nginxText('hash $remote_addr consistent;'),
        readInclude: () => [],
      }),
  ],
  ...(['balance source\n  hash-type consistent', 'balance leastconn'] as const).map(
    (lines) =>
      [
        `HAProxy ${lines.includes('source') ? 'source, ring' : 'leastconn'}`,
        () => assignHaproxy({ ...asked, file: 'haproxy.cfg', text: haproxyText(lines), env: new Map() }),
      ] as const,
  ),
];
console.log(`\n${addressCount.toExponential(0)} addresses through assign: medians of 3`);
for (const [name, run] of assigns) {
  const seconds = median(
    Array.from({ length: 3 }, () => {
      const startedMs = performance.now();
      if (run().servers.length !== addressCount) throw new Error(name);
      return (performance.now() - startedMs) / 1000;
    }),
  );
  console.log(`${name.padEnd(28)}${seconds.toFixed(2).padStart(8)} s`);
}
