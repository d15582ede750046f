import { expect, test } from 'vitest';
import { bytesOf, clientHash, sampleBytes, sourceKey } from '../../../../src/models/balancer/haproxy/key.ts';
import type { HaproxyHashSample } from '../../../../src/models/balancer/haproxy/options.ts';
import { aClient } from '../../../support/clients.ts';
import { aBind, haproxyWith } from '../../../support/haproxy.ts';
import { fixture } from '../../../support/haproxyMeasured.ts';

const { source_key: sourceKeys } = JSON.parse(fixture('vectors.json').toString()) as {
  source_key: Record<string, number>;
};

test.each(Object.entries(sourceKeys))('the source key of %s', (address, key) => {
  expect(sourceKey(bytesOf(address))).toBe(key);
});

const mapped = { port: 1514, mappedAddresses: true };

// All of them measured on 2.6.12: 60 to 300 clients each land where the key says.
test.each<readonly [string, HaproxyHashSample, typeof aBind, string, readonly number[]]>([
  ['src', { fetch: 'src', mask: null }, aBind, '10.1.2.3', [10, 1, 2, 3]],
  ['src of a socket for both', { fetch: 'src', mask: null }, mapped, '10.1.2.3', mappedBytes(10, 1, 2, 3)],
  ['src,ipmask(24)', { fetch: 'src', mask: { v4Bits: 24, v6Bits: 128 } }, aBind, '10.1.2.3', [10, 1, 2, 0]],
  ['src,ipmask(13)', { fetch: 'src', mask: { v4Bits: 13, v6Bits: 128 } }, aBind, '10.15.2.3', [10, 8, 0, 0]],
  ['src,ipmask(22,64), both', { fetch: 'src', mask: { v4Bits: 22, v6Bits: 64 } }, mapped, '10.1.7.3', [10, 1, 4, 0]],
  ['src_port', { fetch: 'src_port', mask: null }, aBind, '10.1.2.3', [0, 0, 0, 0, 0, 0, 0x9c, 0x40]],
  ['dst_port', { fetch: 'dst_port', mask: null }, aBind, '10.1.2.3', [0, 0, 0, 0, 0, 0, 5, 0xea]],
])('the bytes of %s', (_, sample, bind, address, bytes) => {
  expect([...sampleBytes(sample, aClient(address), bind)]).toEqual(bytes);
});

test('ipmask keeps the first bits of an IPv6 address', () => {
  const sample: HaproxyHashSample = { fetch: 'src', mask: { v4Bits: 24, v6Bits: 44 } };

  expect([...sampleBytes(sample, aClient('2001:db8:ffff::7'), aBind)].slice(0, 8)).toEqual([
    0x20, 1, 0xd, 0xb8, 0xff, 0xf0, 0, 0,
  ]);
});

test('source takes no hash function, but an avalanche', () => {
  const hash = (avalanche: boolean): number => {
    const hashType = { table: 'consistent', function: 'djb2', avalanche } as const;
    const { backends } = haproxyWith([{ balance: { kind: 'source' }, hashType, servers: [{}] }]);
    return clientHash(backends[0]!, aClient('10.0.0.1'), aBind);
  };

  expect([hash(false), hash(true)]).toEqual([167_772_161, 715_288_146]); // vectors.json: source_key, avalanche
});

function mappedBytes(...last: readonly number[]): readonly number[] {
  return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...last];
}
