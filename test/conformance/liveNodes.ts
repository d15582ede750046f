// Servers that die, hang and return, for timelines: each is a process of its own.
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PeerChange, PeerState } from '../support/balancerTimeline.ts';

/** The wall clock, in µs, without its steps. */
export function wallUs(): number {
  return Math.round(1000 * (performance.timeOrigin + performance.now()));
}

/** Of this kernel; 0 before Linux 6.5. */
export function linearSyns(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/tcp_syn_linear_timeouts', 'utf8'));
  } catch {
    return 0;
  }
}

export interface LiveNode {
  readonly address: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** The process stands still; its kernel goes on. */
  hang(): void;
  /** It stands still, and its kernel takes no more connections. */
  silence(): Promise<void>;
  goOn(): void;
  stop(): void;
}

/** @param changes where what happens to it is written down. */
export function liveNode(host: string, port: number, changes: PeerChange[], backlog = 511): LiveNode {
  const peer = `${host}:${port}`;
  const fillers: Socket[] = [];
  let child: ChildProcess | null = null;
  const became = (state: PeerState): void => void changes.push({ atUs: wallUs(), peer, state });
  return {
    address: peer,
    async start() {
      const started = fork(fileURLToPath(new URL('nodeProcess.ts', import.meta.url)), [
        JSON.stringify([{ name: peer, host, port, backlog }]),
      ]);
      child = started;
      await new Promise<void>((resolve, reject) => {
        started.once('message', () => resolve());
        started.once('exit', (code) => reject(new Error(`a server on ${peer} ended with ${code}`)));
      });
      became('accepts');
    },
    async kill() {
      const gone = new Promise((resolve) => child!.once('exit', resolve));
      became('refuses');
      child!.kill('SIGKILL');
      await gone;
    },
    hang() {
      child!.kill('SIGSTOP');
      became('mute');
    },
    async silence() {
      child!.kill('SIGSTOP');
      became('mute');
      // Its queue takes one more than it was told; a connection that hangs says that it is full.
      for (let isFull = false, lastUs = wallUs(); !isFull;) {
        const filler = connect({ host, port, localAddress: '127.0.0.1' });
        filler.on('error', () => filler.destroy());
        fillers.push(filler);
        isFull = await Promise.race([
          new Promise<boolean>((resolve) => filler.once('connect', () => resolve(false))),
          pause(100, true),
        ]);
        if (isFull) changes.push({ atUs: lastUs, peer, state: 'silent' });
        else lastUs = wallUs();
      }
    },
    goOn() {
      child!.kill('SIGCONT');
      became('accepts');
      for (const filler of fillers.splice(0)) filler.destroy();
    },
    stop() {
      for (const filler of fillers.splice(0)) filler.destroy();
      child?.kill('SIGKILL');
      child = null;
    },
  };
}

/** One client and what it met. */
export interface Visit {
  readonly client: string;
  readonly atUs: number;
  /** What the server said first; empty: nothing yet. */
  said: string;
  saidAtUs: number;
  endedAtUs: number;
  leave(): void;
}

/** @returns at once: the client is on its way. */
export function visit(port: number, client: string): Visit {
  const socket = connect({ host: '127.0.0.1', port, localAddress: client, noDelay: true });
  const found: Visit = {
    client,
    atUs: wallUs(),
    said: '',
    saidAtUs: Infinity,
    endedAtUs: Infinity,
    leave: () => void socket.destroy(),
  };
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    if (found.said === '') found.saidAtUs = wallUs();
    found.said += chunk.toString();
  });
  socket.once('close', () => (found.endedAtUs = wallUs()));
  return found;
}

/** Seconds after the start. */
export interface FallPlan {
  readonly fall: number;
  readonly killedReturn: number;
  readonly othersReturn: number;
  readonly end: number;
}

/** One server is killed, one stands still, one falls silent, and all return. @param clock waits for a second after the start. */
export async function fallAndReturn(
  plan: FallPlan,
  clock: (seconds: number) => Promise<void>,
  { killed, hung, silent }: Readonly<Record<'killed' | 'hung' | 'silent', LiveNode>>,
): Promise<void> {
  await clock(plan.fall);
  await killed.kill();
  hung.hang();
  await silent.silence();
  await clock(plan.killedReturn);
  await killed.start();
  await clock(plan.othersReturn);
  hung.goOn();
  silent.goOn();
  await clock(plan.end);
}
