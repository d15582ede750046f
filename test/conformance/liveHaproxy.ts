// The HAProxy of this machine against the model: random configurations, clients from many loopback addresses, choice by choice.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { rootKey } from '../../src/kernel/random.ts';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import { createHaproxyBackend } from '../../src/models/balancer/haproxy/haproxy.ts';
import type { HaproxyOptions } from '../../src/models/balancer/haproxy/options.ts';
import type { HaproxySession } from '../../src/models/balancer/haproxy/session.ts';
import { parseHaproxyVersion, type HaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';
import { readHaproxyConf } from '../../src/scenario/import/haproxyConf.ts';
import { aClient } from '../support/clients.ts';
import { randomHaproxy, type HaproxyGround, type HaproxyStep, type HaproxySubject } from './randomHaproxy.ts';

export interface HaproxyResult {
  readonly subject: HaproxySubject;
  readonly good: number;
  readonly all: number;
  readonly wrong: readonly string[];
}

/** The HAProxy of this machine, or why there is nothing to compare with. */
export function findHaproxy(): HaproxyVersion | string {
  if (process.platform !== 'linux') return 'only on Linux every 127.x.y.z is a client address';
  const { stdout, error } = spawnSync('haproxy', ['-v'], { encoding: 'utf8' });
  if (error) return 'HAProxy is not installed';
  const text = /version (\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1] ?? '?';
  return parseHaproxyVersion(text) ?? `HAProxy ${text} is no release that is modelled`;
}

/** @throws when HAProxy does not start with what was written for it. */
export async function compareWithHaproxy(
  version: HaproxyVersion,
  seed: string,
  subjects: number,
  clients: number,
): Promise<HaproxyResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-haproxy-'));
  const nodes: Server[] = [];
  let haproxy: ChildProcess | undefined;
  try {
    const ports = await freePorts(subjects + 2, 23_514);
    const addresses = Array.from({ length: 8 }, (_, node) => `127.0.12.${node + 1}`);
    const ground: HaproxyGround = { addresses, serverPort: ports[subjects]!, deadPort: ports[subjects + 1]! };
    const chosen = ports.slice(0, subjects).map((port, index) => randomHaproxy(seed, index, port, clients, ground));
    const text = `global
  nbthread 1
  maxconn 2000
  stats socket ${folder}/orders level admin
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${chosen.map((subject) => subject.text).join('')}`;
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, text);
    for (const [node, address] of addresses.entries()) nodes.push(await startNode(node, address, ground.serverPort));
    haproxy = await startHaproxy(folder, file);
    const options = optionsOf(text, version);
    const results: HaproxyResult[] = [];
    for (const subject of chosen) {
      const real = await play(subject, join(folder, 'orders'));
      const model = modelled(subject, options);
      const wrong = real.flatMap((server, nth) =>
        server === model[nth] ? [] : [`client ${nth}: HAProxy ${server}, model ${model[nth]}`],
      );
      results.push({ subject, good: real.length - wrong.length, all: real.length, wrong });
    }
    return results;
  } finally {
    if (haproxy) await stopped(haproxy);
    for (const node of nodes) node.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

// -------------------------------------------------------------------------------------------------------- the real program

async function freePorts(count: number, from: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = from; ports.length < count; port++) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '0.0.0.0', () => resolve(true));
    });
    if (!free) continue;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    ports.push(port);
  }
  return ports;
}

/** A server says who it is, and closes when its client does. */
function startNode(node: number, address: string, port: number): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(`s${node + 1}`);
    socket.resume();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, 511, () => resolve(server));
  });
}

async function startHaproxy(folder: string, file: string): Promise<ChildProcess> {
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for (
    let waitedMs = 0;
    !(existsSync(join(folder, 'orders')) && (await answers(join(folder, 'orders'))));
    waitedMs += 10
  ) {
    if (child.exitCode !== null) throw new Error(`HAProxy did not start: ${said}`);
    if (waitedMs > 10_000) throw new Error('HAProxy does not answer');
    await pause(10);
  }
  return child;
}

function answers(socketFile: string): Promise<boolean> {
  return tell(socketFile, 'show info').then(
    (text) => text !== '',
    () => false,
  );
}

async function stopped(haproxy: ChildProcess): Promise<void> {
  if (haproxy.exitCode !== null) return;
  const end = new Promise((resolve) => haproxy.once('exit', resolve));
  haproxy.kill('SIGTERM');
  await end;
}

/** An order at run time, and what HAProxy says to it. */
function tell(socketFile: string, order: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketFile);
    let text = '';
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.once('end', () => resolve(text));
    socket.write(`${order}\n`);
  });
}

function orderText(subject: HaproxySubject, { server, what, value }: Extract<HaproxyStep, { kind: 'order' }>): string {
  return `set server ${subject.name}/s${server + 1} ${what} ${value}`;
}

/** @returns the name of each client's server, '' when it was closed. */
async function play(subject: HaproxySubject, socketFile: string): Promise<readonly string[]> {
  const servers: string[] = [];
  const open: { socket: Socket; ended: Promise<void> }[] = [];
  for (const step of subject.steps) {
    if (step.kind === 'order') await tell(socketFile, orderText(subject, step));
    else if (step.kind === 'close') {
      const [session] = open.splice(step.rank, 1);
      session!.socket.end();
      await session!.ended;
    } else {
      const socket = connect({ host: '127.0.0.1', port: subject.port, localAddress: step.client, noDelay: true });
      socket.on('error', () => socket.destroy());
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      open.push({ socket, ended });
      servers.push(
        await new Promise<string>((resolve) => {
          socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
          socket.once('close', () => resolve(''));
        }),
      );
    }
  }
  for (const { socket, ended } of open) {
    socket.end();
    await ended;
  }
  return servers;
}

// ------------------------------------------------------------------------------------------------------------- the model

function optionsOf(text: string, version: HaproxyVersion): HaproxyOptions {
  return readHaproxyConf({
    file: 'haproxy.cfg',
    text,
    version,
    cpus: 1,
    env: new Map(),
    resolve: () => null,
    assume: [],
    purpose: 'choice',
  }).options;
}

function modelled(subject: HaproxySubject, options: HaproxyOptions): readonly string[] {
  const index = options.backends.findIndex(({ name }) => name === subject.name);
  const bind = options.frontends.find(({ backendIndex }) => backendIndex === index)!.binds[0]!;
  const balancer: Balancer<HaproxySession> = createHaproxyBackend(options, index, rootKey('live', 0))(bind);
  const nowUs = 1e9;
  const open: HaproxySession[] = [];
  const servers: string[] = [];
  for (const step of subject.steps) {
    if (step.kind === 'order') {
      if (step.what === 'state') {
        balancer.admin!.setState(step.server, step.value as 'ready' | 'drain' | 'maint', nowUs);
      } else balancer.admin!.setWeight(step.server, Number(step.value), nowUs);
    } else if (step.kind === 'close') balancer.closed(open.splice(step.rank, 1)[0]!, nowUs);
    else {
      const session = balancer.open(aClient(step.client), 0);
      let server = balancer.next(session, nowUs);
      while (subject.dead.has(server)) {
        server = balancer.failed(session, nowUs, 0, false) < Infinity ? balancer.next(session, nowUs) : -1;
      }
      open.push(session);
      servers.push(balancer.peers[server]?.serverText ?? '');
    }
  }
  return servers;
}
