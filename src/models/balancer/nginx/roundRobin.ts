// Round robin: the method of an upstream that names none, and what the others fall back to.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c, ngx_stream_upstream_get_round_robin_peer.
import { isFull, smoothWeighted, type Peer } from './peers.ts';
import { note } from '../trace.ts';
import { looked, mayUse, turnToBackups, type Method, type NginxSession } from './session.ts';

export const roundRobin: Method = {
  start: () => 0,
  choose: nextInTurn,
};

export function nextInTurn(session: NginxSession, nowSeconds: number): Peer | null {
  if (session.memory.single) {
    const peer = session.memory.all[0]!;
    const taken = peer.options.down || isFull(peer) ? null : peer;
    if (session.trace !== null) note(session.trace, { kind: 'turnedTo', rule: 'lonePeer' });
    looked(session, null, [peer], taken, nowSeconds);
    return taken;
  }
  const peer = smoothWeighted(session.group, (candidate) => mayUse(session, candidate, nowSeconds));
  lookedAtAll(session, peer, nowSeconds);
  if (peer !== null) return peer;
  return turnToBackups(session) ? nextInTurn(session, nowSeconds) : null;
}

/** Tells an onlooker which peers of the group were passed over, and which one was taken. */
export function lookedAtAll(session: NginxSession, taken: Peer | null, nowSeconds: number): void {
  if (session.trace === null) return;
  for (const peer of session.group) if (peer !== taken) looked(session, null, [peer], null, nowSeconds);
  if (taken !== null) looked(session, null, [], taken, nowSeconds);
}

/** The method has looked in vain too often. */
export function fallBack(session: NginxSession, nowSeconds: number): Peer | null {
  if (session.trace !== null) note(session.trace, { kind: 'turnedTo', rule: 'roundRobin' });
  return nextInTurn(session, nowSeconds);
}
