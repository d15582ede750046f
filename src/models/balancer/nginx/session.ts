// One session's way through the peers of an upstream, and what a method of choosing is.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.h and ngx_stream_upstream_hash_module.c (peer data).
import type { BalancerSession, ClientLuck } from '../contract.ts';
import { isUsable, type Memory, type Peer } from './peers.ts';

export interface NginxSession extends BalancerSession {
  readonly key: string;
  readonly method: Method;
  readonly memory: Memory;
  /** `peerIndex` of its upstream's first peer. */
  readonly firstPeer: number;
  /** Where it chooses: the main peers, or the backups once none of those was usable; there is no way back. */
  group: readonly Peer[];
  /** Peers of the group it has tried. */
  tried: Peer[];
  /** Attempts that are left. */
  left: number;
  /** Point on the ring, or the sum of the plain hash. */
  position: number;
  rehashes: number;
  /** Points or draws looked at in vain. */
  skips: number;
  readonly luck: ClientLuck;
  /** Random choices it has made. */
  draws: number;
}

/** How an upstream chooses. Every method is one file; what is left of a choice is done by `nginx.ts`. */
export interface Method {
  /** `position` of a session that begins. */
  start(key: string): number;
  /** The next peer, which the session has not tried; `null`: nothing is usable. */
  choose(session: NginxSession, nowSeconds: number): Peer | null;
}

/** ngx_stream_upstream_get_hash_peer, get_chash_peer, get_random_peer: `tries > 20` falls back to round robin. */
export const skipLimit = 20;

export function mayUse({ tried }: NginxSession, peer: Peer, nowSeconds: number): boolean {
  return !tried.includes(peer) && isUsable(peer, nowSeconds);
}

/** Goes on to the backups. @returns false when the session is there already, or there are none. */
export function turnToBackups(session: NginxSession): boolean {
  const { main, backup } = session.memory;
  if (session.group !== main || backup.length === 0) return false;
  session.group = backup;
  session.tried = [];
  return true;
}

/** @param share below the sum of all weights, those of `down` peers included. */
export function ownerOf(main: readonly Peer[], share: number): Peer {
  let rest = share;
  for (const peer of main) {
    rest -= peer.options.weight;
    if (rest < 0) return peer;
  }
  throw new Error(`${share} is beyond the weights of the upstream`);
}
