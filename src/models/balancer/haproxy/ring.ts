// The ring of consistent hashes: 16 points for a unit of weight; a key belongs to the nearest point, in either direction.
// Source: HAProxy 2.6.0, 3.0.0, 3.3.0 and 3.4.0, src/lb_chash.c, chash_compute_server_key(), chash_queue_dequeue_srv() and
// chash_get_server_hash().
import { avalanche, xxh32 } from './hashes.ts';
import { bytesOf } from './key.ts';
import type { HaproxyServerOptions } from './options.ts';
import type { HaproxyVersion } from './versions.ts';

export interface Ring {
  /** uint32, ascending; of equal ones the first that was inserted stands first. */
  positions: Uint32Array;
  /** Server behind each position. */
  owners: Int32Array;
  /** Number of the point among its server's. */
  ordinals: Uint16Array;
}

export function emptyRing(): Ring {
  return { positions: new Uint32Array(0), owners: new Int32Array(0), ordinals: new Uint16Array(0) };
}

// HAProxy 2.6.0, include/haproxy/server-t.h, SRV_EWGHT_RANGE.
const pointsApart = 4096;

/** What the points of a server are made of: point j is avalanche(base + j). */
export function ringBase({ id, address, port, hashKey, guid }: HaproxyServerOptions, { ring }: HaproxyVersion): number {
  switch (hashKey) {
    case 'addr':
      return addressBase(bytesOf(address), 0);
    case 'addr-port':
      return addressBase(bytesOf(address), avalanche(port));
    case 'guid':
      if (guid !== null) return xxh32(Buffer.from(guid), 0);
      break;
    case 'id32':
      return avalanche(((id & 255) << 24) | ((id & 0xff00) << 8) | ((id >>> 8) & 0xff00) | (id >>> 24));
    case 'id':
      break;
    default:
      return hashKey satisfies never;
  }
  return ring === 'hashedId' ? avalanche(id) : id * pointsApart;
}

/** x86: the bytes of an IPv4 address are read with the last one greatest. */
function addressBase(bytes: Uint8Array, seed: number): number {
  if (bytes.length === 16) return xxh32(bytes, seed);
  return avalanche(seed + (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)));
}

/** Inserts points `from` … `to` − 1 of a server behind those that are there. */
export function insertPoints(ring: Ring, owner: number, base: number, from: number, to: number): void {
  const added = new Float64Array(Math.max(0, to - from));
  // Position and ordinal in one number, so that they are sorted together.
  for (let point = from; point < to; point++) added[point - from] = avalanche(base + point) * pointsApart + point;
  added.sort();
  const { positions, owners, ordinals } = ring;
  const size = positions.length + added.length;
  const next = { positions: new Uint32Array(size), owners: new Int32Array(size), ordinals: new Uint16Array(size) };
  let old = 0;
  let fresh = 0;
  for (let at = 0; at < size; at++) {
    const position = fresh < added.length ? Math.floor(added[fresh]! / pointsApart) : Infinity;
    if (old < positions.length && positions[old]! <= position) {
      next.positions[at] = positions[old]!;
      next.owners[at] = owners[old]!;
      next.ordinals[at] = ordinals[old]!;
      old += 1;
    } else {
      next.positions[at] = position;
      next.owners[at] = owner;
      next.ordinals[at] = added[fresh]! - position * pointsApart;
      fresh += 1;
    }
  }
  Object.assign(ring, next);
}

/** Takes the points from number `from` on of a server away. */
export function removePoints(ring: Ring, owner: number, from: number): void {
  const { positions, owners, ordinals } = ring;
  const keeps = (_: number, at: number): boolean => owners[at] !== owner || ordinals[at]! < from;
  Object.assign(ring, {
    positions: positions.filter(keeps),
    owners: owners.filter(keeps),
    ordinals: ordinals.filter(keeps),
  });
}

/** Index of the point nearest to a hash, of two equally near the one before it. The ring has points. */
export function nearestPoint({ positions }: Ring, hash: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positions[middle]! < hash) low = middle + 1;
    else high = middle;
  }
  const after = low === positions.length ? 0 : low;
  const before = after === 0 ? positions.length - 1 : after - 1;
  return (hash - positions[before]!) >>> 0 <= (positions[after]! - hash) >>> 0 ? before : after;
}
