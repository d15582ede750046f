import { expect, test } from 'vitest';
import {
  countsRetriesFirst,
  haproxyVersion,
  redispatchesTurnsOnly,
  isSince,
  parseHaproxyVersion,
} from '../../../../src/models/balancer/haproxy/versions.ts';

test('a release is read from its number, and an unknown one is none', () => {
  expect(parseHaproxyVersion('2.6.12')).toEqual({ branch: '2.6', patch: 12, ring: 'id' });
  expect(parseHaproxyVersion('3.0')).toEqual({ branch: '3.0', patch: null, ring: 'hashedId' });
  expect(['2.4', '3.9', '2.6.x', '', '2.6.12-1'].map(parseHaproxyVersion)).toEqual([null, null, null, null, null]);
});

// Upstream's commit 03e9a5a1e; 3.0.11 measured.
test('the ring of 3.0 to 3.2 is another one', () => {
  const rings = (['2.6', '2.9', '3.0', '3.2', '3.3', '3.4'] as const).map((branch) => haproxyVersion(branch).ring);

  expect(rings).toEqual(['id', 'id', 'hashedId', 'hashedId', 'id', 'id']);
});

test('branches are in order', () => {
  expect(isSince(haproxyVersion('3.0'), '2.9')).toBe(true);
  expect(isSince(haproxyVersion('2.9'), '2.9')).toBe(true);
  expect(isSince(haproxyVersion('2.8', 40), '2.9')).toBe(false);
});

// /usr/share/doc/haproxy/changelog of 2.6.12: "Don't increment conn_retries counter too early" is in 2.6.3, "only enforce turn-around
// state when not redispatching" in 2.6.7.
test('the first releases of 2.6 retry and redispatch in their own way', () => {
  const releases = [0, 2, 3, 6, 7, 12, null].map((patch) => haproxyVersion('2.6', patch));

  expect(releases.map(countsRetriesFirst)).toEqual([true, true, false, false, false, false, false]);
  expect(releases.map(redispatchesTurnsOnly)).toEqual([true, true, true, true, false, false, false]);
  expect([countsRetriesFirst, redispatchesTurnsOnly].map((ask) => ask(haproxyVersion('2.7', 0)))).toEqual([
    false,
    false,
  ]);
});
