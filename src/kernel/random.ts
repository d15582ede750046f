// Chance that depends on nothing but its key: counter-based random numbers (Threefry2x32 with 20 rounds).
// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
import seedrandom from 'seedrandom';

/** A 64-bit key as two signed 32-bit words. */
export interface Key {
  readonly k0: number;
  readonly k1: number;
}

/** The two words of the latest `threefry` call; read them before the next one. */
export const lane = { x0: 0, x1: 0 };

/** Encrypts the counter (c0, c1) under the key (k0, k1) into `lane`. All words are taken modulo 2^32. */
export function threefry(k0: number, k1: number, c0: number, c1: number): void {
  k0 |= 0;
  k1 |= 0;
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k0) | 0;
  x1 = (x1 + k1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 4) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  lane.x0 = (x0 + k2) | 0;
  lane.x1 = (x1 + k0 + 5) | 0;
}

/** The key everything of one replication is derived from. */
export function rootKey(seed: string, replication: number): Key {
  const alea = seedrandom.alea(seed);
  return deriveKey({ k0: alea.int32(), k1: alea.int32() }, replication, 0);
}

/** A key of its own for (word0, word1) below `key`. */
export function deriveKey(key: Key, word0: number, word1: number): Key {
  threefry(key.k0, key.k1, word0, word1);
  return { k0: lane.x0, k1: lane.x1 };
}

/** Uniform in [0, 1) with 53 bits. */
export function uniform(key: Key, index: number, counter: number): number {
  threefry(key.k0, key.k1, index, counter);
  return ((lane.x0 >>> 5) * 67_108_864 + (lane.x1 >>> 6)) / 9_007_199_254_740_992;
}

/** Whole number in [0, n), n ≤ 2^32. */
export function below(n: number, key: Key, index: number, counter: number): number {
  return Math.floor(uniform(key, index, counter) * n);
}

/** Puts `items` into a drawn order, in place (Fisher and Yates). */
export function shuffle<T>(items: T[], key: Key, index: number): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = below(last + 1, key, index, last);
    const kept = items[last]!;
    items[last] = items[other]!;
    items[other] = kept;
  }
  return items;
}
