// Servers of the nginx of this machine are killed, stand still, fall silent and return, and it is reloaded: which servers each client is
// tried on, when it is heard or closed. All of it against the model, session by session.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createNginxBalancer, createUpstream } from '../../src/models/balancer/nginx/nginx.ts';
import type { NginxOptions } from '../../src/models/balancer/nginx/options.ts';
import type { NginxSession } from '../../src/models/balancer/nginx/session.ts';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import { readNginxConf } from '../../src/scenario/import/nginxConf.ts';
import { playTimeline, type PeerChange, type SessionStory } from '../support/balancerTimeline.ts';
import { aClient } from '../support/clients.ts';
import { fallAndReturn, linearSyns, liveNode, visit, wallUs, type Visit } from './liveNodes.ts';
import type { FoundNginx } from './liveNginx.ts';
import type { TimelineResult } from './liveHaproxyTimelines.ts';
import { freePorts, startNode, until } from './loopback.ts';

/** A busy machine acts, and reads, late. */
const toleranceUs = 250_000;

interface Subject {
  readonly name: string;
  readonly port: number;
  readonly method: string;
  /** `server` lines. */
  readonly servers: readonly string[];
  readonly proxy: readonly string[];
  /** Clients are those whose first server this is, by its place; -1: anybody. */
  readonly seeks: number;
}

/**
 * Seconds after the start, which is a whole second of the wall clock: nginx compares those. Clients come a quarter before and behind
 * the half, servers fall and return between them, and time-outs end between them too.
 */
const plan = { fall: 2, killedReturn: 12.5, othersReturn: 15.5, end: 17.5 } as const;
const comeAt = Array.from({ length: 34 }, (_, nth) => 0.25 + nth / 2);
const keptAfterReload = 2;

/** @throws when nginx does not start with what was written for it. */
export async function nginxTimelines(found: FoundNginx): Promise<TimelineResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-nginx-'));
  chmodSync(folder, 0o755);
  const changes: PeerChange[] = [];
  const ports = await freePorts(20, 26_514);
  const nodePort = ports[0]!;
  const killed = liveNode('127.0.14.11', nodePort, changes);
  const hung = liveNode('127.0.14.21', nodePort, changes);
  const silent = liveNode('127.0.14.31', nodePort, changes, 32);
  const alive = [1, 2, 3].map((node) => `127.0.14.${node}:${nodePort}`);
  const dead = `127.0.14.99:${ports[1]!}`;
  const subjects = subjectsOf(killed.address, hung.address, silent.address, dead, alive).map(
    (subject, index): Subject => ({ ...subject, port: ports[2 + index]! }),
  );
  const living: Server[] = [];
  const visits = new Map<Subject, Visit[]>();
  const later = new Map<Subject, Visit[]>();
  let nginx: ChildProcess | undefined;
  try {
    for (const peer of alive) living.push(await startNode(peer, { host: peer.split(':')[0]!, port: nodePort }));
    await Promise.all([killed.start(), hung.start(), silent.start()]);
    changes.push({ atUs: 0, peer: dead, state: 'refuses' });
    const text = confText(subjects);
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, realText(found, folder, text));
    nginx = spawn('nginx', ['-e', `${folder}/error.log`, '-p', folder, '-c', file], { stdio: 'ignore' });
    await until('nginx does not start', () => existsSync(join(folder, 'nginx.pid')));

    const startedUs = Math.ceil(wallUs() / 1e6 + 0.3) * 1e6;
    const clock = (seconds: number): Promise<void> => pause(Math.max(0, (startedUs + seconds * 1e6 - wallUs()) / 1000));
    const options = optionsOf(text);
    const clients = subjects.map(async (subject, index) => {
      const came: Visit[] = [];
      visits.set(subject, came);
      const addresses = clientsFor(options, subject, index, comeAt.length);
      for (const [nth, seconds] of comeAt.entries()) {
        await clock(seconds);
        came.push(visit(subject.port, addresses[nth]!));
      }
    });
    const done = fallAndReturn(plan, clock, { killed, hung, silent });
    await Promise.all([...clients, done]);
    const untilUs = wallUs();
    const ended = new Map([...visits.values()].flat().map((one) => [one.client, one.endedAtUs]));

    // Some sessions stay over the reload, after which there is one server more.
    const keepers = [...visits.values()].flatMap((came) => came.slice(-keptAfterReload));
    for (const one of [...visits.values()].flat()) if (!keepers.includes(one)) one.leave();
    const after = subjects.map((subject) => ({ ...subject, servers: [...subject.servers, `${alive[2]!} weight=2`] }));
    const textAfter = confText(after);
    writeFileSync(file, realText(found, folder, textAfter));
    const workersBefore = workersOf(nginx.pid!);
    nginx.kill('SIGHUP');
    await until('nginx does not reload', () => workersOf(nginx!.pid!).some((pid) => !workersBefore.includes(pid)));
    const reloadedUs = wallUs();
    // Both listen for a moment.
    await pause(300);
    for (const [index, subject] of after.entries()) {
      const came: Visit[] = [];
      later.set(subject, came);
      for (const client of clientsFor(optionsOf(textAfter), { ...subject, seeks: -1 }, 20 + index, 6)) {
        const one = visit(subject.port, client);
        came.push(one);
        await until('nobody answers after the reload', () => one.said !== '' || one.endedAtUs < Infinity);
      }
    }
    const isKept = keepers.filter((one) => ended.get(one.client) === Infinity);
    await until('old sessions are kept', () => isKept.every(({ endedAtUs }) => endedAtUs < Infinity));
    for (const one of [...later.values()].flat()) one.leave();
    const all = [...visits.values(), ...later.values()].flat();
    let logged = new Map<string, string>();
    await until('nginx logs fewer sessions than there were', () => {
      logged = triedBy(folder);
      return all.every(({ client }) => logged.has(client));
    });

    const results = subjects.map((subject) =>
      compare(subject, options, visits.get(subject)!, ended, logged, changes, startedUs, untilUs),
    );
    const again = after.map((subject) => {
      // The clock goes on from where it was; what was known of the servers does not.
      const came = later.get(subject)!;
      return compare(subject, optionsOf(textAfter), came, new Map(), logged, changes, reloadedUs, Infinity);
    });
    const limit = options.shutdownTimeoutUs!; // it is written above
    const offs = isKept.map(({ endedAtUs }) => Math.abs(endedAtUs - reloadedUs - limit));
    const late = offs.filter((off) => off > toleranceUs);
    return [
      ...results,
      {
        name: 'choices after a reload',
        good: again.reduce((sum, { good }) => sum + good, 0),
        all: again.reduce((sum, result) => sum + result.all, 0),
        wrong: again.flatMap(({ wrong }) => wrong),
        worstMs: 0,
      },
      {
        name: 'sessions of old workers',
        good: offs.length - late.length,
        all: offs.length,
        wrong: late.map((off) => `closed ${off / 1e6} s from worker_shutdown_timeout`),
        worstMs: Math.max(0, ...offs) / 1000,
      },
    ];
  } finally {
    for (const one of [...visits.values(), ...later.values()].flat()) one.leave();
    nginx?.kill('SIGTERM');
    for (const node of [killed, hung, silent]) node.stop();
    for (const server of living) server.close();
    await pause(50);
    rmSync(folder, { recursive: true, force: true });
  }
}

