// Unix sockets behind an upstream: measured on nginx 1.22.1.
import { expect, test } from 'vitest';
import { rootKey } from '../../../../src/kernel/random.ts';
import { startUpstreams } from '../../../../src/models/balancer/nginx/nginx.ts';
import { nginxProduct } from '../../../../src/models/balancer/nginx/product.ts';
import { blockAt } from '../../../../src/models/balancer/nginx/servers.ts';
import { createNginxProxy, leavesOf } from '../../../../src/models/balancer/nginx/sockets.ts';
import type { NginxOptions } from '../../../../src/models/balancer/nginx/options.ts';
import type { Balancer, BalancerSession } from '../../../../src/models/balancer/contract.ts';
import { newTrace } from '../../../../src/models/balancer/trace.ts';
import { readNginxConf } from '../../../../src/scenario/import/nginxConf.ts';
import { aClient } from '../../../support/clients.ts';

function optionsOf(stream: string, main = ''): NginxOptions {
  return readNginxConf({
    file: 'nginx.conf',
    text: `${main} events {}\nstream {\n${stream}\n}\n`,
    readInclude: () => [],
    cpus: 1,
    resolve: () => null,
    assume: [],
    listeners: 'agents',
  }).options;
}

function balancerOf(options: NginxOptions): Balancer {
  const [listener] = options.listeners;
  return createNginxProxy(options, listener!, startUpstreams(options, [listener!]));
}

/** Where a session goes while the servers in `dead` refuse; `none`: its client is closed. */
function walk(balancer: Balancer, session: BalancerSession, dead: readonly string[], nowUs = 1e9): string[] {
  const tried: string[] = [];
  for (;;) {
    const peer = balancer.next(session, nowUs);
    if (peer < 0) return [...tried, 'none'];
    const { serverText } = balancer.peers[peer]!;
    tried.push(serverText);
    if (!dead.includes(serverText)) {
      balancer.connected(session, nowUs);
      return tried;
    }
    if (balancer.failed(session, nowUs, 0, false) === Infinity) return [...tried, 'none'];
  }
}

const chained = `
  upstream front {
    hash $remote_addr consistent;
    server unix:/tmp/fleetfall-events.sock;
    server unix:/tmp/fleetfall-nobody.sock;
    server 127.0.0.1:1;
  }
  upstream nodes { hash $remote_addr consistent; server 127.0.9.1:18081; server 127.0.9.2:18081; }
  server { listen 18080; proxy_pass front; }
  server { listen unix:/tmp/fleetfall-events.sock; proxy_pass nodes; }`;

test('unix sockets have their points on the ring, those of nobody refuse, and behind one all have the address "unix:"', () => {
  const balancer = balancerOf(optionsOf(chained));
  const dead = ['127.0.0.1:1'];
  const found = [1, 2, 3, 4, 5, 6, 7, 8].map((host) => {
    const trace = newTrace();
    const session = balancer.open(aClient(`127.3.0.${host}`), 0, trace);
    return { tried: walk(balancer, session, dead), choices: trace.choices.length };
  });

  // Measured: 127.3.0.2 meets nobody's socket, then the port on which nobody listens, and both are passed over afterwards.
  const through = { tried: ['127.0.9.2:18081'], choices: 2 };
  expect(found).toEqual([
    through,
    { tried: ['127.0.0.1:1', '127.0.9.2:18081'], choices: 4 },
    ...[3, 4, 5, 6, 7, 8].map(() => through),
  ]);
});

test('a plain hash behind a socket knows neither port nor binary address', () => {
  const servers = [1, 2, 3, 4, 5, 6, 7].map((host) => `server 127.0.9.${host}:18081;`).join(' ');
  const balancer = balancerOf(
    optionsOf(`
      upstream c { hash $binary_remote_addr$remote_port$server_port; ${servers} }
      server { listen 18082; proxy_pass unix:/tmp/fleetfall-other.sock; }
      server { listen unix:/tmp/fleetfall-other.sock; proxy_pass c; }`),
  );
  const found = [1, 2, 3].map((host) => walk(balancer, balancer.open(aClient(`127.3.0.${host}`), 0), []));

  // Measured.
  expect(found).toEqual([['127.0.9.1:18081'], ['127.0.9.1:18081'], ['127.0.9.1:18081']]);
});

