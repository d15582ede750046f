import { expect, test } from 'vitest';
import type { HaproxyOptions } from '../../../../src/models/balancer/haproxy/options.ts';
import { haproxyRemarks } from '../../../../src/models/balancer/haproxy/remarks.ts';
import { haproxyVersion } from '../../../../src/models/balancer/haproxy/versions.ts';
import { aCheck, haproxyWith, type BackendGiven } from '../../../support/haproxy.ts';

const ring = { table: 'consistent', function: 'djb2', avalanche: true } as const;
const source = { balance: { kind: 'source' as const } };
const two = [{}, {}];

/** First words of the remarks. */
function remarks(
  given: Partial<BackendGiven>,
  version = haproxyVersion('2.8'),
  more: Partial<HaproxyOptions> = {},
): string {
  const options = haproxyWith([{ servers: two, ...given }], version, more);
  return haproxyRemarks(options)
    .map(({ text }) => text.split(/[:;]/)[0])
    .join('; ');
}

test('what Wazuh documents, and what was measured, is reproduced without a remark', () => {
  expect(remarks({ servers: [{ check: aCheck() }, { check: aCheck() }] })).toBe('');
  expect(remarks({ ...source, hashType: ring }, haproxyVersion('2.6', 12))).toBe('');
  expect(remarks({ ...source, hashType: ring }, haproxyVersion('3.0', 11))).toBe('');
});

test.each<readonly [string, Partial<BackendGiven>, Parameters<typeof haproxyVersion>, Partial<HaproxyOptions>]>([
  ['leastconn of HAProxy 3.2', {}, ['3.2'], {}],
  ['roundrobin of HAProxy 3.3', { balance: { kind: 'roundrobin' } }, ['3.3'], { threads: 4 }],
  ['', { balance: { kind: 'roundrobin' } }, ['3.3'], { threads: 1 }],
  ['random of HAProxy 3.4', { balance: { kind: 'random', draws: 2 } }, ['3.4'], {}],
  [
    'HAProxy 3.2 got the ring of 2.x back with a patch release after October 2025',
    { ...source, hashType: ring },
    ['3.2'],
    {},
  ],
  ['', { ...source, hashType: ring, servers: [{ hashKey: 'addr' }, { hashKey: 'addr' }] }, ['3.2'], {}],
  ['hash-type consistent without avalanche', { ...source, hashType: { ...ring, avalanche: false } }, ['2.8'], {}],
  ['maxconn of HAProxy 2.8', { servers: [{ maxConn: 4 }, {}] }, ['2.8'], {}],
  ['', { ...source, servers: [{ maxConn: 4 }, {}] }, ['3.2'], {}],
  [
    'some servers are asked by their checks for an answer and some are not',
    { servers: [{ check: aCheck() }, { check: aCheck({ asks: 'process' }) }] },
    ['2.8'],
    {},
  ],
])('%s', (words, given, version, more) => {
  expect(remarks(given, haproxyVersion(...version), more)).toBe(words);
});
