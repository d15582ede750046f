// Room at the HAProxy of this machine: servers that are full and who waits for them, `timeout queue`, a frontend that is full, and the
// weight of a server that warms up. Against the model, client by client.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import seedrandom from 'seedrandom';
import { rootKey } from '../../src/kernel/random.ts';
import { Choice, type Balancer } from '../../src/models/balancer/contract.ts';
import { createHaproxyBackend } from '../../src/models/balancer/haproxy/haproxy.ts';
import type { HaproxyOptions } from '../../src/models/balancer/haproxy/options.ts';
import type { HaproxySession } from '../../src/models/balancer/haproxy/session.ts';
import type { HaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';
import { startProduct } from '../../src/models/balancer/products.ts';
import { aClient } from '../support/clients.ts';
import { haproxyOptionsOf } from '../support/haproxyRead.ts';
import { ask, stopped } from './liveHaproxy.ts';
import { wallUs } from './liveNodes.ts';
import { freePorts, inParallel, startNode, until } from './loopback.ts';

export interface LimitsResult {
  readonly name: string;
  readonly good: number;
  readonly all: number;
  readonly wrong: readonly string[];
}

const queues = 12;
const stepsOfQueue = 150;

/** @throws when HAProxy does not start with what was written for it. */
export async function compareLimits(version: HaproxyVersion, seed: string): Promise<LimitsResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-haproxy-'));
  const nodes: Server[] = [];
  let haproxy: ChildProcess | undefined;
  try {
    const ports = await freePorts(queues + 4, 28_514);
    const nodePort = ports[queues + 3]!;
    const [timed, fronted, warming] = ports.slice(queues) as [number, number, number];
    const servers = Array.from({ length: 4 }, (_, at) => `127.0.15.${at + 1}:${nodePort}`);
    for (const [at, server] of servers.entries()) {
      nodes.push(await startNode(`s${at + 1}`, { host: server.split(':')[0]!, port: nodePort }));
    }
    const random = seedrandom.alea(`${seed}/queues`);
    const text = confText(folder, random, servers, ports, { timed, fronted, warming });
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, text);
    haproxy = await start(folder, file);
    const orders = join(folder, 'orders');
    const options = haproxyOptionsOf(text, version);
    const told = await Promise.all([
      inParallel(ports.slice(0, queues), 4, (port) => queue(orders, options, port, seed)),
      queueTimeout(options, timed),
      fullFrontend(options, fronted),
      warmUp(orders, options, warming),
    ]);
    return told.flat();
  } finally {
    if (haproxy) await stopped(haproxy);
    for (const node of nodes) node.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

// ---------------------------------------------------------------------------------------------------- what is configured

function confText(
  folder: string,
  random: () => number,
  servers: readonly string[],
  ports: readonly number[],
  { timed, fronted, warming }: { readonly timed: number; readonly fronted: number; readonly warming: number },
): string {
  const below = (limit: number): number => Math.floor(random() * limit);
  const methods = ['balance roundrobin', 'balance leastconn', 'balance static-rr', 'balance first', 'balance source', 'balance source\n  hash-type consistent']; // prettier-ignore
  const section = (port: number, index: number): string => `listen q${port}
  bind 127.0.0.1:${port}
  ${methods[index % methods.length]}
${servers
  .slice(0, 2 + below(3))
  .map((server, at) => `  server s${at + 1} ${server} weight ${1 + below(9)} maxconn ${1 + below(4)}\n`)
  .join('')}`;
  return `global
  nbthread 1
  maxconn 2000
  stats socket ${folder}/orders level admin
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout queue 1h
${ports.slice(0, queues).map(section).join('')}
listen timed
  bind 127.0.0.1:${timed}
  timeout queue 1300ms
  server s1 ${servers[0]} maxconn 1
frontend fronted
  bind 127.0.0.1:${fronted}
  maxconn 3
  default_backend behind
backend behind
  balance roundrobin
  server s1 ${servers[0]}
  server s2 ${servers[1]}
listen warming
  bind 127.0.0.1:${warming}
  balance roundrobin
  server s1 ${servers[0]} weight 100 slowstart 20s
  server s2 ${servers[1]} weight 100
`;
}

async function start(folder: string, file: string): Promise<ChildProcess> {
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('HAProxy does not answer', async () => {
    if (child.exitCode !== null) throw new Error(`HAProxy did not start: ${said}`);
    const orders = join(folder, 'orders');
    return existsSync(orders) && (await ask(orders, 'show info').catch(() => '')) !== '';
  });
  return child;
}

// ----------------------------------------------------------------------------------------------------------- one client

interface Client {
  readonly socket: Socket;
  /** What its server said it is called; empty: nothing so far. */
  said: string;
  endedAtUs: number;
  readonly cameAtUs: number;
}

function comes(port: number, localAddress: string): Client {
  const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
  const client: Client = { socket, said: '', endedAtUs: Infinity, cameAtUs: wallUs() };
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => (client.said += chunk.toString()));
  socket.once('close', () => (client.endedAtUs = wallUs()));
  return client;
}