test('whoever has a connection to a socket tries no other server before it when all behind it refuse', () => {
  const balancer = balancerOf(
    optionsOf(`
      upstream front { server unix:/a; server 10.0.0.9:1514; }
      upstream nodes { server 10.0.0.1:1514; server 10.0.0.2:1514; }
      server { listen 1514; proxy_pass front; }
      server { listen unix:/a; proxy_pass nodes; }`),
  );
  const dead = ['10.0.0.1:1514', '10.0.0.2:1514'];
  const next = (): string[] => walk(balancer, balancer.open(aClient(), 0), dead);

  expect([next(), next(), next()]).toEqual([
    ['10.0.0.1:1514', '10.0.0.2:1514', 'none'],
    ['10.0.0.9:1514'],
    // The socket is never marked: it takes the connection, and closes it for want of a live server.
    ['none'],
  ]);
});

test('sessions that end are counted out on both sides of the socket', () => {
  const balancer = balancerOf(
    optionsOf(`
      upstream front { least_conn; server unix:/a; server 10.0.0.9:1514; }
      upstream nodes { least_conn; server 10.0.0.1:1514; server 10.0.0.2:1514; }
      server { listen 1514; proxy_pass front; }
      server { listen unix:/a; proxy_pass nodes; }`),
  );
  const open = (): { text: string; session: BalancerSession } => {
    const session = balancer.open(aClient(), 0);
    return { text: walk(balancer, session, []).at(-1)!, session };
  };
  const first = [open(), open(), open(), open()];
  const sorted = first.map(({ text }) => text).sort();
  expect(sorted).toEqual(['10.0.0.1:1514', '10.0.0.2:1514', '10.0.0.9:1514', '10.0.0.9:1514']);

  const [one, other] = ['10.0.0.1:1514', '10.0.0.2:1514'].map((wanted) => first.find(({ text }) => text === wanted)!);
  // Of an established session its worker and its peer are enough.
  balancer.closed({ worker: 0, peerIndex: one!.session.peerIndex }, 1e9);
  balancer.closed(other!.session, 1e9);
  // The two that take their place find nobody before them on either side.
  expect([open(), open()].map(({ text }) => text).sort()).toEqual(['10.0.0.1:1514', '10.0.0.2:1514']);
});

test('a session through a socket takes the room, the buffers and the shortest time-out of both blocks', () => {
  const options = optionsOf(`
    upstream front { server unix:/a backup; server 10.0.0.9:1514; }
    upstream nodes { server 10.0.0.1:1514; }
    server { listen 1514; proxy_pass front; proxy_connect_timeout 7s; proxy_timeout 20m; }
    server { listen unix:/a; proxy_pass nodes; proxy_connect_timeout 3s; proxy_timeout 5m; proxy_buffer_size 4k; }`);
  const [listener] = nginxProduct.start({ kind: 'nginx', nginx: options }, rootKey('sockets', 0)).listeners;
  const [facts] = nginxProduct.listeners({ kind: 'nginx', nginx: options });

  expect(listener).toMatchObject({
    slots: 2,
    connectTimeoutsUs: [3e6, 7e6],
    options: { sessionTimeoutUs: 300e6, proxyBufferBytes: 20_480 },
  });
  expect(facts!.peers.map(({ serverText, backup }) => [serverText, backup])).toEqual([
    ['10.0.0.1:1514', true],
    ['10.0.0.9:1514', false],
  ]);
});

test('blocks are found by the path of their socket alone, however the word unix is written', () => {
  const options = optionsOf(`
    upstream nodes { server 10.0.0.1:1514; }
    server { listen 1514; proxy_pass UNIX:/a; }
    server { listen unix:/a; proxy_pass nodes; }`);
  expect(blockAt(options, { address: 'UNIX:/a' })?.path).toBe('/a');
  expect(blockAt(options, { address: 'unix:/b' })).toBeNull();
  expect(leavesOf(options, options.listeners[0]!).map(({ peer }) => peer.address)).toEqual(['10.0.0.1']);
});