function subjectsOf(
  killed: string,
  hung: string,
  silent: string,
  dead: string,
  [one, two]: readonly string[],
): Omit<Subject, 'port'>[] {
  const ring = 'hash $remote_addr consistent;';
  const rows: (readonly [string, string, readonly string[], readonly string[], number])[] = [
    ['default', ring, [killed, one!, two!], [], 0],
    ['max_fails=3', ring, [`${killed} max_fails=3 fail_timeout=2s`, one!, two!], [], 0],
    ['max_fails=0', 'hash $remote_addr;', [`${killed} max_fails=0`, one!, two!], [], 0],
    ['round robin', '', [`${killed} max_fails=2 fail_timeout=4s weight=3`, one!, `${two!} weight=2`], [], -1],
    ['least_conn', 'least_conn;', [`${killed} fail_timeout=3s`, one!], [], -1],
    ['silent', ring, [`${silent} fail_timeout=3s`, one!, two!], ['proxy_connect_timeout 1600ms;'], 0],
    ['slow probes', ring, [`${silent} fail_timeout=2s`, one!, two!], ['proxy_connect_timeout 4600ms;'], 0],
    ['no next', ring, [silent, one!], ['proxy_connect_timeout 1600ms;', 'proxy_next_upstream off;'], 0],
    ['one try', ring, [killed, silent], ['proxy_connect_timeout 600ms;', 'proxy_next_upstream_tries 1;'], -1],
    ['single', '', [killed], [], -1],
    ['all dead', ring, [`${killed} fail_timeout=4s`, `${dead} fail_timeout=2s`], [], -1],
    ['hung', ring, [hung, one!, two!], [], 0],
    ['backup', '', [`${killed} fail_timeout=5s`, `${one!} backup`, `${two!} backup`], [], -1],
  ];
  return rows.map(([name, method, servers, proxy, seeks]) => ({ name, method, servers, proxy, seeks }));
}

function confText(subjects: readonly Subject[]): string {
  return `worker_processes 1;
worker_shutdown_timeout 2s;
events { worker_connections 4096; }
stream {
${subjects
  .map(
    ({
      port,
      method,
      servers,
      proxy,
    }) => `  upstream u${port} { ${method} ${servers.map((line) => `server ${line};`).join(' ')} }
  server { listen 127.0.0.1:${port}; ${proxy.join(' ')} proxy_pass u${port}; }`,
  )
  .join('\n')}
}
`;
}

