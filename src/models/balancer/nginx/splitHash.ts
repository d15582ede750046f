// The hash of `split_clients`: MurmurHash2 with seed 0. nginx 1.22.1, src/core/ngx_murmurhash.c, ngx_murmur_hash2().

const multiplier = 0x5bd1e995;

/** @returns uint32. */
export function splitHash(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = length;
  let at = 0;
  for (; length - at >= 4; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = length - at;
  if (rest === 3) hash ^= bytes[at + 2]! << 16;
  if (rest >= 2) hash ^= bytes[at + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ bytes[at]!, multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return (hash ^ (hash >>> 15)) >>> 0;
}
