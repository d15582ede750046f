// The HAProxy of this machine against the model: random configurations, clients from many loopback addresses, choice by choice.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootKey } from '../../src/kernel/random.ts';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import { createHaproxyBackend } from '../../src/models/balancer/haproxy/haproxy.ts';
import type { HaproxyOptions } from '../../src/models/balancer/haproxy/options.ts';
import type { HaproxySession } from '../../src/models/balancer/haproxy/session.ts';
import { parseHaproxyVersion, type HaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';
import { assignHaproxy } from '../../src/scenario/assignHaproxy.ts';
import { haproxyOptionsOf } from '../support/haproxyRead.ts';
import { aClient } from '../support/clients.ts';
import { countsOf, distance, inWords } from '../support/distribution.ts';
import { atATime, freePorts, hasIpv6, inParallel, startNode, until, visitorsOf } from './loopback.ts';
import { randomHaproxy, type HaproxyStep, type HaproxySubject } from './randomHaproxy.ts';

export interface HaproxyResult {
  readonly subject: HaproxySubject;
  readonly good: number;
  readonly all: number;
  readonly wrong: readonly string[];
  /** What was compared. */
  readonly note: string;
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
    const ports = await freePorts(2 * subjects + 1, 23_514);
    const deadPort = ports[2 * subjects]!;
    const ipv6 = await hasIpv6();
    const chosen = ports.slice(0, subjects).map((port, index) => {
      return randomHaproxy(seed, index, port, clients, {
        version,
        serverPort: ports[subjects + index]!,
        deadPort,
        ipv6,
      });
    });
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
    // Before its checks ask for them.
    for (const subject of chosen) nodes.push(...(await startNodes(subject)));
    haproxy = await startHaproxy(folder, file);
    const orders = join(folder, 'orders');
    await untilDown(orders, chosen);
    const options = haproxyOptionsOf(text, version);
    return await inParallel(chosen, atATime, async (subject) => {
      return compare(subject, text, options, await play(subject, orders));
    });
  } finally {
    if (haproxy) await stopped(haproxy);
    for (const node of nodes) node.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

// -------------------------------------------------------------------------------------------------------- the real program

function startNodes({ addresses, serverPort, dead, down }: HaproxySubject): Promise<Server[]> {
  return Promise.all(
    [...addresses.entries()]
      .filter(([at]) => !dead.has(at) && !down.has(at))
      .map(([at, host]) => startNode(`s${at + 1}`, { host, port: serverPort })),
  );
}

async function startHaproxy(folder: string, file: string): Promise<ChildProcess> {
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const orders = join(folder, 'orders');
  await until('HAProxy does not answer', async () => {
    if (child.exitCode !== null) throw new Error(`HAProxy did not start: ${said}`);
    return existsSync(orders) && (await answers(orders));
  });
  return child;
}

/** Servers that are checked and refuse are marked by their first check. */
async function untilDown(orders: string, subjects: readonly HaproxySubject[]): Promise<void> {
  await until('HAProxy does not find its servers down', async () => {
    const lines = (await ask(orders, 'show stat')).split('\n').map((line) => line.split(','));
    const states = new Map(lines.map((fields) => [`${fields[0]}/${fields[1]}`, fields[17]!]));
    return subjects.every(({ name, down }) =>
      [...down].every((at) => /DOWN|MAINT/.test(states.get(`${name}/s${at + 1}`)!)),
    );
  });
}

function answers(socketFile: string): Promise<boolean> {
  return ask(socketFile, 'show info').then(
    (text) => text !== '',
    () => false,
  );
}

export async function stopped(haproxy: ChildProcess): Promise<void> {
  if (haproxy.exitCode !== null) return;
  const end = new Promise((resolve) => haproxy.once('exit', resolve));
  haproxy.kill('SIGTERM');
  await end;
}

/** An order at run time, and what HAProxy says to it. */
export function ask(socketFile: string, order: string): Promise<string> {
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
async function play(subject: HaproxySubject, orders: string): Promise<readonly string[]> {
  const servers: string[] = [];
  const open: number[] = [];
  const visitors = visitorsOf(subject.port);
  for (const step of subject.steps) {
    if (step.kind === 'order') await ask(orders, orderText(subject, step));
    else if (step.kind === 'close') await visitors.close(open.splice(step.rank, 1)[0]!);
    else {
      open.push(servers.length);
      servers.push(await visitors.open(step.client));
    }
  }
  await visitors.closeAll();
  return servers;
}

// ------------------------------------------------------------------------------------------------------------- the model

function compare(
  subject: HaproxySubject,
  text: string,
  options: HaproxyOptions,
  real: readonly string[],
): HaproxyResult {
  const wrong: string[] = [];
  if (subject.draws) {
    const model = countsOf(Array.from({ length: 10 }, (_, luck) => modelled(subject, options, luck)).flat());
    const { deviations, limit } = distance(countsOf(real), model);
    if (deviations > limit) {
      wrong.push(`${deviations.toFixed(1)} deviations: HAProxy ${inWords(countsOf(real))}, model ${inWords(model)}`);
    }
    const good = wrong.length === 0 ? real.length : 0;
    return { subject, good, all: real.length, wrong, note: 'shares of draws' };
  }
  const model = modelled(subject, options);
  // What `fleetfall assign` asks: nobody stays, and nothing is ordered.
  const clients = subject.steps.flatMap((step) => (step.kind === 'open' ? [step.client] : []));
  const comesAndGoes = subject.steps.every(({ kind }, at) => kind === (at % 2 === 0 ? 'open' : 'close'));
  const assigned = comesAndGoes && subject.dead.size === 0 ? assignedTo(subject, text, options, clients) : null;
  for (const [nth, server] of real.entries()) {
    if (model[nth] !== server) wrong.push(`client ${nth}: HAProxy ${server}, model ${model[nth]}`);
    else if (assigned && assigned[nth] !== server) wrong.push(`${nth}: HAProxy ${server}, assign ${assigned[nth]}`);
  }
  const held = subject.steps.some((step, at) => step.kind === 'open' && subject.steps[at + 1]?.kind !== 'close');
  const ordered = subject.steps.some(({ kind }) => kind === 'order');
  const refuses = subject.dead.size > 0;
  const notes = [
    ...(held ? ['held sessions'] : []),
    ...(ordered ? ['orders'] : []),
    ...(refuses ? ['redispatch'] : []),
    ...(assigned ? ['assign'] : []),
  ];
  return { subject, good: real.length - wrong.length, all: real.length, wrong, note: notes.join(', ') || 'turns' };
}

function assignedTo(
  subject: HaproxySubject,
  text: string,
  { version }: HaproxyOptions,
  clients: readonly string[],
): readonly string[] {
  return assignHaproxy({
    file: 'haproxy.cfg',
    text,
    version,
    clients,
    backend: subject.name,
    port: subject.port,
    down: [...subject.down].map((at) => `s${at + 1}`),
    resolve: new Map(),
    env: new Map(),
  }).servers;
}

function modelled(subject: HaproxySubject, options: HaproxyOptions, luck = 0): readonly string[] {
  const index = options.backends.findIndex(({ name }) => name === subject.name);
  const bind = options.frontends.find(({ backendIndex }) => backendIndex === index)!.binds[0]!;
  const balancer: Balancer<HaproxySession> = createHaproxyBackend(options, index, rootKey('live', 0))(bind);
  const nowUs = 1e9;
  for (const server of subject.down) {
    const { check, disabled } = options.backends[index]!.servers[server]!;
    for (let failed = 0; !disabled && failed < check!.rise + check!.fall; failed++)
      balancer.checks!.checked(server, false, nowUs);
  }
  const open: HaproxySession[] = [];
  const servers: string[] = [];
  for (const step of subject.steps) {
    if (step.kind === 'order') {
      if (step.what === 'state') {
        balancer.admin!.setState(step.server, step.value as 'ready' | 'drain' | 'maint', nowUs);
      } else balancer.admin!.setWeight(step.server, Number(step.value), nowUs);
    } else if (step.kind === 'close') balancer.closed(open.splice(step.rank, 1)[0]!, nowUs);
    else {
      const session = balancer.open(aClient(step.client, luck * subject.steps.length + servers.length), 0);
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
