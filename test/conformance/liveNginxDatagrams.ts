// Datagrams of one client through the nginx of this machine, to servers that answer, say nothing or are closed: which of them are answered,
// and by whom, against the model of its sessions (`proxy_responses`, `proxy_requests`, `proxy_timeout`).
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { playDatagrams, type DatagramStory } from '../support/datagrams.ts';
import { stopped, type FoundNginx } from './liveNginx.ts';
import type { TimelineResult } from './liveHaproxyTimelines.ts';
import { wallUs } from './liveNodes.ts';
import { freePorts, until } from './loopback.ts';

/** A quarter behind a whole second of the wall clock, by which nginx bans: it sees the halves and quarters between them. */
const phaseSeconds = 0.25;
/** Ends between two datagrams. */
const timeoutSeconds = 3.25;
const untilSeconds = 12;

type Does = ReturnType<DatagramStory['server']>;

interface Subject {
  readonly name: string;
  readonly port: number;
  readonly directives: string;
  readonly options: NonNullable<DatagramStory['options']>;
  /** The server to which the client's hash leads; the other one answers. */
  readonly does: (atSeconds: number) => Does;
  readonly sends: (atSeconds: number) => boolean;
}

const dies = (at: number): Does => (at >= 2.6 && at < 6.6 ? 'closed' : 'answers');
const pausesFrom5 = (at: number): boolean => at < 5 || at >= 9;

function subjectsAt(ports: readonly number[]): Subject[] {
  const settings = [
    ['', {}],
    ['proxy_responses 1;', { responses: 1 }],
    ['proxy_requests 1;', { requests: 1 }],
    ['proxy_requests 1; proxy_responses 1;', { requests: 1, responses: 1 }],
    ['proxy_responses 0;', { responses: 0 }],
    ['proxy_requests 3; proxy_responses 1;', { requests: 3, responses: 1 }],
  ] as const;
  const servers = [
    ['answers', () => 'answers', () => true],
    ['is closed', () => 'closed', () => true],
    ['says nothing', () => 'silent', () => true],
    ['dies and comes back', dies, () => true],
    ['says nothing to a client that pauses', () => 'silent', pausesFrom5],
  ] as const satisfies readonly (readonly [string, Subject['does'], Subject['sends']])[];
  return settings.flatMap(([directives, options], row) =>
    servers.map(([word, does, sends], column): Subject => {
      const name = `datagrams, ${directives || 'no directive'} the server ${word}`;
      return { name, port: ports[row * servers.length + column]!, directives, options, does, sends };
    }),
  );
}

const subjectCount = 30;

/** @throws when nginx does not start with what was written for it. */
export async function nginxDatagrams(found: FoundNginx): Promise<TimelineResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-nginx-'));
  chmodSync(folder, 0o755);
  const ports = await freePorts(3 * subjectCount, 29_514);
  const subjects = subjectsAt(ports);
  let nginx: ChildProcess | undefined;
  try {
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, confText(found, folder, subjects, ports));
    nginx = await start(folder, file);
    await pause(1000 - ((wallUs() / 1000) % 1000) + 1000 * phaseSeconds);
    const startUs = wallUs();
    return await Promise.all(subjects.map((subject, nth) => play(subject, serverPorts(ports, nth), startUs)));
  } finally {
    if (nginx) await stopped(nginx);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of the server that the client's hash leads to, and of the other. */
function serverPorts(ports: readonly number[], nth: number): readonly [number, number] {
  return [ports[subjectCount + 2 * nth]!, ports[subjectCount + 2 * nth + 1]!];
}

function confText(
  { load }: FoundNginx,
  folder: string,
  subjects: readonly Subject[],
  ports: readonly number[],
): string {
  // The hash of this key leads to the first server of two: the model has one of its own for the same choice.
  const sections = subjects.map(({ port, directives }, nth) => {
    const [own, other] = serverPorts(ports, nth);
    return `  upstream u${nth} { hash "1"; server 127.0.0.1:${own}; server 127.0.0.1:${other}; }
  server { listen 127.0.0.1:${port} udp; proxy_timeout ${timeoutSeconds * 1000}ms; ${directives} proxy_pass u${nth}; }
`;
  });
  return `${load}
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
events { worker_connections 4096; }
stream {
${sections.join('')}}
`;
}

async function start(folder: string, file: string): Promise<ChildProcess> {
  const child = spawn('nginx', ['-e', `${folder}/error.log`, '-p', `${folder}/`, '-c', file]);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('nginx does not answer', () => {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${said}`);
    return existsSync(join(folder, 'nginx.pid'));
  });
  return child;
}

/** What a server has heard, and what the client has. */
interface Heard {
  readonly at: Map<number, number>;
  readonly answered: Set<number>;
}

async function play(
  subject: Subject,
  [ownPort, otherPort]: readonly [number, number],
  startUs: number,
): Promise<TimelineResult> {
  const heard: Heard = { at: new Map(), answered: new Set() };
  const servers: (Socket | null)[] = [null, null];
  const client = createSocket('udp4');
  client.on('error', () => undefined);
  // What is empty tells of an error.
  client.on('message', (text) => text.length > 0 && heard.answered.add(Number(text.toString())));
  const wait = (atSeconds: number): Promise<unknown> =>
    pause(Math.max(0, (startUs - wallUs()) / 1000 + 1000 * atSeconds));
  try {
    servers[1] = await serverAt(otherPort, 1, heard, true);
    for (let half = 0; half <= 2 * untilSeconds; half++) {
      const atSeconds = half / 2;
      await wait(atSeconds - 0.1);
      const does = subject.does(atSeconds);
      if (does === 'closed') {
        servers[0]?.close();
        servers[0] = null;
      } else servers[0] ??= await serverAt(ownPort, 0, heard, does === 'answers');
      await wait(atSeconds);
      if (subject.sends(atSeconds)) client.send(String(half), subject.port, '127.0.0.1');
    }
    await pause(200);
  } finally {
    for (const server of servers) server?.close();
    client.close();
  }
  return compare(subject, heard);
}

function serverAt(port: number, which: number, heard: Heard, answers: boolean): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.on('message', (text, { address, port: from }) => {
    heard.at.set(Number(text.toString()), which);
    if (answers) socket.send(text, from, address);
  });
  return new Promise((resolve) => socket.bind(port, '127.0.0.1', () => resolve(socket)));
}

function compare({ name, options, does, sends }: Subject, { at, answered }: Heard): TimelineResult {
  const { fates } = playDatagrams({
    options,
    server: (peer, seconds) => (peer === 0 ? does(seconds) : 'answers'),
    sends,
    untilSeconds,
    timeoutSeconds,
    phaseSeconds,
  });
  const wrong = fates.flatMap(({ atSeconds, peer, isAnswered }) => {
    const half = Math.round(2 * atSeconds);
    // Where nobody listens nobody hears it.
    const expected = peer === 0 && does(atSeconds) === 'closed' ? -1 : peer;
    const real = at.get(half) ?? -1;
    const words = (server: number, isBack: boolean): string =>
      `${server < 0 ? 'to nobody' : `to server ${server + 1}`}, ${isBack ? 'answered' : 'not answered'}`;
    const [found, told] = [words(real, answered.has(half)), words(expected, isAnswered)];
    return found === told ? [] : [`datagram of ${atSeconds} s: nginx ${found}; model ${told}`];
  });
  return { name, good: fates.length - wrong.length, all: fates.length, wrong, worstMs: 0 };
}
