// `hash … consistent`: the ring. Source: nginx 1.22.1, src/stream/ngx_stream_upstream_hash_module.c,
// ngx_stream_upstream_init_chash and ngx_stream_upstream_find_chash_point.
import { crc32 } from 'node:zlib';
import type { NginxPeerOptions } from './options.ts';

/** Points a server has on the ring per weight. */
const pointsPerWeight = 160;

export interface Ring {
  /** uint32, ascending, no duplicates. */
  readonly hashes: Uint32Array;
  /** Index into `texts` behind each hash. */
  readonly owners: Uint32Array;
  /** Distinct server texts. */
  readonly texts: readonly string[];
}

/** Places every non-backup peer on the ring; several addresses of one name share its points. */
export function buildRing(peers: readonly NginxPeerOptions[]): Ring {
  const texts: string[] = [];
  const points: { hash: number; owner: number }[] = [];
  for (const peer of peers) {
    if (peer.backup || texts.includes(peer.serverText)) continue;
    const owner = texts.push(peer.serverText) - 1;
    const prefix = crc32(hashedText(peer.serverText));
    const previous = Buffer.alloc(4);
    for (let point = 0; point < pointsPerWeight * peer.weight; point++) {
      const hash = crc32(previous, prefix);
      points.push({ hash, owner });
      previous.writeUInt32LE(hash);
    }
  }
  points.sort((a, b) => a.hash - b.hash); // stable: of equal points the first in the file stays first
  const kept = points.filter((point, index) => index === 0 || point.hash !== points[index - 1]!.hash);
  return {
    hashes: Uint32Array.from(kept, ({ hash }) => hash),
    owners: Uint32Array.from(kept, ({ owner }) => owner),
    texts,
  };
}

/** Host, a zero byte, port; the colon between them is not hashed. */
function hashedText(serverText: string): Buffer {
  if (/^unix:/i.test(serverText)) return Buffer.from(`${serverText.slice(5)}\0`, 'latin1');
  const [, host, port] = /^(.*):(\d+)$/.exec(serverText) ?? [undefined, serverText, ''];
  return Buffer.from(`${host}\0${port}`, 'utf8');
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
