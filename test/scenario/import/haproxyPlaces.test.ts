import { expect, test } from 'vitest';
import { documentedVersion } from '../../../src/models/balancer/haproxy/versions.ts';
import { readHaproxyConf } from '../../../src/scenario/import/haproxyConf.ts';

const text = `global
  maxconn 4000
defaults slow
  timeout connect 10s
  timeout client 1m
  timeout server 1m
  maxconn 3000
defaults
  mode tcp
  timeout connect 5s
  timeout client 5m
  timeout server 5m
frontend events
  bind :1514
  timeout client 2m
  default_backend nodes
backend nodes from slow
  no option redispatch
  balance leastconn
  server w1 10.0.0.1:1514 check
`;

test('a line of a haproxy.cfg is found in the section itself, else in the defaults it inherits from', () => {
  const conf = readHaproxyConf({
    file: 'haproxy.cfg',
    text,
    version: documentedVersion,
    cpus: 1,
    env: new Map(),
    resolve: () => null,
    assume: [],
    purpose: 'agents',
  });
  const lineOf = (name: string): number | null => conf.placeOf(0, name)?.line ?? null;

  expect(lineOf('timeout client')).toBe(15);
  expect(lineOf('timeout connect')).toBe(4);
  expect(lineOf('timeout server')).toBe(6);
  expect(lineOf('maxconn')).toBeNull();
  expect(lineOf('global maxconn')).toBe(2);
  expect(lineOf('balance')).toBe(19);
  expect([lineOf('option redispatch'), lineOf('retries')]).toEqual([null, null]);
});
