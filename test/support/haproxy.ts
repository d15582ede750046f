// HAProxy backends for tests.
import { rootKey } from '../../src/kernel/random.ts';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import { createHaproxyBackend } from '../../src/models/balancer/haproxy/haproxy.ts';
import {
  backendDefaults,
  checkDefaults,
  frontendDefaults,
  globalDefaults,
  serverDefaults,
  serverIds,
  type HaproxyBackendOptions,
  type HaproxyBalance,
  type HaproxyCheckOptions,
  type HaproxyHashType,
  type HaproxyOptions,
  type HaproxyServerOptions,
} from '../../src/models/balancer/haproxy/options.ts';
import type { HaproxySession } from '../../src/models/balancer/haproxy/session.ts';
import { haproxyVersion, type HaproxyVersion } from '../../src/models/balancer/haproxy/versions.ts';
import type { BalancerGiven, Lacks } from '../contracts/balancerStory.ts';
import { aClient } from './clients.ts';

export const measuredVersion = haproxyVersion('2.6', 12);
export const aBind = { port: 1514, mappedAddresses: false };

/** Servers s1, s2 …; of each what differs from the defaults. */
export function someServers(given: readonly Partial<HaproxyServerOptions>[]): HaproxyServerOptions[] {
  const ids = serverIds(given.map(({ id }) => id ?? null));
  return given.map((server, index) => ({
    ...serverDefaults,
    serverText: `s${index + 1}`,
    address: `127.0.20.${index + 1}`,
    port: 1514,
    ...server,
    id: ids[index]!,
  }));
}

/** A check of a server, all else by default. */
export function aCheck(given: Partial<HaproxyCheckOptions> = {}): HaproxyCheckOptions {
  return { ...checkDefaults, address: '127.0.20.1', port: 1514, ...given };
}

export interface BackendGiven extends Partial<Omit<HaproxyBackendOptions, 'servers'>> {
  readonly servers: readonly Partial<HaproxyServerOptions>[];
}

export function haproxyWith(
  backends: readonly BackendGiven[],
  version: HaproxyVersion = measuredVersion,
  given: Partial<HaproxyOptions> = {},
): HaproxyOptions {
  return {
    ...globalDefaults,
    version,
    maxConn: 4000,
    threads: 1,
    frontends: backends.map((_, backendIndex) => ({
      ...frontendDefaults,
      name: `in${backendIndex}`,
      binds: [{ address: '', port: 1514, mappedAddresses: false, maxConn: 0 }],
      maxConn: 4000,
      backlog: 4000,
      backendIndex,
    })),
    backends: backends.map((backend, index) => ({
      ...backendDefaults,
      name: `backend${index}`,
      balance: { kind: 'leastconn' },
      ...backend,
      servers: someServers(backend.servers),
    })),
    ...given,
  };
}

export function aBackend(backend: BackendGiven, version?: HaproxyVersion): Balancer<HaproxySession> {
  return createHaproxyBackend(haproxyWith([backend], version), 0, rootKey('checks', 0))(aBind);
}

/** What no method of HAProxy does. */
export const haproxyLacks: Lacks = {
  bans: 'Checks say who is up; failures of sessions count for them at most (`observe`).',
  workers: 'Its threads share what they know.',
  others: 'Retries go to the same server, unless they are redispatched.',
};

export const waitsForItsServer = 'A session waits for the server that its key, or its luck, names.';

/** A backend of the method for the contract every method passes. */
export function haproxyMethod(
  method: Pick<BackendGiven, 'balance' | 'hashType' | 'hashBalanceFactor'>,
): (given: BalancerGiven) => Balancer<HaproxySession> {
  return ({ peers, tries, checked }) =>
    aBackend({
      ...method,
      allBackups: true,
      redispatchAfter: -1,
      retries: tries === 0 ? backendDefaults.retries : tries - 1,
      servers: peers.map(({ weight, maxConns, down, backup }) => ({
        weight,
        backup,
        maxConn: maxConns,
        disabled: down,
        check: checked ? aCheck() : null,
      })),
    });
}

/** Servers of sessions that stay open, by number from 1: `-` nothing is usable, `q` it waits. */
export function held(balancer: Balancer<HaproxySession>, count: number, nowUs = 1e9): string {
  return Array.from({ length: count }, (_, nth) => mark(open(balancer, nowUs, `10.0.0.${nth}`))).join('');
}

export function open(balancer: Balancer<HaproxySession>, nowUs = 1e9, address?: string, connect = 0): HaproxySession {
  const session = balancer.open(aClient(address, connect), 0);
  if (balancer.next(session, nowUs) >= 0) balancer.connected(session, nowUs);
  return session;
}

export function mark({ peerIndex, queue }: HaproxySession): string {
  return peerIndex >= 0 ? String(peerIndex + 1) : queue ? 'q' : '-';
}

/** `balance …` and `hash-type …` as they are written. */
export function balanceOf(words: readonly string[]): HaproxyBalance {
  const [kind = '', sample] = words;
  if (kind === 'hash' && sample === 'src') return { kind, sample: { fetch: 'src', mask: null } };
  if (kind === 'random') return { kind, draws: 2 };
  if (['roundrobin', 'static-rr', 'leastconn', 'first', 'source'].includes(kind)) return { kind } as HaproxyBalance;
  throw new Error(`balance ${words.join(' ')}`);
}

export function hashTypeOf([table, name, modifier]: readonly string[]): HaproxyHashType {
  if (table !== 'map-based' && table !== 'consistent') throw new Error(`hash-type ${table}`);
  const alone = name === undefined;
  return {
    table,
    function: (name ?? 'sdbm') as HaproxyHashType['function'],
    avalanche: modifier === 'avalanche' || (alone && table === 'consistent'),
  };
}
