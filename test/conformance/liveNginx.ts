// The nginx of this machine against the model: random configurations, clients from many loopback addresses, choice by choice.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNginxBalancer, createUpstream } from '../../src/models/balancer/nginx/nginx.ts';
import type { NginxSession } from '../../src/models/balancer/nginx/session.ts';
import { assignNginx } from '../../src/scenario/assign.ts';
import { readNginxConf } from '../../src/scenario/import/nginxConf.ts';
import { withPort } from '../../src/scenario/import/nginxValues.ts';
import { aClient } from '../support/clients.ts';
import { countsOf, distance, inWords } from '../support/distribution.ts';
import { atATime, closed, freePorts, hasIpv6, inParallel, startNode, until, visitorsOf } from './loopback.ts';
import { randomSubject, type Ground, type Subject } from './randomNginx.ts';

export interface LiveResult {
  readonly subject: Subject;
  readonly good: number;
  readonly all: number;
  readonly wrong: readonly string[];
  /** What was compared. */
  readonly note: string;
}

interface Chosen {
  /** Address of the server; empty: the client was closed. */
  readonly server: string;
  /** Addresses tried, in order, as nginx logs them. */
  readonly tried: string;
}

export interface FoundNginx {
  readonly version: string;
  /** The directive that loads its stream module; empty: it is built in. */
  readonly load: string;
}

/** The nginx of this machine, or why there is nothing to compare with. */
export function findNginx(): FoundNginx | string {
  if (process.platform !== 'linux') return 'only on Linux every 127.x.y.z is a client address';
  const { stderr, error } = spawnSync('nginx', ['-V'], { encoding: 'utf8' });
  if (error) return 'nginx is not installed';
  const version = /nginx\/(\S+)/.exec(stderr)?.[1] ?? '?';
  if (/--with-stream(\s|$)/.test(stderr)) return { version, load: '' };
  const modules = /--modules-path=(\S+)/.exec(stderr)?.[1] ?? '/usr/lib/nginx/modules';
  const file = join(modules, 'ngx_stream_module.so');
  return existsSync(file) ? { version, load: `load_module ${file};` } : 'nginx has no stream module';
}

const names = {
  // Spellings of an address that nginx itself takes for a name and the C library for an address.
  '127.2828': ['127.0.11.12'],
  '0x7f000b0b': ['127.0.11.11'],
  'two.fleetfall.test': ['127.0.11.3', '127.0.11.4'],
  'three.fleetfall.test': ['127.0.11.5', '127.0.11.6', '127.0.11.7'],
};

/**
 * @param workers with several of them only upstreams with a `zone` are drawn: what else several processes do is luck.
 * @throws when nginx does not start with what was written for it.
 */
