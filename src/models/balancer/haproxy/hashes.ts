// Hash functions of `hash-type` and of the ring. All of them give unsigned 32-bit numbers.
// Source: HAProxy 2.6.0, src/hash.c; include/haproxy/intops.h, __full_hash(); 3.0.0, XXH32 of IPv6 addresses in src/lb_chash.c.
import type { HaproxyHashFunction } from './options.ts';

/** Mixes all bits of a number; also makes the points of the ring. */
export function avalanche(value: number): number {
  let x = value | 0;
  x = (x + 0x7ed55d16 + (x << 12)) | 0;
  x = x ^ 0xc761c23c ^ (x >>> 19);
  x = (x + 0x165667b1 + (x << 5)) | 0;
  x = ((x + 0xd3a2646c) | 0) ^ (x << 9);
  x = (x + 0xfd7046c5 + (x << 3)) | 0;
  x = x ^ 0xb55a4f09 ^ (x >>> 16);
  return Math.imul(x, 3_221_225_473) >>> 0;
}

export function hashBytes(name: HaproxyHashFunction, bytes: Uint8Array): number {
  switch (name) {
    case 'sdbm':
      return sdbm(bytes);
    case 'djb2':
      return djb2(bytes);
    case 'wt6':
      return wt6(bytes);
    case 'crc32':
      return crc32(bytes);
    case 'none':
      return decimal(bytes);
    default:
      return name satisfies never;
  }
}

function sdbm(bytes: Uint8Array): number {
  let hash = 0;
  for (const byte of bytes) hash = (Math.imul(hash, 65_599) + byte) | 0;
  return hash >>> 0;
}

function djb2(bytes: Uint8Array): number {
  let hash = 5381;
  for (const byte of bytes) hash = (Math.imul(hash, 33) + byte) | 0;
  return hash >>> 0;
}

function wt6(bytes: Uint8Array): number {
  let p = 0xa53c965a | 0;
  let q = 0x5ca6953a;
  let a = 6;
  let z = 18;
  for (const byte of bytes) {
    p = ~(p ^ byte);
    q = ~(q + byte);
    const rotated = rotateLeft(q, a);
    q = rotateLeft(p, z);
    p = rotated;
    const turn = ((p >>> 16) ^ q) & 0xffff;
    a = turn & 31;
    z = turn >>> 11;
  }
  return (p ^ q) >>> 0;
}

// Polynomial of zlib, whose own function costs more to call than these few bytes.
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let word = byte;
  for (let bit = 0; bit < 8; bit++) word = (word & 1) === 1 ? (word >>> 1) ^ 0xedb88320 : word >>> 1;
  return word;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** `none` (2.9 and later): the number that the key begins with, as text. Source: 2.9.0, src/backend.c, gen_hash(), read_int64(). */
function decimal(bytes: Uint8Array): number {
  const negative = bytes[0] === 0x2d;
  let value = 0;
  for (const byte of negative ? bytes.subarray(1) : bytes) {
    if (byte < 0x30 || byte > 0x39) break;
    value = (Math.imul(value, 10) + byte - 0x30) | 0;
  }
  return (negative ? -value : value) >>> 0;
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

const prime1 = 2_654_435_761;
const prime2 = 2_246_822_519;
const prime3 = 3_266_489_917;
const prime4 = 668_265_263;
const prime5 = 374_761_393;

/** XXH32 as its specification has it (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). */
export function xxh32(bytes: Uint8Array, seed: number): number {
  const word = (at: number): number =>
    bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  let at = 0;
  let hash: number;
  if (bytes.length >= 16) {
    const lanes = [seed + prime1 + prime2, seed + prime2, seed, seed - prime1].map((lane) => lane | 0);
    for (; at + 16 <= bytes.length; at += 16) {
      for (let lane = 0; lane < 4; lane++) {
        lanes[lane] = Math.imul(rotateLeft((lanes[lane]! + Math.imul(word(at + 4 * lane), prime2)) | 0, 13), prime1);
      }
    }
    const turns = [1, 7, 12, 18];
    hash = lanes.reduce((sum, lane, index) => (sum + rotateLeft(lane, turns[index]!)) | 0, 0);
  } else hash = (seed + prime5) | 0;
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotateLeft((hash + Math.imul(word(at), prime3)) | 0, 17), prime4);
  }
  for (; at < bytes.length; at++) {
    hash = Math.imul(rotateLeft((hash + Math.imul(bytes[at]!, prime5)) | 0, 11), prime1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
