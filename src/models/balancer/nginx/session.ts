// One session's way through the peers of an upstream, and what a method of choosing is.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.h and ngx_stream_upstream_hash_module.c (peer data).
import type { BalancerSession, ClientLuck } from '../contract.ts';
import { note, type PassedOver, type RingView, type SessionTrace } from '../trace.ts';
import { isBanned, isFull, isUsable, type Memory, type Peer } from './peers.ts';

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
  /** `null`: nobody looks on. */
  readonly trace: SessionTrace | null;
}

/** How an upstream chooses. Every method is one file; what is left of a choice is done by `nginx.ts`. */
export interface Method {
  /** `position` of a session that begins. */
  start(key: string): number;
  /** The next peer, which the session has not tried; `null`: nothing is usable. */
  choose(session: NginxSession, nowSeconds: number): Peer | null;
  /** Fills in what is hashed of the key, for an onlooker. */
  explain?(session: NginxSession, trace: SessionTrace): void;
  /** Owners by position among all peers of the upstream. */
  ring?(session: NginxSession): RingView;
}

/** ngx_stream_upstream_get_hash_peer, get_chash_peer, get_random_peer: `tries > 20` falls back to round robin. */
export const skipLimit = 20;

export function mayUse({ tried }: NginxSession, peer: Peer, nowSeconds: number): boolean {
  return !tried.includes(peer) && isUsable(peer, nowSeconds);
}

/** Why a session may not use a peer; `null`: it may. */
export function whyNot(session: NginxSession | null, peer: Peer, nowSeconds: number): PassedOver | null {
  const { options, fails, checkedAtSeconds, conns } = peer;
  if (session?.tried.includes(peer) === true) return { kind: 'tried' };
  if (options.down) return { kind: 'down' };
  if (isFull(peer)) return { kind: 'full', sessions: conns, limit: options.maxConns };
  if (!isBanned(peer, nowSeconds)) return null;
  return { kind: 'banned', fails, untilUs: (checkedAtSeconds + options.failTimeoutSeconds + 1) * 1_000_000 };
}

/** Tells an onlooker, if there is one, that a place was looked at. @param taken `null`: every peer there is passed over. */
export function looked(
  session: NginxSession,
  at: number | null,
  there: readonly Peer[],
  taken: Peer | null,
  nowSeconds: number,
): void {
  const { trace, firstPeer } = session;
  if (trace === null) return;
  for (const peer of taken === null ? there : [taken]) {
    const peerIndex = firstPeer + peer.index;
    const why = whyNot(session, peer, nowSeconds);
    if (peer === taken) note(trace, { kind: 'took', at, peerIndex });
    else if (why !== null) note(trace, { kind: 'looked', at, peerIndex, why });
  }
}

/** Goes on to the backups. @returns false when the session is there already, or there are none. */
export function turnToBackups(session: NginxSession): boolean {
  const { main, backup } = session.memory;
  if (session.group !== main || backup.length === 0) return false;
  session.group = backup;
  session.tried = [];
  if (session.trace !== null) note(session.trace, { kind: 'turnedTo', rule: 'backups' });
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
