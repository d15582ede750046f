// XXH64 as its specification has it (github.com/Cyan4973/xxHash, doc/xxhash_spec.md): what Envoy hashes keys and hosts with
// (source/common/common/hash.h, HashUtil::xxHash64).

const prime1 = 11_400_714_785_074_694_791n;
const prime2 = 14_029_467_366_897_019_727n;
const prime3 = 1_609_587_929_392_839_161n;
const prime4 = 9_650_029_242_287_828_579n;
const prime5 = 2_870_177_450_012_600_261n;
const mask = 0xffff_ffff_ffff_ffffn;

function rotateLeft(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & mask;
}

function round(lane: bigint, input: bigint): bigint {
  return (rotateLeft((lane + input * prime2) & mask, 31n) * prime1) & mask;
}

const encoder = new TextEncoder();

/** @returns an unsigned 64-bit number. */
export function xxHash64(text: string, seed = 0n): bigint {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let hash: bigint;
  if (bytes.length >= 32) {
    const lanes = [seed + prime1 + prime2, seed + prime2, seed, seed - prime1].map((lane) => lane & mask);
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane++) lanes[lane] = round(lanes[lane]!, view.getBigUint64(at + 8 * lane, true));
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = lanes.reduce((sum, lane, index) => (sum + rotateLeft(lane, turns[index]!)) & mask, 0n);
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * prime1 + prime4) & mask;
  } else hash = (seed + prime5) & mask;
  hash = (hash + BigInt(bytes.length)) & mask;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotateLeft(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * prime1 + prime4) & mask;
  }
  if (at + 4 <= bytes.length) {
    hash = (rotateLeft(hash ^ ((BigInt(view.getUint32(at, true)) * prime1) & mask), 23n) * prime2 + prime3) & mask;
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash = (rotateLeft(hash ^ ((BigInt(bytes[at]!) * prime5) & mask), 11n) * prime1) & mask;
  }
  hash = ((hash ^ (hash >> 33n)) * prime2) & mask;
  hash = ((hash ^ (hash >> 29n)) * prime3) & mask;
  return hash ^ (hash >> 32n);
}
