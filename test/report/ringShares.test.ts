import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findPoint } from '../../src/models/balancer/nginx/hashConsistent.ts';
import { nearestPoint } from '../../src/models/balancer/haproxy/ring.ts';
import { arcsOf, sharesOf } from '../../src/report/ringShares.ts';

const points = fc
  .uniqueArray(fc.nat({ max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 12 })
  .map((list) => Uint32Array.from(list).sort());

test.each(['next', 'nearest'] as const)('of a ring of the %s point every hash is on the arc of its owner', (rule) => {
  fc.assert(
    fc.property(points, fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 20 }), (positions, drawn) => {
      const owners = Int32Array.from(positions, (_, index) => index % 3);
      const arcs = arcsOf({ positions, owners, rule });
      const ends = [...positions].flatMap((at) => [at, Math.max(0, at - 1), Math.min(2 ** 32 - 1, at + 1)]);
      for (const hash of [...drawn, ...ends, 0, 2 ** 32 - 1]) {
        const point =
          rule === 'next'
            ? findPoint({ hashes: positions, owners: new Uint32Array(0), texts: [] }, hash)
            : nearestPoint({ positions, owners, ordinals: new Uint16Array(0) }, hash);
        const there = arcs.filter(({ from, to }) => hash >= from && hash < to);
        expect(there.map(({ peer }) => peer)).toEqual([owners[point]]);
      }
    }),
    { numRuns: 300 },
  );
});

test('shares add up to the whole ring, and who has no point has none of it', () => {
  const ring = { positions: Uint32Array.of(10, 2 ** 31), owners: Int32Array.of(0, 1), peers: ['a', 'b', 'c'] };
  const shares = sharesOf({ ...ring, rule: 'next' });

  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  expect(shares.map(({ points: count }) => count)).toEqual([1, 1, 0]);
  expect(shares[1]!.share).toBeCloseTo(0.5, 6);
});