async function leaves(client: Client): Promise<void> {
  client.socket.end();
  await until('a session does not end', () => client.endedAtUs < Infinity);
}

function modelOf(options: HaproxyOptions, port: number): { balancer: Balancer<HaproxySession>; backend: number } {
  const frontend = options.frontends.find(({ binds }) => binds.some((bind) => bind.port === port))!;
  const backend = frontend.backendIndex;
  return { balancer: createHaproxyBackend(options, backend, rootKey('limits', 0))(frontend.binds[0]!), backend };
}

// --------------------------------------------------------------------------------------------- servers that have no room

/** Clients come and go at random: who is served by whom, who waits, and who is next when a place is free. */
async function queue(orders: string, options: HaproxyOptions, port: number, seed: string): Promise<LimitsResult> {
  const { balancer, backend } = modelOf(options, port);
  const { name, balance, servers } = options.backends[backend]!;
  const random = seedrandom.alea(`${seed}/queue/${port}`);
  const below = (limit: number): number => Math.floor(random() * limit);
  const room = servers.reduce((sum, { maxConn }) => sum + maxConn, 0);
  const clients: Client[] = [];
  const sessions: HaproxySession[] = [];
  const served: number[] = [];
  const wrong: string[] = [];
  let waiting = 0;
  let nowUs = 1e9;
  let all = 0;
  const serve = async (nth: number, peer: number, after: string): Promise<void> => {
    balancer.connected(sessions[nth]!, nowUs);
    served.push(nth);
    all += 1;
    const expected = balancer.peers[peer]!.serverText;
    const client = clients[nth]!;
    await until(`client ${nth} of ${name} is not served`, () => client.said !== '').catch(() => undefined);
    if (client.said !== expected)
      wrong.push(`client ${nth} ${after}: HAProxy ${client.said || 'none'}, model ${expected}`);
  };
  for (let step = 0; step < stepsOfQueue && wrong.length === 0; step++) {
    nowUs += 5000;
    // Half of the time there is a queue of a few.
    if (served.length === 0 || (waiting < 5 && below(room + 6) > served.length + waiting - 3)) {
      const address = `127.${60 + below(100)}.${below(256)}.${1 + below(254)}`;
      const nth = clients.length;
      clients.push(comes(port, address));
      sessions.push(balancer.open(aClient(address, nth), 0));
      const peer = balancer.next(sessions[nth]!, nowUs);
      if (peer === Choice.Queued) {
        waiting += 1;
        all += 1;
      } else await serve(nth, peer, 'comes');
    } else {
      const nth = served.splice(below(served.length), 1)[0]!;
      await leaves(clients[nth]!);
      balancer.closed(sessions[nth]!, nowUs);
      for (const news of balancer.takeNews!()) {
        if (news.kind !== 'freed') continue;
        waiting -= 1;
        const next = sessions.indexOf(news.session as HaproxySession);
        await serve(next, balancer.next(sessions[next]!, nowUs), 'has waited');
      }
    }
    // Whoever waits does so before the next one comes.
    const count = async (): Promise<number> => {
      const fields = (await ask(orders, 'show stat')).split('\n').map((line) => line.split(','));
      const own = fields.filter(([proxy, server]) => proxy === name && server !== 'FRONTEND' && server !== 'BACKEND');
      const total = fields.find(([proxy, server]) => proxy === name && server === 'BACKEND')!;
      // What waits for one server is counted there, and with the backend.
      return Math.max(
        Number(total[2]),
        own.reduce((sum, field) => sum + Number(field[2]), 0),
      );
    };
    let seen = -1;
    await until('', async () => (seen = await count()) === waiting).catch(() => undefined);
    if (seen !== waiting) wrong.push(`behind step ${step}: ${seen} wait at HAProxy, ${waiting} in the model`);
  }
  for (const { socket } of clients) socket.destroy();
  return { name: `queues, ${balance.kind}`, good: all - wrong.length, all, wrong };
}

