import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { avalanche, hashBytes, xxh32 } from '../../../../src/models/balancer/haproxy/hashes.ts';
import { bytesOf } from '../../../../src/models/balancer/haproxy/key.ts';
import type { HaproxyHashFunction } from '../../../../src/models/balancer/haproxy/options.ts';
import { fixture } from '../../../support/haproxyMeasured.ts';

const vectors = JSON.parse(fixture('vectors.json').toString()) as {
  avalanche: Record<string, number>;
  hash_of_ipv4_bytes: Record<HaproxyHashFunction, Record<string, number>>;
};

test('the avalanche of a number', () => {
  const numbers = Object.entries(vectors.avalanche);

  expect(numbers.length).toBeGreaterThan(5);
  expect(numbers.map(([number]) => avalanche(Number(number)))).toEqual(numbers.map(([, hash]) => hash));
});

test.each(Object.entries(vectors.hash_of_ipv4_bytes))('%s of the bytes of an address', (name, hashes) => {
  const addresses = Object.entries(hashes);

  expect(addresses.map(([address]) => hashBytes(name as HaproxyHashFunction, bytesOf(address)))).toEqual(
    addresses.map(([, hash]) => hash),
  );
});

test('crc32 is the one of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(hashBytes('crc32', bytes)).toBe(crc32(bytes));
    }),
  );
});

// HAProxy 2.9.0, src/backend.c, gen_hash(): read_int64() of the key.
test.each([
  ['1234', 1234],
  ['12x4', 12],
  ['-1', 4_294_967_295],
  ['', 0],
  ['4294967297', 1],
])('none takes the number that %j begins with', (text, hash) => {
  expect(hashBytes('none', Buffer.from(text))).toBe(hash);
});

// Vectors of the documentation of python-xxhash and of the specification.
test.each([
  ['', 0, 0x02cc5d05],
  ['a', 0, 0x550d7456],
  ['abc', 0, 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0, 0xe2293b2f],
])('XXH32 of %j', (text, seed, hash) => {
  expect(xxh32(Buffer.from(text), seed)).toBe(hash);
});
