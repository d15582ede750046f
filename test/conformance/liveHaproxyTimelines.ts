// Servers of the HAProxy of this machine are killed, stand still, fall silent and return: who is marked when, which server each client
// gets, after how many attempts and how long, and whose connection ends. All of it against the model, instant by instant.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Server } from 'node:net';
import seedrandom from 'seedrandom';
import { rootKey } from '../../src/kernel/random.ts';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import { createHaproxyBackend } from '../../src/models/balancer/haproxy/haproxy.ts';
import type { HaproxyOptions } from '../../src/models/balancer/haproxy/options.ts';
import type { HaproxySession } from '../../src/models/balancer/haproxy/session.ts';
import type { HaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';
import { haproxyOptionsOf } from '../support/haproxyRead.ts';
import { playTimeline, type Mark, type PeerChange, type SessionStory } from '../support/balancerTimeline.ts';
import { aClient } from '../support/clients.ts';
import { fallAndReturn, linearSyns, liveNode, visit, wallUs, type Visit } from './liveNodes.ts';
import { freePorts, startNode, until } from './loopback.ts';

export interface TimelineResult {
  readonly name: string;
  readonly good: number;
  readonly all: number;
  readonly wrong: readonly string[];
  /** The greatest difference of an instant, in ms. */
  readonly worstMs: number;
  /** The first measurement differed. */
  readonly repeated?: boolean;
}

/** A busy machine acts, and reads, late. */
const toleranceUs = 250_000;
/** How well we know when something was done to a server, and by how much each check of a busy machine is late. */
const blurs = [0, 5_000, 1_000, 10_000, 20_000].flatMap((lateUs) =>
  [0, -20_000, 20_000].map((shiftUs) => ({ lateUs, shiftUs })),
);

/** What HAProxy logs of a session that has ended, and of a server it marks. */
interface Logged {
  readonly sessions: Map<string, { readonly server: string; readonly retries: number }>;
  readonly marks: { readonly atUs: number; readonly backend: string; readonly server: string; readonly up: boolean }[];
}

interface Subject {
  readonly name: string;
  readonly port: number;
  readonly lines: readonly string[];
  /** Seconds after the start at which a client comes. */
  readonly comeAt: readonly number[];
  /** The client is one whose first server is dead: the first of these servers. */
  readonly seeks?: string;
}

/** At no time does a time-out of another client end, or a check begin. */
const apartSeconds = 0.47;
const untilTheEnd = Array.from({ length: 40 }, (_, nth) => 0.3 + nth * apartSeconds);

/** What is done, in seconds after the start. HAProxy reloads at the end. */
const plan = { fall: 1.95, killedReturn: 9.94, othersReturn: 16.05, end: 19.3 } as const;

export async function haproxyTimelines(version: HaproxyVersion, seed: string): Promise<TimelineResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-haproxy-'));
  const changes: PeerChange[] = [];
  const random = seedrandom.alea(`${seed}/haproxy timelines`);
  const ports = await freePorts(70, 25_514);
  const nodePort = ports[0]!;
  const deadPort = ports[1]!;
  const killed = liveNode('127.0.13.11', nodePort, changes);
  const hung = liveNode('127.0.13.21', nodePort, changes);
  const silent = liveNode('127.0.13.31', nodePort, changes, 32);
  const alive = ['127.0.13.1', '127.0.13.2'].map((host) => `${host}:${nodePort}`);
  const dead = `127.0.13.99:${deadPort}`;
  const subjects = [
    ...dyingServers(killed.address, hung.address, silent.address, alive),
    ...deadServers(random, dead, silent.address, alive),
  ].map((subject, index): Subject => ({ ...subject, port: ports[2 + index]! }));
  const living: Server[] = [];
  const processes: ChildProcess[] = [];
  const visits = new Map<Subject, Visit[]>();
  const later: Visit[] = [];
  try {
    for (const peer of alive) living.push(await startNode(peer, { host: peer.split(':')[0]!, port: nodePort }));
    await Promise.all([killed.start(), hung.start(), silent.start()]);
    changes.push({ atUs: 0, peer: dead, state: 'refuses' });
    const text = confText(subjects, dead);
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, text);
    const logged: Logged = { sessions: new Map(), marks: [] };
    processes.push(await startHaproxy(file, folder, logged));
    const options = haproxyOptionsOf(text, version);

    const startedUs = wallUs();
    const clock = async (seconds: number): Promise<void> =>
      pause(Math.max(0, (startedUs + seconds * 1e6 - wallUs()) / 1000));
    const clients = subjects.map(async (subject, index) => {
      const found: Visit[] = [];
      visits.set(subject, found);
      const balancer = balancerOf(options, subject.name);
      for (const [nth, seconds] of subject.comeAt.entries()) {
        await clock(seconds);
        found.push(visit(subject.port, clientFor(balancer, subject, index, nth)));
      }
    });
    const done = fallAndReturn(plan, clock, { killed, hung, silent });
    await Promise.all([...clients, done]);
    const untilUs = wallUs();
    const ended = new Map([...visits.values()].flat().map((one) => [one.client, one.endedAtUs]));

    // A few stay over the reload.
    const first = subjects[0]!;
    const keepers = visits.get(first)!.slice(-5);
    const gone = [...visits.values()].flat().filter((one) => !keepers.includes(one));
    for (const [nth, one] of gone.entries()) {
      one.leave();
      // HAProxy drops lines that are not read in time.
      if (nth % 20 === 0) await pause(5);
    }
    await until('HAProxy logs fewer sessions than there were', () => logged.sessions.size >= gone.length);
    const reloadedUs = wallUs();
    processes.push(await startHaproxy(file, folder, logged, processes[0]));
    // It, too, checks its first server.
    const starts = (): number => logged.marks.filter(({ backend }) => backend === 'anchor').length;
    await until('HAProxy does not reload', () => starts() === 2);
    for (let nth = 0; nth < 9; nth++) {
      const one = visit(first.port, `127.8.0.${nth + 1}`);
      later.push(one);
      await until('no server after the reload', () => one.said !== '');
    }
    await until('old sessions are kept', () => keepers.every(({ endedAtUs }) => endedAtUs < Infinity));

    const anchor = logged.marks.find(({ backend }) => backend === 'anchor');
    if (!anchor) throw new Error('HAProxy has not checked its first server');
    const results = subjects.map((subject) => {
      const found = visits.get(subject)!;
      return compare(subject, found, ended, logged, options, anchor.atUs, untilUs, changes, keepers);
    });
    return [...results, compareReload(balancerOf(options, first.name), options, keepers, later, reloadedUs)];
  } finally {
    for (const one of [...[...visits.values()].flat(), ...later]) one.leave();
    for (const child of processes) child.kill('SIGKILL');
    for (const node of [killed, hung, silent]) node.stop();
    for (const server of living) server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

// ---------------------------------------------------------------------------------------------------- what is configured

/** Servers that fall while clients come, in the settings Wazuh documents and others. */
function dyingServers(
  killed: string,
  hung: string,
  silent: string,
  [alive, other]: readonly string[],
): Omit<Subject, 'port'>[] {
  const documented = ['option redispatch', 'timeout connect 10s', 'timeout check 10s'];
  const all = (options: string): string[] => [
    `server l1 ${alive} ${options}`,
    `server k1 ${killed} ${options}`,
    `server h1 ${hung} ${options}`,
    `server s1 ${silent} ${options}`,
  ];
  const two = (options: string): string[] => [`server l1 ${alive} check`, `server k1 ${killed} ${options}`];
  const come = untilTheEnd;
  const phases = Array.from({ length: 8 }, (_, nth) => `server k${nth + 1} ${killed} check`);
  return [
    { name: 'documented', lines: ['balance leastconn', ...documented, ...all('check')], comeAt: come },
    { name: 'roundrobin', lines: ['balance roundrobin', ...documented, ...all('check weight 3')], comeAt: come },
    {
      name: 'ring',
      lines: ['balance source', 'hash-type consistent', ...documented, ...all('check weight 10')],
      comeAt: come,
    },
    { name: 'map', lines: ['balance hash src', ...documented, ...all('check')], comeAt: come },
    {
      name: 'cut',
      lines: ['balance leastconn', 'option redispatch', ...all('check on-marked-down shutdown-sessions')],
      comeAt: come,
    },
    { name: 'cutoff', lines: ['balance leastconn', ...all('check on-marked-down shutdown-sessions')], comeAt: come },
    { name: 'noredispatch', lines: ['balance leastconn', ...all('check')], comeAt: come },
    { name: 'phases', lines: ['balance leastconn', `server l1 ${other}`, ...phases], comeAt: [] },
    {
      name: 'fast',
      lines: [
        'balance leastconn',
        ...phases.slice(0, 4).map((line) => `${line} fastinter 200ms downinter 1s`),
        `server s1 ${silent} check inter 700ms fall 2 rise 3`,
      ],
      comeAt: [],
    },
    ...['mark-down error-limit 3', 'sudden-death error-limit 5', 'fail-check error-limit 2'].map((how, nth) => ({
      name: `observe${nth}`,
      lines: [
        'balance leastconn',
        'option redispatch',
        ...two(`check inter 6s fastinter 1s observe layer4 on-error ${how}`),
      ],
      comeAt: come,
    })),
    {
      name: 'backup',
      lines: [
        'balance roundrobin',
        'option redispatch',
        `server k1 ${killed} check on-marked-up shutdown-backup-sessions`,
        `server l1 ${alive} backup`,
        `server l2 ${other} backup`,
      ],
      comeAt: come,
    },
  ];
}

/** One client that meets a server which counts as up and is not: section by section as operators combine them, and drawn ones. */
function deadServers(
  random: () => number,
  dead: string,
  silent: string,
  alive: readonly string[],
): Omit<Subject, 'port'>[] {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const ring = ['balance source', 'hash-type consistent'];
  const redispatch = ['option redispatch'];
  const rows: (readonly [readonly string[], boolean, number])[] = [
    [['balance leastconn', ...redispatch], false, 3],
    [['balance leastconn', ...redispatch, 'timeout connect 2s'], true, 3],
    [['balance leastconn'], false, 3],
    [['balance leastconn', 'timeout connect 2s'], true, 3],
    [['balance source', ...redispatch], false, 3],
    [['balance source', ...redispatch, 'timeout connect 2s'], true, 3],
    [['balance source'], false, 3],
    [[...ring, ...redispatch], false, 3],
    [[...ring, ...redispatch, 'timeout connect 2s'], true, 3],
    [[...ring, 'option redispatch 1'], false, 3],
    [['balance source', 'option redispatch 1'], false, 3],
    [['balance leastconn', ...redispatch], false, 1],
    [['balance leastconn', 'retries 0'], false, 3],
    [['balance leastconn', 'timeout connect 300ms'], false, 3],
    ...Array.from({ length: 24 }, () => {
      const isSilent = below(3) === 0;
      const lines = [
        ...pick([['balance leastconn'], ['balance roundrobin'], ['balance static-rr'], ['balance first'], ['balance hash src'], ring]),
        ...pick([[], ['option redispatch'], [`option redispatch ${1 + below(3)}`], [`option redispatch -${1 + below(2)}`]]),
        ...pick([[], [`retries ${below(4)}`]]),
        `timeout connect ${isSilent ? 500 + below(1500) : 300 + below(2000)}ms`,
      ]; // prettier-ignore
      return [lines, isSilent, pick([1, 2, 3, 3])] as const;
    }),
  ];
  return rows.map(([lines, isSilent, count], index) => ({
    name: `dead${index}`,
    lines: [
      ...lines,
      `server d1 ${isSilent ? silent : dead}`,
      ...Array.from({ length: count - 1 }, (_, nth) => `server l${nth + 1} ${alive[nth % alive.length]}`),
    ],
    // Behind the moment at which the silent one has fallen silent.
    comeAt: [2.8],
    seeks: 'd1',
  }));
}

function confText(subjects: readonly Subject[], dead: string): string {
  return `global
  nbthread 1
  maxconn 2000
  hard-stop-after 2s
  log stderr format raw local0
defaults
  mode tcp
  log global
  log-format "SESSION %ci %s %rc"
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen anchor
  bind 127.0.0.1:${subjects[0]!.port - 1}
  server nobody ${dead} check
${subjects.map(({ name, port, lines }) => `listen ${name}\n  bind 127.0.0.1:${port}\n${lines.map((line) => `  ${line}\n`).join('')}`).join('')}`;
}

// -------------------------------------------------------------------------------------------------------- the real program

async function startHaproxy(
  file: string,
  folder: string,
  logged: Logged,
  before?: ChildProcess,
): Promise<ChildProcess> {
  const child = spawn('haproxy', ['-db', '-f', file, ...(before ? ['-sf', String(before.pid)] : [])], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let rest = '';
  let isUp = false;
  child.stderr.on('data', (chunk: Buffer) => {
    const atUs = wallUs();
    isUp = true;
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const session = /SESSION (\S+) (\S+) \+?(\d+)/.exec(line);
      if (session) logged.sessions.set(session[1]!, { server: session[2]!, retries: Number(session[3]) });
      // It warns of the same on its own account, behind a mark of the level.
      const mark = /^Server (\w+)\/(\w+) is (UP|DOWN)/.exec(line);
      if (mark) logged.marks.push({ atUs, backend: mark[1]!, server: mark[2]!, up: mark[3] === 'UP' });
    }
  });
  // Its first words are that the first server, which nobody is, is down.
  if (!before) {
    await until('HAProxy does not start', () => {
      if (child.exitCode !== null) throw new Error(`HAProxy did not start: ${rest}`);
      return isUp;
    });
  }
  return child;
}

// ------------------------------------------------------------------------------------------------------------- the model

function balancerOf(options: HaproxyOptions, name: string): Balancer<HaproxySession> {
  const index = options.backends.findIndex((backend) => backend.name === name);
  const bind = options.frontends.find(({ backendIndex }) => backendIndex === index)!.binds[0]!;
  return createHaproxyBackend(options, index, rootKey('timeline', 0))(bind);
}

/** An address nobody else has; of one that seeks a server, one that the model sends there. */
function clientFor(balancer: Balancer<HaproxySession>, { seeks }: Subject, index: number, nth: number): string {
  for (let last = nth + 1; ; last++) {
    const client = `127.${40 + index}.1.${last}`;
    if (seeks === undefined) return client;
    const session = balancer.open(aClient(client), 0);
    const peer = balancer.next(session, 0);
    balancer.closed(session, 0);
    // Whoever does not hash begins with the first server.
    if (balancer.peers[peer]?.serverText === seeks || last > 200) return client;
  }
}

function compare(
  subject: Subject,
  visits: readonly Visit[],
  ended: ReadonlyMap<string, number>,
  logged: Logged,
  options: HaproxyOptions,
  startUs: number,
  untilUs: number,
  changes: readonly PeerChange[],
  keepers: readonly Visit[],
): TimelineResult {
  const connectTimeoutUs = options.backends.find(({ name }) => name === subject.name)!.connectTimeoutUs;
  const variants = blurs.map(({ shiftUs, lateUs }): TimelineResult => {
    const balancer = balancerOf(options, subject.name);
    const { stories, marks } = playTimeline(balancer, {
      startUs,
      untilUs,
      arrivals: visits,
      changes: changes.map((change) => ({ ...change, atUs: change.atUs + shiftUs })),
      connectTimeoutUs,
      linearSyns: linearSyns(),
      checkLateUs: lateUs,
    });
    const nameOf = (peer: number): string => balancer.peers[peer]?.serverText ?? '<NOSRV>';
    const notes = new Notes(startUs);
    compareMarks(
      notes,
      logged.marks.filter(({ backend, atUs }) => backend === subject.name && atUs < untilUs - toleranceUs),
      marks.filter(({ atUs }) => atUs < untilUs - toleranceUs),
      nameOf,
    );
    visits.forEach((found, nth) => {
      if (keepers.includes(found)) return;
      const story = stories[nth]!;
      // A server that stands still says its name when it goes on, if the client is still there.
      const hearsAt = (connectedUs: number, endedUs: number): number => {
        const { address, port } = balancer.peers[story.peer]!;
        const own = changes.filter(({ peer }) => peer === `${address}:${port}`);
        const isMute = own.findLast(({ atUs }) => atUs <= connectedUs)?.state === 'mute';
        const heardUs = isMute
          ? own.find(({ atUs, state }) => atUs > connectedUs && state === 'accepts')!.atUs
          : connectedUs;
        return heardUs > endedUs ? Infinity : heardUs;
      };
      compareVisit(notes, found, ended.get(found.client)!, logged, story, untilUs, nameOf, hearsAt);
    });
    return notes.result(subject);
  });
  return variants.reduce((best, one) => (one.wrong.length < best.wrong.length ? one : best));
}

class Notes {
  private all = 0;
  private worstUs = 0;
  private readonly wrong: string[] = [];
  private readonly startUs: number;

  constructor(startUs: number) {
    this.startUs = startUs;
  }

  same(what: string, real: string | number, model: string | number): void {
    this.all += 1;
    if (real !== model) this.wrong.push(`${what}: HAProxy ${real}, model ${model}`);
  }

  instant(what: string, realUs: number, modelUs: number): void {
    this.all += 1;
    const offUs = realUs === modelUs ? 0 : Math.abs(realUs - modelUs);
    if (offUs > toleranceUs) {
      this.wrong.push(`${what}: HAProxy ${this.seconds(realUs)}, model ${this.seconds(modelUs)}`);
    } else this.worstUs = Math.max(this.worstUs, offUs);
  }

  seconds(us: number): string {
    return us === Infinity ? 'never' : `${((us - this.startUs) / 1e6).toFixed(3)} s`;
  }

  result({ name, lines }: Pick<Subject, 'name' | 'lines'>): TimelineResult {
    const { all, wrong, worstUs } = this;
    const shown = wrong.length === 0 ? [] : [lines.join('\n         '), ...wrong];
    return { name, good: all - wrong.length, all, wrong: shown, worstMs: worstUs / 1000 };
  }
}

function compareMarks(
  notes: Notes,
  real: Logged['marks'],
  model: readonly Mark[],
  nameOf: (peer: number) => string,
): void {
  const servers = new Set([...real.map(({ server }) => server), ...model.map(({ peer }) => nameOf(peer))]);
  for (const name of servers) {
    const said = real.filter(({ server }) => server === name);
    const expected = model.filter(({ peer }) => nameOf(peer) === name);
    const words = (marks: readonly { readonly up: boolean }[]): string =>
      marks.map(({ up }) => (up ? 'up' : 'down')).join(' ');
    notes.same(`marks of ${name}`, words(said), words(expected));
    said.forEach(({ atUs, up }, nth) => {
      if (expected[nth]) notes.instant(`${name} ${up ? 'up' : 'down'}`, atUs, expected[nth].atUs);
    });
  }
}

function compareVisit(
  notes: Notes,
  found: Visit,
  endedAtUs: number,
  logged: Logged,
  story: SessionStory,
  untilUs: number,
  nameOf: (peer: number) => string,
  hearsAt: (connectedUs: number, endedUs: number) => number,
): void {
  const who = `client of ${notes.seconds(found.atUs)}`;
  // What is still under way, or just ends, when the comparison does.
  if (story.decidedAtUs > untilUs - toleranceUs) return;
  const log = logged.sessions.get(found.client);
  const closed = story.peer < 0;
  notes.same(`${who}, server`, closed ? (found.said === '' ? 'none' : found.said) : (log?.server ?? '-'), closed ? 'none' : nameOf(story.peer)); // prettier-ignore
  notes.same(`${who}, failed attempts`, log?.retries ?? -1, story.retries);
  if (story.endedAtUs < untilUs - toleranceUs || endedAtUs < untilUs - toleranceUs) {
    notes.instant(`${who}, closed`, endedAtUs, story.endedAtUs);
  }
  const heardAtUs = closed ? Infinity : hearsAt(story.decidedAtUs, story.endedAtUs);
  if (heardAtUs < untilUs - toleranceUs) notes.instant(`${who}, heard`, found.saidAtUs, heardAtUs);
}

/** After a reload nobody remembers who has how many sessions, and what the old process had ends with its time. */
function compareReload(
  balancer: Balancer<HaproxySession>,
  { hardStopAfterUs }: HaproxyOptions,
  keepers: readonly Visit[],
  later: readonly Visit[],
  reloadedUs: number,
): TimelineResult {
  const notes = new Notes(reloadedUs);
  for (const { endedAtUs } of keepers) {
    notes.instant('session of the old process ends', endedAtUs, reloadedUs + hardStopAfterUs);
  }
  for (const { said, client } of later) {
    const session = balancer.open(aClient(client), 0);
    const peer = balancer.peers[balancer.next(session, 0)]!;
    notes.same(`client behind the reload`, said, `${peer.address}:${peer.port}`);
  }
  return notes.result({ name: 'reload', lines: [] });
}