export async function compareWithNginx(
  found: FoundNginx,
  seed: string,
  subjects: number,
  clients: number,
  workers = 1,
): Promise<LiveResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-nginx-'));
  chmodSync(folder, 0o755);
  const nodes: Server[] = [];
  let nginx: ChildProcess | undefined;
  try {
    const ports = await freePorts(2 * subjects, 21_514);
    const hosts = privateNames(folder);
    const ipv6 = await hasIpv6();
    const grounds = Array.from({ length: subjects }, (_, index): Ground => ({
      nodePort: ports[subjects + index]!,
      socket: join(folder, `node${index}.sock`),
      names: hosts,
      ipv6,
    }));
    const chosen = grounds.map((ground, index) =>
      workers === 1
        ? randomSubject(seed, index, ports[index]!, clients, ground)
        : sharedSubject(seed, index, ports[index]!, clients, ground),
    );
    const text = `worker_processes ${workers};
events { worker_connections 4096; }
stream {
${chosen.map((subject) => subject.text).join('')}}
`;
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `${found.load}
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
${text.replace('stream {', `stream {\n  log_format tried '$server_port|$remote_addr|$upstream_addr|$pid';\n  access_log ${folder}/access.log tried;`)}`,
    );
    nginx = await startNginx(
      folder,
      file,
      Object.keys(hosts).some((name) => name.endsWith('.test')),
    );
    const servers = await inParallel(chosen, atATime, async (subject) => {
      const living = await startNodes(subject);
      nodes.push(...living);
      const found = await play(subject);
      await Promise.all(living.map(closed));
      return found;
    });
    const { tried, pids } = await triedBy(folder, subjects * clients);
    if (pids.size !== workers) throw new Error(`${pids.size} of ${workers} worker processes had sessions`);
    return chosen.map((subject, index) => {
      const result = compare(subject, text, grounds[index]!, servers[index]!, tried.get(subject.port)!);
      return workers === 1 ? result : { ...result, note: `${workers} workers with a zone, ${result.note}` };
    });
  } finally {
    if (nginx) await stopped(nginx);
    for (const node of nodes) node.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the worker processes share, behind a socket each: the kernel spreads clients over them. */
function sharedSubject(seed: string, index: number, port: number, clients: number, ground: Ground): Subject {
  for (let nth = 0; ; nth++) {
    const subject = randomSubject(`${seed}/zone/${nth}`, index, port, clients, ground);
    // The kernel has no such sockets for both protocols.
    if (!subject.text.includes(' zone ') || subject.draws || subject.text.includes('ipv6only')) continue;
    return { ...subject, text: subject.text.replace(/(listen [^;]*);/, '$1 reuseport;') };
  }
}

// -------------------------------------------------------------------------------------------------------- the real program

/** Names with several addresses need an /etc/hosts of their own, in a mount namespace. */
function privateNames(folder: string): Readonly<Record<string, readonly string[]>> {
  const lines = Object.entries(names).flatMap(([name, addresses]) =>
    name.endsWith('.test') ? addresses.map((address) => `${address} ${name}`) : [],
  );
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${lines.join('\n')}\n`);
  const { status, stdout } = spawnSync(
    'unshare',
    [
      '-m',
      'sh',
      '-c',
      `mount --bind ${folder}/hosts /etc/hosts && getent ahosts two.fleetfall.test three.fleetfall.test`,
    ],
    { encoding: 'utf8' },
  );
  const works = status === 0 && lines.every((line) => stdout.includes(line.split(' ')[0]!));
  return Object.fromEntries(Object.entries(names).filter(([name]) => works || !name.endsWith('.test')));
}

async function startNginx(folder: string, file: string, ownHosts: boolean): Promise<ChildProcess> {
  const command = `exec nginx -e ${folder}/error.log -p ${folder}/ -c ${file}`;
  const child = ownHosts
    ? spawn('unshare', ['-m', 'sh', '-c', `mount --bind ${folder}/hosts /etc/hosts && ${command}`])
    : spawn('sh', ['-c', command]);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  // The sockets listen before the file with the process id is written.
  await until('nginx does not answer', () => {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${said}`);
    return existsSync(join(folder, 'nginx.pid'));
  });
  return child;
}

export async function stopped(nginx: ChildProcess): Promise<void> {
  if (nginx.exitCode !== null) return;
  const end = new Promise((resolve) => nginx.once('exit', resolve));
  nginx.kill('SIGTERM');
  await end;
}

/** The servers of a subject that are not dead, each on its own port so that several subjects can be played at once. */
function startNodes(subject: Subject): Promise<Server[]> {
  return Promise.all(
    subject.addresses
      .filter((shown) => !subject.dead.has(shown))
      .map((shown) => {
        if (shown.startsWith('unix:')) return startNode(shown, { path: shown.slice(5) });
        const at = shown.lastIndexOf(':');
        return startNode(shown, { host: shown.slice(0, at).replace(/[[\]]/g, ''), port: Number(shown.slice(at + 1)) });
      }),
  );
}

/** @returns the server each client was connected to, in the order of the clients. */
async function play(subject: Subject): Promise<Map<string, string>> {
  const servers = new Map<string, string>();
  const visitors = visitorsOf(subject.port);
  for (const step of subject.steps) {
    if ('close' in step) await visitors.close(step.close);
    else servers.set(step.open, await visitors.open(step.open));
  }
  await visitors.closeAll();
  return servers;
}

/** What nginx logs of each client, by port. */
async function triedBy(
  folder: string,
  count: number,
): Promise<{ tried: Map<number, Map<string, string>>; pids: Set<string> }> {
  let lines: string[] = [];
  // nginx writes the line of a session after it has closed the client.
  await until('nginx logs fewer sessions than there were', () => {
    lines = readFileSync(join(folder, 'access.log'), 'utf8').split('\n').slice(0, -1);
    return lines.length >= count;
  });
  const ports = new Map<number, Map<string, string>>();
  const pids = new Set<string>();
  for (const line of lines) {
    const [port, client = '', tried = '', pid = ''] = line.split('|');
    pids.add(pid);
    const clients = ports.get(Number(port)) ?? new Map<string, string>();
    ports.set(Number(port), clients.set(client.replace('::ffff:', ''), tried));
  }
  return { tried: ports, pids };
}

