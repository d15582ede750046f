import { expect, test } from 'vitest';
import { consistentAlone } from '../../../../src/models/balancer/haproxy/options.ts';
import { haproxyVersion, type HaproxyVersion } from '../../../../src/models/balancer/haproxy/versions.ts';
import { aClient } from '../../../support/clients.ts';
import { aBackend, type BackendGiven } from '../../../support/haproxy.ts';

const leastconn = { balance: { kind: 'leastconn' as const } };
const roundrobin = { balance: { kind: 'roundrobin' as const } };
const map = { balance: { kind: 'source' as const } };
const ring = { ...map, hashType: consistentAlone };
const redispatch = { redispatchAfter: -1 };
const three = [{}, {}, {}];

/**
 * One session whose first server is dead but counts as up.
 * @param silentUs how long an attempt takes to fail; 0: it is refused.
 * @returns how it ends, when, and how many attempts it took.
 */
function probe(given: Partial<BackendGiven>, silentUs: number, version?: HaproxyVersion): string {
  const balancer = aBackend({ servers: three, connectTimeoutUs: 10_000_000, ...given }, version);
  const session = balancer.open(aClient(), 0);
  let nowUs = 1e9;
  const dead = balancer.next(session, nowUs);
  for (let attempts = 1; ; attempts++) {
    nowUs += silentUs;
    const waitUs = balancer.failed(session, nowUs, nowUs - 1e9, silentUs > 0);
    if (waitUs === Infinity) return `FIN after ${(nowUs - 1e9) / 1e6} s, ${attempts} attempts`;
    nowUs += waitUs;
    const next = balancer.next(session, nowUs);
    if (next !== dead) return `other server after ${(nowUs - 1e9) / 1e6} s, ${attempts} failed`;
  }
}

const silent = { connectTimeoutUs: 2_000_000 };

// Measured on 2.6.12 (64 probes; 3.0.11 agrees), less the 1 to 3 ms of the connections themselves. Sheet, section 9.
test.each<readonly [string, Partial<BackendGiven>, number, string]>([
  ['leastconn + redispatch, refused', { ...leastconn, ...redispatch }, 0, 'other server after 0 s, 1 failed'],
  ['roundrobin + redispatch, refused', { ...roundrobin, ...redispatch }, 0, 'other server after 0 s, 1 failed'],
  [
    'leastconn + redispatch, silent',
    { ...leastconn, ...redispatch, ...silent },
    2e6,
    'other server after 2 s, 1 failed',
  ],
  ['leastconn, refused', leastconn, 0, 'FIN after 3 s, 4 attempts'],
  ['leastconn, silent', { ...leastconn, ...silent }, 2e6, 'FIN after 8 s, 4 attempts'],
  ['source map-based + redispatch, refused', { ...map, ...redispatch }, 0, 'FIN after 2 s, 4 attempts'],
  ['source map-based + redispatch, silent', { ...map, ...redispatch, ...silent }, 2e6, 'FIN after 8 s, 4 attempts'],
  ['source map-based, refused', map, 0, 'FIN after 3 s, 4 attempts'],
  ['source consistent + redispatch, refused', { ...ring, ...redispatch }, 0, 'other server after 2 s, 3 failed'],
  [
    'source consistent + redispatch, silent',
    { ...ring, ...redispatch, ...silent },
    2e6,
    'other server after 6 s, 3 failed',
  ],
  ['consistent + redispatch 1, refused', { ...ring, redispatchAfter: 1 }, 0, 'other server after 0 s, 1 failed'],
  ['map + redispatch 1, refused', { ...map, redispatchAfter: 1 }, 0, 'FIN after 0 s, 4 attempts'],
  ['one single server + redispatch', { ...leastconn, ...redispatch, servers: [{}] }, 0, 'FIN after 3 s, 4 attempts'],
  ['retries 0', { ...leastconn, retries: 0 }, 0, 'FIN after 0 s, 1 attempts'],
  ['timeout connect 300ms', { ...leastconn, connectTimeoutUs: 300_000 }, 0, 'FIN after 0.9 s, 4 attempts'],
])('%s: %s', (_, given, silentUs, expected) => {
  expect(probe(given, silentUs)).toBe(expected);
});

// HAProxy 2.6.0, src/backend.c, back_handle_st_cer(); 2.6.3 and 2.6.7 by the CHANGELOG of 2.6.12.
test.each<readonly [string, number, Partial<BackendGiven>, string]>([
  ['2.6.0 has one retry fewer', 0, leastconn, 'FIN after 2 s, 3 attempts'],
  ['2.6.2 does not redispatch on it', 2, { ...ring, ...redispatch }, 'FIN after 2 s, 3 attempts'],
  ['2.6.3 has all of them', 3, leastconn, 'FIN after 3 s, 4 attempts'],
  [
    '2.6.6 leaves for another server with the last retry',
    6,
    { ...leastconn, ...redispatch },
    'other server after 3 s, 3 failed',
  ],
  ['2.6.6 takes turns at once', 6, { ...roundrobin, ...redispatch }, 'other server after 0 s, 1 failed'],
  ['2.6.7 leaves at once', 7, { ...leastconn, ...redispatch }, 'other server after 0 s, 1 failed'],
])('%s', (_, patch, given, expected) => {
  expect(probe(given, 0, haproxyVersion('2.6', patch))).toBe(expected);
});

test('a session that is tried again keeps its slot, one that is redispatched gives it back', () => {
  const slots = (given: Partial<BackendGiven>): readonly number[] => {
    const balancer = aBackend({ servers: [{}, {}], ...leastconn, ...given });
    const session = balancer.open(aClient(), 0);
    balancer.next(session, 1e9);
    balancer.failed(session, 1e9, 0, false);
    return [0, 1].map((index) => balancer.admin!.sessions(index));
  };

  expect(slots({})).toEqual([1, 0]);
  expect(slots(redispatch)).toEqual([0, 0]);
});

// Measured on 2.6.12: with on-marked-down shutdown-sessions the client hears FIN when the server is marked, also between two attempts.
test('between two attempts a session belongs to the server it is tried on again, and to none that it leaves', () => {
  const retries = (given: Partial<BackendGiven>): readonly (number | undefined)[] => {
    const balancer = aBackend({ servers: [{}, {}], ...leastconn, ...given });
    const session = balancer.open(aClient(), 0);
    const seen = [balancer.next(session, 1e9)];
    balancer.failed(session, 1e9, 0, false);
    seen.push(session.retryIndex);
    balancer.next(session, 1e9 + 1e6);
    return [...seen, session.retryIndex, session.peerIndex];
  };

  expect(retries({})).toEqual([0, 0, -1, 0]);
  expect(retries(redispatch)).toEqual([0, -1, -1, 1]);
});

test('a session whose server has gone down meanwhile is redispatched, whatever the method', () => {
  const balancer = aBackend({ ...map, ...redispatch, servers: three });
  const session = balancer.open(aClient(), 0);
  const first = balancer.next(session, 1e9);
  balancer.admin!.setState(first, 'maint', 1e9);

  expect(balancer.failed(session, 1e9, 0, false)).toBe(0);
  expect(balancer.next(session, 1e9)).not.toBe(first);
});

test('with nothing left to choose the client is closed', () => {
  const balancer = aBackend({ ...leastconn, ...redispatch, servers: [{}] });
  const session = balancer.open(aClient(), 0);
  balancer.next(session, 1e9);
  balancer.admin!.setState(0, 'maint', 1e9);
  balancer.failed(session, 1e9, 0, false);

  expect(balancer.next(session, 1e9)).toBe(-1);
});