function realText({ load }: FoundNginx, folder: string, text: string): string {
  const log = `log_format tried '$remote_addr|$upstream_addr';\n  access_log ${folder}/access.log tried;`;
  return `${load}
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
${text.replace('stream {', `stream {\n  ${log}`)}`;
}

function workersOf(master: number): string[] {
  return readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ');
}

function triedBy(folder: string): Map<string, string> {
  const lines = readFileSync(join(folder, 'access.log'), 'utf8').split('\n').slice(0, -1);
  return new Map(
    lines.map((line): [string, string] => {
      const [client = '', tried = ''] = line.split('|');
      // With nothing usable nginx names the upstream as the last one tried.
      return [client, tried.replaceAll(', ', ' ').replace(/ ?u\d+$/, '')];
    }),
  );
}

function optionsOf(text: string): NginxOptions {
  return readNginxConf({
    file: 'nginx.conf',
    text,
    readInclude: () => [],
    cpus: 1,
    resolve: () => null,
    assume: [],
    listeners: 'all',
  }).options;
}

function balancerOf(options: NginxOptions, port: number): { balancer: Balancer<NginxSession>; timeoutUs: number } {
  const listener = options.listeners.find((one) => one.port === port)!;
  const upstream = createUpstream(options.upstreams[listener.upstreamIndex]!, 1);
  return { balancer: createNginxBalancer(upstream, listener), timeoutUs: listener.connectTimeoutUs };
}

function clientsFor(options: NginxOptions, { port, seeks }: Subject, index: number, count: number): string[] {
  const { balancer } = balancerOf(options, port);
  const clients: string[] = [];
  for (let nth = 0; clients.length < count; nth++) {
    const client = `127.${60 + index}.${nth >> 8}.${(nth & 255) + 1}`;
    const session = balancer.open(aClient(client), 0);
    const peer = balancer.next(session, 0);
    balancer.closed(session, 0);
    if ((nth & 255) < 254 && (seeks < 0 || peer === seeks)) clients.push(client);
  }
  return clients;
}

function compare(
  { name, port, servers, proxy }: Subject,
  options: NginxOptions,
  visits: readonly Visit[],
  ended: ReadonlyMap<string, number>,
  logged: ReadonlyMap<string, string>,
  changes: readonly PeerChange[],
  startUs: number,
  untilUs: number,
): TimelineResult {
  const { balancer, timeoutUs } = balancerOf(options, port);
  const { stories } = playTimeline(balancer, {
    startUs,
    untilUs,
    arrivals: visits,
    changes,
    connectTimeoutUs: timeoutUs,
    linearSyns: linearSyns(),
  });
  const nameOf = (peer: number): string => `${balancer.peers[peer]!.address}:${balancer.peers[peer]!.port}`;
  const seconds = (us: number): string => (us === Infinity ? 'never' : `${((us - startUs) / 1e6).toFixed(3)} s`);
  const wrong: string[] = [];
  let all = 0;
  let worstUs = 0;
  const instant = (what: string, realUs: number, modelUs: number): void => {
    all += 1;
    const offUs = realUs === modelUs ? 0 : Math.abs(realUs - modelUs);
    if (offUs > toleranceUs) wrong.push(`${what}: nginx ${seconds(realUs)}, model ${seconds(modelUs)}`);
    else worstUs = Math.max(worstUs, offUs);
  };
  visits.forEach((visited, nth) => {
    const story: SessionStory = stories[nth]!;
    if (story.decidedAtUs > untilUs - toleranceUs) return;
    const who = `client of ${seconds(visited.atUs)}`;
    const tried = story.tried.map(nameOf).join(' ');
    all += 1;
    if (tried !== logged.get(visited.client)) {
      wrong.push(`${who}: nginx tried [${logged.get(visited.client)}], model [${tried}]`);
    }
    if (ended.size > 0) instant(`${who}, closed`, ended.get(visited.client)!, story.endedAtUs);
    if (story.peer < 0) return;
    // A server that stands still says its name when it goes on, if the client is still there.
    const own = changes.filter(({ peer }) => peer === nameOf(story.peer));
    const isMute = own.findLast(({ atUs }) => atUs <= story.decidedAtUs)?.state === 'mute';
    const goesOn = own.find(({ atUs, state }) => atUs > story.decidedAtUs && state === 'accepts');
    instant(`${who}, heard`, visited.saidAtUs, isMute ? goesOn!.atUs : story.decidedAtUs);
  });
  const lines = wrong.length === 0 ? [] : [[...servers, ...proxy].join('\n         '), ...wrong];
  return { name, good: all - wrong.length, all, wrong: lines, worstMs: worstUs / 1000 };
}