// ------------------------------------------------------------------------------------------------------------- the model

function compare(
  subject: Subject,
  text: string,
  ground: Ground,
  servers: ReadonlyMap<string, string>,
  tried: ReadonlyMap<string, string>,
): LiveResult {
  const resolve = (host: string): readonly string[] | null => ground.names[host] ?? null;
  const clients = [...servers.keys()];
  const wrong: string[] = [];
  if (subject.draws) {
    const drawn = (luck: number): string[] =>
      [...modelled(subject, text, resolve, luck).values()].map(({ server }) => server);
    const model = countsOf(Array.from({ length: 10 }, (_, luck) => drawn(luck)).flat());
    const real = countsOf(servers.values());
    const { deviations, limit } = distance(real, model);
    if (deviations > limit) {
      wrong.push(`${deviations.toFixed(1)} deviations: nginx ${inWords(real)}, model ${inWords(model)}`);
    }
    return {
      subject,
      good: wrong.length === 0 ? clients.length : 0,
      all: clients.length,
      wrong,
      note: 'shares of draws',
    };
  }
  const model = modelled(subject, text, resolve);
  for (const [client, server] of servers) {
    const expected = model.get(client)!;
    // With nothing usable nginx logs the name of the upstream as the last one tried.
    const logs = tried
      .get(client)!
      .replaceAll(', ', ' ')
      .replace(new RegExp(` ?${subject.name}$`), '');
    if (expected.server === server && expected.tried === logs) continue;
    wrong.push(`${client}: nginx [${logs}] ${server}, model [${expected.tried}] ${expected.server}`);
  }
  const down = subject.held ? null : subject.down;
  if (down !== null) {
    const answer = assignNginx({
      file: 'nginx.conf',
      text,
      readInclude: () => [],
      clients,
      upstream: subject.name,
      port: subject.port,
      down,
      resolve: new Map(Object.entries(ground.names)),
    });
    clients.forEach((client, index) => {
      const expected = servers.get(client)!;
      if (answer.servers[index] !== expected) {
        wrong.push(`${client}: nginx ${expected}, assign ${answer.servers[index]!}`);
      }
    });
  }
  const note = subject.held ? 'held sessions' : down ? 'tried servers, assign' : 'tried servers';
  return {
    subject,
    good: clients.length - new Set(wrong.map((line) => line.split(': ')[0])).size,
    all: clients.length,
    wrong,
    note,
  };
}

function modelled(
  subject: Subject,
  text: string,
  resolve: (host: string) => readonly string[] | null,
  luck = 0,
): Map<string, Chosen> {
  const { options } = readNginxConf({
    file: 'nginx.conf',
    text,
    readInclude: () => [],
    cpus: 1,
    resolve,
    assume: [],
    listeners: 'agents',
  });
  const listener = options.listeners.find(({ port }) => port === subject.port)!;
  const upstream = options.upstreams[listener.upstreamIndex]!;
  const balancer = createNginxBalancer(createUpstream(upstream, 1), listener);
  const shown = (index: number): string => {
    const { address, port } = balancer.peers[index]!;
    return withPort(address, port);
  };
  const nowUs = 1e9;
  const chosen = new Map<string, Chosen>();
  const sessions: NginxSession[] = [];
  for (const step of subject.steps) {
    if ('close' in step) {
      balancer.closed(sessions[step.close]!, nowUs);
      continue;
    }
    const session = balancer.open(aClient(step.open, luck * subject.steps.length + sessions.length), 0);
    sessions.push(session);
    const tried: string[] = [];
    let index = balancer.next(session, nowUs);
    while (index >= 0) {
      tried.push(shown(index));
      if (!subject.dead.has(tried.at(-1)!)) {
        balancer.connected(session, nowUs);
        break;
      }
      index = balancer.failed(session, nowUs, 0, false) < Infinity ? balancer.next(session, nowUs) : -1;
    }
    chosen.set(step.open, { server: index < 0 ? '' : shown(index), tried: tried.join(' ') });
  }
  return chosen;
}
