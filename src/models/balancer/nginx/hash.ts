// `hash` without `consistent`: sums of hashes over the weights. Every change of the list moves most clients.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_hash_module.c, ngx_stream_upstream_get_hash_peer.
import { crc32 } from 'node:zlib';
import { keyBytes } from './clientKey.ts';
import type { NginxPeerOptions } from './options.ts';
import { nextInTurn } from './roundRobin.ts';
import { mayUse, ownerOf, skipLimit, type Method } from './session.ts';

export function createHash(peers: readonly NginxPeerOptions[]): Method {
  const totalWeight = peers.reduce((sum, { weight, backup }) => (backup ? sum : sum + weight), 0);
  return {
    start: () => 0,
    choose(session, nowSeconds) {
      if (session.memory.single || session.key === '') return nextInTurn(session, nowSeconds);
      while (session.skips <= skipLimit) {
        const text = session.rehashes > 0 ? `${session.rehashes}${session.key}` : session.key;
        session.position = (session.position + ((crc32(keyBytes(text)) >>> 16) & 0x7fff)) >>> 0;
        session.rehashes += 1;
        const peer = ownerOf(session.memory.main, session.position % totalWeight);
        if (mayUse(session, peer, nowSeconds)) return peer;
        session.skips += 1;
      }
      return nextInTurn(session, nowSeconds);
    },
  };
}
