import fc from 'fast-check';
import { expect, test } from 'vitest';
import { avalanche, xxh32 } from '../../../../src/models/balancer/haproxy/hashes.ts';
import {
  emptyRing,
  insertPoints,
  nearestPoint,
  removePoints,
  ringBase,
  type Ring,
} from '../../../../src/models/balancer/haproxy/ring.ts';
import { haproxyVersion } from '../../../../src/models/balancer/haproxy/versions.ts';
import { measuredVersion, someServers } from '../../../support/haproxy.ts';
import { bytesOf } from '../../../../src/models/balancer/haproxy/key.ts';
import { fixture } from '../../../support/haproxyMeasured.ts';

const vectors = JSON.parse(fixture('vectors.json').toString()) as {
  ring_3_equal_first12: readonly (readonly [number, string])[];
  ring_3_equal_size: number;
};

function ringOf(points: readonly number[]): Ring {
  const ring = emptyRing();
  someServers(points.map(() => ({}))).forEach((server, index) =>
    insertPoints(ring, index, ringBase(server, measuredVersion), 0, points[index]!),
  );
  return ring;
}

function pointsOf({ positions, owners, ordinals }: Ring): readonly string[] {
  return [...positions].map((position, at) => `${position} ${owners[at]} ${ordinals[at]}`);
}

test('the ring of three servers', () => {
  const { positions, owners } = ringOf([16, 16, 16]);

  expect(positions.length).toBe(vectors.ring_3_equal_size);
  expect([...positions.subarray(0, 12)].map((position, at) => [position, `s${owners[at]! + 1}`])).toEqual(
    vectors.ring_3_equal_first12,
  );
});

test('points that come and go leave the ring of what is there', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(sizes, sizes, (before, after) => {
      const ring = ringOf(before);
      someServers([{}, {}, {}]).forEach((server, index) => {
        removePoints(ring, index, after[index]!);
        insertPoints(ring, index, ringBase(server, measuredVersion), before[index]!, after[index]!);
      });

      expect(pointsOf(ring)).toEqual(pointsOf(ringOf(after)));
      expect([...ring.positions]).toEqual([...ring.positions].sort((a, b) => a - b));
    }),
    { numRuns: 30 },
  );
});

test('a key belongs to the nearest point, in either direction and around the end', () => {
  const ring: Ring = {
    positions: Uint32Array.of(100, 200, 4_294_967_290),
    owners: Int32Array.of(0, 1, 2),
    ordinals: new Uint16Array(3),
  };
  const keys = [0, 46, 47, 48, 100, 150, 151, 200, 5000, 2_147_483_745, 2_147_483_746, 4_294_967_295];

  // Half way it is the point before: 47 is 53 behind 4294967290 (mod 2^32) and 53 before 100.
  expect(keys.map((key) => nearestPoint(ring, key))).toEqual([2, 2, 2, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
});

test('of equal positions the one that came first stands first', () => {
  const ring = emptyRing();
  insertPoints(ring, 0, 5, 0, 1);
  insertPoints(ring, 1, 5, 0, 1);

  expect([...ring.owners]).toEqual([0, 1]);
  removePoints(ring, 0, 0);
  insertPoints(ring, 0, 5, 0, 1);
  expect([...ring.owners]).toEqual([1, 0]);
});

const one = someServers([{ id: 7, address: '10.0.0.9', port: 1514, guid: 'node-a' }])[0]!;

// HAProxy 3.0.0, 3.3.0 and 3.4.0, src/lb_chash.c, chash_compute_server_key(); addr and addr-port measured on 3.0.11.
test.each([
  ['id', '2.8', 7 * 4096],
  ['id', '3.0', avalanche(7)],
  ['id', '3.2', avalanche(7)],
  ['id', '3.3', 7 * 4096],
  ['id32', '3.4', avalanche(7 * 2 ** 24)],
  ['addr', '3.0', avalanche(0x0900000a)],
  ['addr-port', '3.0', avalanche(avalanche(1514) + 0x0900000a)],
  ['guid', '3.4', xxh32(Buffer.from('node-a'), 0)],
] as const)('hash-key %s of %s', (hashKey, branch, base) => {
  expect(ringBase({ ...one, hashKey }, haproxyVersion(branch))).toBe(base);
});

test('an IPv6 address is hashed with XXH32; a server without a guid goes by its id', () => {
  const address = '2001:db8::1';

  expect(ringBase({ ...one, address, hashKey: 'addr-port' }, measuredVersion)).toBe(
    xxh32(bytesOf(address), avalanche(1514)),
  );
  expect(ringBase({ ...one, guid: null, hashKey: 'guid' }, measuredVersion)).toBe(7 * 4096);
});
