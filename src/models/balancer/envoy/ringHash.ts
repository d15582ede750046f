// `ring_hash`: every host has points on a ring of 64-bit hashes, in proportion to its weight; a key belongs to the first point that is not
// below its hash. Source: Envoy, source/extensions/load_balancing_policies/ring_hash/ring_hash_lb.cc, Ring::Ring() and chooseHost();
// common/thread_aware_lb_impl.cc, normalizeHostWeights().
import type { Target } from '../targets.ts';
import { hostKey, sumOf, type Method } from './method.ts';
import { xxHash64 } from './xxHash64.ts';

export interface RingSize {
  readonly minRingSize: number;
  readonly maxRingSize: number;
}

export interface Ring {
  /** Ascending. */
  readonly hashes: BigUint64Array;
  /** The host behind each point. */
  readonly owners: readonly Target[];
}

export function newRing(hosts: readonly Target[], { minRingSize, maxRingSize }: RingSize): Ring {
  const sum = sumOf(hosts);
  const shares = hosts.map(({ weight }) => weight / sum);
  const least = Math.min(1, ...shares);
  const scale = Math.min(Math.ceil(least * minRingSize) / least, maxRingSize);
  const points: { hash: bigint; owner: Target }[] = [];
  let target = 0;
  hosts.forEach((owner, index) => {
    target += scale * shares[index]!;
    const key = hostKey(owner);
    for (let nth = 0; points.length < target; nth++) points.push({ hash: xxHash64(`${key}_${nth}`), owner });
  });
  points.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  return { hashes: BigUint64Array.from(points, ({ hash }) => hash), owners: points.map(({ owner }) => owner) };
}

/** Index of the point that a hash belongs to. */
export function pointOf({ hashes }: Ring, hash: bigint): number {
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hashes[middle]! < hash) low = middle + 1;
    else high = middle;
  }
  return low === hashes.length ? 0 : low;
}

export function createRingHash(size: RingSize): Method {
  let known: readonly Target[] = [];
  let ring: Ring | null = null;
  return {
    choose(hosts, _session, hash) {
      if (known !== hosts || ring === null) ring = newRing(hosts, size);
      known = hosts;
      return ring.owners[pointOf(ring, hash)]!;
    },
    placeOf(hosts, hash) {
      const asked = known === hosts && ring !== null ? ring : newRing(hosts, size);
      const point = pointOf(asked, hash);
      return { at: asked.hashes[point]!, host: asked.owners[point]! };
    },
  };
}
