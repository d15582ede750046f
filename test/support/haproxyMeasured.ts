// What was measured on the real HAProxy, played again. Fixtures: test/fixtures/haproxy/README.md.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import type { HaproxySession } from '../../src/models/balancer/haproxy/session.ts';
import { aClient } from './clients.ts';
import { aBackend, balanceOf, hashTypeOf, type BackendGiven } from './haproxy.ts';

const folder = new URL('../fixtures/haproxy/', import.meta.url);

export function fixture(name: string): Buffer {
  const bytes = readFileSync(new URL(name, folder));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export interface MeasuredBackend {
  readonly backend: BackendGiven;
  /** Servers that were marked down, or refused without being checked. */
  readonly down: readonly number[];
  readonly dead: readonly number[];
}

/** @param lines of a proxy section. */
export function measuredBackend(lines: readonly string[]): MeasuredBackend {
  const given: { -readonly [Key in keyof BackendGiven]: BackendGiven[Key] } = { servers: [] };
  const servers: { serverText: string; weight: number }[] = [];
  const down: number[] = [];
  const dead: number[] = [];
  for (const line of lines) {
    const [text = '', comment = ''] = line.split('#');
    const [word = '', ...rest] = text.trim().split(/\s+/);
    if (word === 'balance') given.balance = balanceOf(rest);
    else if (word === 'hash-type') given.hashType = hashTypeOf(rest);
    else if (word === 'hash-balance-factor') given.hashBalanceFactor = Number(rest[0]);
    else if (word === 'option' && rest[0] === 'redispatch') given.redispatchAfter = -1;
    else if (word === 'server') {
      if (comment.includes('down')) down.push(servers.length);
      if (comment.includes('refuses')) dead.push(servers.length);
      servers.push({ serverText: rest[0]!, weight: Number(rest[3]) });
    } else if (word !== 'mode') throw new Error(line);
  }
  return { backend: { ...given, servers }, down, dead };
}

/** The clients, in the order in which they came; all measurements begin with the first one. */
export function measuredClients(): readonly string[] {
  const random = fixture('clients.bin.gz');
  return Array.from({ length: 2000 + random.length / 4 }, (_, nth) => {
    if (nth < 2000) return `127.10.${(nth + 1) >> 8}.${(nth + 1) & 255}`;
    return [...random.subarray(4 * nth - 8000, 4 * nth - 7996)].join('.');
  });
}

/** Steps of a measurement by its configuration. */
export function measuredSteps(): ReadonlyMap<string, string> {
  return new Map(
    fixture('choices.txt.gz')
      .toString()
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
}

export interface Replayed {
  readonly all: number;
  /** Steps whose server is another one. */
  readonly wrong: readonly string[];
}

/** @param closesAtOnce sessions end before the next one comes. */
export function replay(lines: readonly string[], steps: string, closesAtOnce: boolean): Replayed {
  const { backend, down, dead } = measuredBackend(lines);
  const balancer = aBackend(backend);
  for (const index of down) balancer.admin!.setState(index, 'maint', 0);
  const clients = measuredClients();
  const sessions: HaproxySession[] = [];
  const wrong: string[] = [];
  let all = 0;
  for (const [step, letter, rank, server, what, value] of steps.matchAll(/([a-h])|(\d+);|\[(\w+) (\w+) (\w+)\]/g)) {
    if (rank !== undefined) balancer.closed(sessions.splice(Number(rank), 1)[0]!, 1e9);
    else if (letter === undefined) order(balancer, server!, what!, value!);
    else {
      const session = balancer.open(aClient(clients[all]), 0);
      while (dead.includes(balancer.next(session, 1e9))) balancer.failed(session, 1e9, 0, false);
      const chosen = 'abcdefgh'[session.peerIndex];
      if (chosen !== letter) wrong.push(`${all}: ${step}, not ${chosen}`);
      all += 1;
      if (closesAtOnce) balancer.closed(session, 1e9);
      else sessions.push(session);
    }
  }
  return { all, wrong };
}

/** `set server <server> state|weight <value>`. */
function order({ admin, peers }: Balancer, server: string, what: string, value: string): void {
  const index = peers.findIndex(({ serverText }) => serverText === server);
  if (what === 'state') admin!.setState(index, value as 'ready' | 'drain' | 'maint', 1e9);
  else admin!.setWeight(index, Number(value), 1e9);
}
