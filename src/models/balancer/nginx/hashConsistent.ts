// `hash … consistent`: the ring. Source: nginx 1.22.1, src/stream/ngx_stream_upstream_hash_module.c,
// ngx_stream_upstream_init_chash, ngx_stream_upstream_find_chash_point and ngx_stream_upstream_get_chash_peer.
import { crc32 } from 'node:zlib';
import { keyBytes } from './clientKey.ts';
import type { NginxPeerOptions } from './options.ts';
import { smoothWeighted, type Memory, type Peer } from './peers.ts';
import { fallBack, nextInTurn } from './roundRobin.ts';
import { looked, mayUse, skipLimit, type Method } from './session.ts';

/** Points a server has on the ring per weight. */
export const pointsPerWeight = 160;

export interface Ring {
  /** uint32, ascending, no duplicates. */
  readonly hashes: Uint32Array;
  /** Index into `texts` behind each hash. */
  readonly owners: Uint32Array;
  /** Distinct server texts. */
  readonly texts: readonly string[];
}

/** Places every non-backup peer on the ring; several addresses of one name, or lines of one text, share its points. */
export function buildRing(peers: readonly NginxPeerOptions[]): Ring {
  const weights = new Map<string, number>();
  for (const { serverText, weight, backup } of peers) {
    // The points of a smaller weight are the first of those of a greater one.
    if (!backup) weights.set(serverText, Math.max(weight, weights.get(serverText) ?? 0));
  }
  const texts = [...weights.keys()];
  const count = [...weights.values()].reduce((sum, weight) => sum + weight * pointsPerWeight, 0);
  // Hash and owner in one number, so that of equal hashes the first in the file comes first.
  const points = new Float64Array(count);
  let filled = 0;
  const previous = Buffer.alloc(4);
  texts.forEach((text, owner) => {
    const prefix = crc32(hashedText(text));
    previous.fill(0);
    const last = filled + weights.get(text)! * pointsPerWeight;
    while (filled < last) {
      const hash = crc32(previous, prefix);
      points[filled++] = hash * texts.length + owner;
      previous.writeUInt32LE(hash);
    }
  });
  points.sort();
  const hashes = new Uint32Array(count);
  const owners = new Uint32Array(count);
  let kept = 0;
  for (const point of points) {
    const hash = Math.floor(point / texts.length);
    if (kept > 0 && hashes[kept - 1] === hash) continue;
    hashes[kept] = hash;
    owners[kept] = point - hash * texts.length;
    kept += 1;
  }
  return { hashes: hashes.slice(0, kept), owners: owners.slice(0, kept), texts };
}

/** Host, a zero byte, port; the colon between them is not hashed. */
function hashedText(serverText: string): Buffer {
  if (/^unix:/i.test(serverText)) return Buffer.from(`${serverText.slice(5)}\0`);
  const [, host, port] = /^(.*):(\d*)$/s.exec(serverText) ?? [undefined, serverText, ''];
  return Buffer.from(`${host}\0${port}`);
}

/** Index of the first point at or after `hash`; past the last one it wraps to 0. */
export function findPoint({ hashes }: Ring, hash: number): number {
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hashes[middle]! < hash) low = middle + 1;
    else high = middle;
  }
  return low === hashes.length ? 0 : low;
}

export function createHashConsistent(peers: readonly NginxPeerOptions[]): Method {
  const ring = buildRing(peers);
  /** The peers of each text, as each worker process knows them. */
  const known = new WeakMap<Memory, readonly (readonly Peer[])[]>();
  const peersAt = (memory: Memory): readonly (readonly Peer[])[] => {
    let found = known.get(memory);
    if (found === undefined) {
      found = ring.texts.map((text) => memory.main.filter(({ options }) => options.serverText === text));
      known.set(memory, found);
    }
    return found;
  };
  return {
    start: (key) => (key === '' ? 0 : findPoint(ring, crc32(keyBytes(key)))),
    choose(session, nowSeconds) {
      if (session.memory.single || session.key === '') return nextInTurn(session, nowSeconds);
      while (session.skips <= skipLimit) {
        const point = session.position % ring.owners.length;
        const there = peersAt(session.memory)[ring.owners[point]!]!;
        // One address: that one. Several of one name take turns, whoever the client is.
        const peer = smoothWeighted(there, (candidate) => mayUse(session, candidate, nowSeconds));
        if (session.trace !== null) {
          looked(session, ring.hashes[point]!, there, peer, nowSeconds);
        }
        if (peer !== null) return peer;
        session.position += 1;
        session.skips += 1;
      }
      return fallBack(session, nowSeconds);
    },
    explain({ key, memory, firstPeer }, trace) {
      if (memory.single || key === '') return;
      trace.key = keyBytes(key);
      trace.hash = crc32(trace.key);
      const point = findPoint(ring, trace.hash);
      const owner = firstOf(ring, point, memory.main);
      trace.home = { at: ring.hashes[point]!, peerIndex: firstPeer + owner };
    },
    ring: ({ memory }) => ({
      positions: ring.hashes,
      owners: Int32Array.from(ring.hashes, (_, point) => firstOf(ring, point, memory.main)),
      rule: 'next',
    }),
  };
}

/** The first peer of the text behind a point. */
function firstOf({ texts, owners }: Ring, point: number, main: readonly Peer[]): number {
  return main.find(({ options }) => options.serverText === texts[owners[point]!])!.index;
}
