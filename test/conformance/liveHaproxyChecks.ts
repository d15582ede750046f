// Checks of the HAProxy of this machine against the model: a server dies, and comes back; when is it marked?
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import seedrandom from 'seedrandom';
import { rootKey } from '../../src/kernel/random.ts';
import { createHaproxyBackend } from '../../src/models/balancer/haproxy/haproxy.ts';
import type { HaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';
import { haproxyOptionsOf } from '../support/haproxyRead.ts';

export interface CheckResult {
  readonly good: number;
  readonly all: number;
  readonly wrong: readonly string[];
  /** The greatest difference, in ms. */
  readonly worstMs: number;
}

/** What HAProxy said of a check, and when we read it. */
interface Said {
  readonly atMs: number;
  readonly server: string;
  readonly passed: boolean;
  readonly up: boolean;
}

/** A busy machine reads, and checks, late. */
const toleranceMs = 250;

/**
 * All servers die at once and come back at once, each with its own `inter`, `fall`, `rise`, `fastinter` and `downinter`. The first
 * check that notices comes within one delay; from it on every instant is known.
 */
export async function compareChecks(version: HaproxyVersion, seed: string, servers: number): Promise<CheckResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-haproxy-'));
  const random = seedrandom.alea(`${seed}/checks`);
  const below = (limit: number): number => Math.floor(random() * limit);
  const ports = Array.from({ length: servers }, (_, at) => 24_600 + at);
  const lines = ports.map((port, at) => {
    const fast = below(2) === 0 ? '' : ` fastinter ${100 + below(300)}ms`;
    const down = below(2) === 0 ? '' : ` downinter ${200 + below(500)}ms`;
    const counts = `fall ${1 + below(4)} rise ${1 + below(4)}`;
    return `  server s${at + 1} 127.0.0.1:${port} check inter ${300 + below(500)}ms${fast}${down} ${counts}\n`;
  });
  const text = `global
  log stderr format raw local0
defaults
  mode tcp
  log global
  option log-health-checks
  timeout connect 1s
  timeout client 1m
  timeout server 1m
listen checks
  bind 127.0.0.1:${24_600 + servers}
  balance leastconn
${lines.join('')}`;
  writeFileSync(join(folder, 'haproxy.cfg'), text);
  let open = await Promise.all(ports.map(listenOn));
  const haproxy = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: Said[] = [];
  haproxy.stderr.on('data', (chunk: Buffer) => said.push(...read(chunk.toString(), performance.now())));
  try {
    // Long enough for every server to be known as well: rise + fall − 1 is reached with the first check.
    await pause(2500);
    const deadMs = performance.now();
    for (const server of open) server.close();
    await pause(4 * 800 + 1500);
    const backMs = performance.now();
    open = await Promise.all(ports.map(listenOn));
    await pause(4 * 800 + 2500);
    return compare(text, version, said, deadMs, backMs, servers);
  } finally {
    haproxy.kill('SIGTERM');
    for (const server of open) server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function listenOn(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', 511, () => resolve(server));
  });
}

/** `Health check for server checks/s1 failed, reason: …, status: 2/3 UP.` */
function read(text: string, atMs: number): Said[] {
  const pattern = /Health check for server checks\/(s\d+) (failed|succeeded).*?status: \d+\/\d+ (UP|DOWN)/g;
  return [...text.matchAll(pattern)].map(([, server, outcome, state]) => ({
    atMs,
    server: server!,
    passed: outcome === 'succeeded',
    up: state === 'UP',
  }));
}

function compare(
  text: string,
  version: HaproxyVersion,
  said: readonly Said[],
  deadMs: number,
  backMs: number,
  servers: number,
): CheckResult {
  const options = haproxyOptionsOf(text, version);
  const { checks, admin } = createHaproxyBackend(options, 0, rootKey('checks', 0))(options.frontends[0]!.binds[0]!);
  const wrong: string[] = [];
  let good = 0;
  let worstMs = 0;
  for (let index = 0; index < servers; index++) {
    const name = `s${index + 1}`;
    for (let nth = 0; nth < 10; nth++) checks!.checked(index, true, 0);
    let delayMs = checks!.checked(index, true, 0) / 1000;
    for (const [passed, fromMs] of [
      [false, deadMs],
      [true, backMs],
    ] as const) {
      const mine = said.filter((one) => one.server === name && one.passed === passed && one.atMs > fromMs);
      const first = mine[0];
      const marked = mine.find(({ up }) => up === passed);
      let expectedMs = 0;
      for (let nth = 0; nth < 20; nth++) {
        const nextMs = checks!.checked(index, passed, 0) / 1000;
        if (admin!.isUp(index) === passed) break;
        expectedMs += nextMs;
      }
      const noticedMs = first ? first.atMs - fromMs : Infinity;
      const tookMs = first && marked ? marked.atMs - first.atMs : Infinity;
      const off = Math.abs(tookMs - expectedMs);
      worstMs = Math.max(worstMs, off);
      if (noticedMs <= delayMs + toleranceMs && off <= toleranceMs) good += 1;
      else {
        wrong.push(
          `${name} ${passed ? 'up' : 'down'}: noticed after ${Math.round(noticedMs)} of at most ${delayMs} ms, marked ${Math.round(tookMs)} ms later, model ${expectedMs}`,
        );
      }
      // What it comes to when nothing changes any more.
      for (let nth = 0; nth < 10; nth++) delayMs = checks!.checked(index, passed, 0) / 1000;
    }
  }
  return { good, all: 2 * servers, wrong, worstMs };
}
