import { expect, test } from 'vitest';
import {
  haproxyVersion,
  hasRetriesAsIn28,
  isSince,
  parseHaproxyVersion,
} from '../../../../src/models/balancer/haproxy/versions.ts';

test('a release is read from its number, and an unknown one is none', () => {
  expect(parseHaproxyVersion('2.6.12')).toEqual({ branch: '2.6', patch: 12, ring: 'id' });
  expect(parseHaproxyVersion('3.0')).toEqual({ branch: '3.0', patch: 0, ring: 'hashedId' });
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
  expect([haproxyVersion('2.6'), haproxyVersion('2.6', 12), haproxyVersion('2.7')].map(hasRetriesAsIn28)).toEqual([
    false,
    true,
    true,
  ]);
});
