import { expect, test } from 'vitest';
import {
  createNginxBalancer,
  createUpstream,
  maxSessionsPerWorker,
} from '../../../../src/models/balancer/nginx/nginx.ts';
import type {
  NginxListenerOptions,
  NginxOptions,
  NginxUpstreamOptions,
} from '../../../../src/models/balancer/nginx/options.ts';
import { aListener } from '../../../support/nginxMethods.ts';
import { aClient } from '../../../support/clients.ts';

const upstream: NginxUpstreamOptions = {
  name: 'cluster',
  method: { kind: 'roundRobin' },
  zone: false,
  peers: [3, 4, 5].map((host) => ({
    serverText: `172.0.0.${host}:1514`,
    address: `172.0.0.${host}`,
    port: 1514,
    weight: 1,
    maxFails: 1,
    failTimeoutSeconds: 10,
    maxConns: 0,
    down: false,
    backup: false,
  })),
};

/** Peers one session tries when all refuse, each attempt taking so long. */
function attempts(given: Partial<NginxListenerOptions>, eachUs = 0): readonly number[] {
  const balancer = createNginxBalancer(createUpstream(upstream, 1), { ...aListener, ...given });
  const session = balancer.open(aClient(), 0);
  const tried: number[] = [];
  for (let more = true; more;) {
    tried.push(balancer.next(session, 1000e6));
    more = balancer.failed(session, 1000e6, tried.length * eachUs, false) < Infinity;
  }
  return tried;
}

// nginx 1.22.1, src/stream/ngx_stream_proxy_module.c, ngx_stream_proxy_next_upstream().
test.each<readonly [string, Partial<NginxListenerOptions>, number, readonly number[]]>([
  ['every server is tried once', {}, 0, [0, 1, 2]],
  ['proxy_next_upstream off', { nextUpstream: false }, 0, [0]],
  ['proxy_next_upstream_tries 2', { nextUpstreamTries: 2 }, 0, [0, 1]],
  ['more tries than servers', { nextUpstreamTries: 9 }, 0, [0, 1, 2]],
  ['proxy_next_upstream_timeout that has passed', { nextUpstreamTimeoutUs: 2_000_000 }, 3_000_000, [0]],
  ['proxy_next_upstream_timeout met exactly', { nextUpstreamTimeoutUs: 2_000_000 }, 1_000_000, [0, 1]],
])('%s', (_, given, eachUs, expected) => {
  expect(attempts(given, eachUs)).toEqual(expected);
});

test('a failure counts even when no second attempt follows', () => {
  const balancer = createNginxBalancer(createUpstream(upstream, 1), { ...aListener, nextUpstream: false });
  const first = balancer.open(aClient(), 0);
  balancer.next(first, 1000e6);
  balancer.failed(first, 1000e6, 0, false);
  const later = Array.from({ length: 4 }, () => balancer.next(balancer.open(aClient(), 0), 1005e6));

  expect(later).toEqual([1, 2, 1, 2]);
});

test('listeners that pass to one upstream share what is remembered about its servers', () => {
  const shared = createUpstream(upstream, 1);
  const events = createNginxBalancer(shared, aListener);
  const other = createNginxBalancer(shared, { ...aListener, port: 2514 });
  const failing = events.open(aClient(), 0);
  events.next(failing, 1000e6);
  events.failed(failing, 1000e6, 0, false);

  expect([1, 2, 3].map(() => other.next(other.open(aClient(), 0), 1001e6))).toEqual([1, 2, 1]);
});

// Measured on nginx 1.22.1: 64 → 31, 100 → 49, 768 → 383 sessions with one listener.
test.each([
  [64, 1, 31],
  [100, 1, 49],
  [768, 1, 383],
  [768, 2, 382],
  [768, 4, 381],
  [2, 1, 0],
])('%i worker_connections and %i listening sockets leave room for %i sessions', (connections, sockets, sessions) => {
  const options: NginxOptions = {
    workers: 1,
    workerConnections: connections,
    listeningSockets: sockets,
    listeners: [],
    upstreams: [],
  };

  expect(maxSessionsPerWorker(options)).toBe(sessions);
});