/** A wait that began is over no sooner than its time, and not much later. */
async function queueTimeout(options: HaproxyOptions, port: number): Promise<LimitsResult> {
  const queueTimeoutUs = options.backends[modelOf(options, port).backend]!.queueTimeoutUs!;
  const first = comes(port, '127.61.0.1');
  await until('nobody is served', () => first.said !== '');
  const others = [2, 3, 4].map((last) => comes(port, `127.61.0.${last}`));
  await until('whoever waits is not closed', () => others.every(({ endedAtUs }) => endedAtUs < Infinity));
  const wrong = others.flatMap(({ cameAtUs, endedAtUs, said }, nth) => {
    const waitedUs = endedAtUs - cameAtUs;
    const isRight = said === '' && waitedUs > queueTimeoutUs - 20_000 && waitedUs < queueTimeoutUs + 1_000_000;
    return isRight ? [] : [`client ${nth}: closed after ${waitedUs} µs, model ${queueTimeoutUs} µs, said "${said}"`];
  });
  first.socket.destroy();
  return { name: 'timeout queue', good: others.length - wrong.length, all: others.length, wrong };
}

/** Clients of a full frontend wait in the kernel's queue, and come in one after the other. */
async function fullFrontend(options: HaproxyOptions, port: number): Promise<LimitsResult> {
  const proxy = startProduct({ kind: 'haproxy', haproxy: options }, rootKey('limits', 0));
  const listener = proxy.listeners.find((each) => each.options.port === port)!;
  const room = Math.min(...listener.limits.map((limit) => proxy.limits[limit]!));
  const { balancer } = modelOf(options, port);
  const wrong: string[] = [];
  const clients: Client[] = [];
  const sessions: HaproxySession[] = [];
  const count = 9;
  for (let nth = 0; nth < count; nth++) {
    if (nth >= room) await leaves(clients[nth - room]!);
    // One more than has room, except for the last: it comes in when another has left.
    while (clients.length < Math.min(count, nth + 1 + (nth >= room - 1 ? 1 : 0))) {
      clients.push(comes(port, `127.62.0.${clients.length + 1}`));
    }
    if (nth >= room) balancer.closed(sessions[nth - room]!, 1e9);
    sessions.push(balancer.open(aClient(`127.62.0.${nth + 1}`, nth), 0));
    const expected = balancer.peers[balancer.next(sessions[nth]!, 1e9)]!.serverText;
    balancer.connected(sessions[nth]!, 1e9);
    await until(`client ${nth} is not served`, () => clients[nth]!.said !== '').catch(() => undefined);
    if (clients[nth]!.said !== expected) wrong.push(`client ${nth}: HAProxy ${clients[nth]!.said || 'none'}, model ${expected}`); // prettier-ignore
    if (nth < room - 1) continue;
    await pause(100);
    if (clients[nth + 1] && clients[nth + 1]!.said !== '')
      wrong.push(`client ${nth + 1} is served, though ${room} are`);
  }
  for (const { socket } of clients) socket.destroy();
  return { name: 'frontend maxconn', good: count - Math.min(count, wrong.length), all: count, wrong };
}

/** A server that is back gets its share by and by: so many of a hundred clients in the midst of each second. */
async function warmUp(orders: string, options: HaproxyOptions, port: number): Promise<LimitsResult> {
  const { balancer } = modelOf(options, port);
  const burst = 100;
  const rounds = 6;
  await ask(orders, 'set server warming/s1 state maint');
  balancer.admin!.setState(0, 'maint', wallUs() - 2_000_000);
  // Its steps are those of whole seconds of the wall clock, and come as often behind its return.
  await pause(1000 - ((wallUs() / 1000) % 1000) + 250);
  balancer.admin!.setState(0, 'ready', wallUs());
  await ask(orders, 'set server warming/s1 state ready');
  const returnedUs = wallUs();
  const wrong: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const atUs = returnedUs + (3 * round + 1) * 1e6 + 500_000;
    await pause(Math.max(0, (atUs - wallUs()) / 1000));
    const found = { real: 0, model: 0 };
    for (let nth = 0; nth < burst; nth++) {
      const client = comes(port, '127.63.0.1');
      const session = balancer.open(aClient('127.63.0.1', round * burst + nth), 0);
      if (balancer.peers[balancer.next(session, wallUs())]!.serverText === 's1') found.model += 1;
      await until('nobody is served', () => client.said !== '');
      if (client.said === 's1') found.real += 1;
      balancer.connected(session, wallUs());
      await leaves(client);
      balancer.closed(session, wallUs());
    }
    // A burst that lasts into the next step may have one or two of them on the other side.
    if (Math.abs(found.real - found.model) > 2) {
      wrong.push(
        `${3 * round + 1.5} s behind its return: HAProxy sends it ${found.real} of ${burst}, model ${found.model}`,
      );
    }
  }
  return { name: 'slowstart', good: rounds - wrong.length, all: rounds, wrong };
}
