// `hash` without `consistent`: sums of hashes over the weights. Every change of the list moves most clients.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_hash_module.c, ngx_stream_upstream_get_hash_peer.
import { crc32 } from 'node:zlib';
import { keyBytes } from './clientKey.ts';
import type { NginxPeerOptions } from './options.ts';
import { fallBack, nextInTurn } from './roundRobin.ts';
import { looked, mayUse, ownerOf, skipLimit, type Method } from './session.ts';

export function createHash(peers: readonly NginxPeerOptions[]): Method {
  const totalWeight = peers.reduce((sum, { weight, backup }) => (backup ? sum : sum + weight), 0);
  return {
    start: () => 0,
    choose(session, nowSeconds) {
      if (session.memory.single || session.key === '') return nextInTurn(session, nowSeconds);
      while (session.skips <= skipLimit) {
        const text = session.rehashes > 0 ? `${session.rehashes}${session.key}` : session.key;
        session.position = (session.position + hashOf(text)) >>> 0;
        session.rehashes += 1;
        const share = session.position % totalWeight;
        const peer = ownerOf(session.memory.main, share);
        const taken = mayUse(session, peer, nowSeconds) ? peer : null;
        looked(session, share, [peer], taken, nowSeconds);
        if (taken !== null) return taken;
        session.skips += 1;
      }
      return fallBack(session, nowSeconds);
    },
    explain({ key, memory, firstPeer }, trace) {
      if (memory.single || key === '') return;
      trace.key = keyBytes(key);
      trace.hash = hashOf(key);
      const at = trace.hash % totalWeight;
      trace.home = { at, peerIndex: firstPeer + ownerOf(memory.main, at).index };
    },
  };
}

function hashOf(text: string): number {
  return (crc32(keyBytes(text)) >>> 16) & 0x7fff;
}
