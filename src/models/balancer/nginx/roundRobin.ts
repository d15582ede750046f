// Round robin: the method of an upstream that names none, and what the others fall back to.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c, ngx_stream_upstream_get_round_robin_peer.
import { isFull, smoothWeighted, type Peer } from './peers.ts';
import { mayUse, turnToBackups, type Method, type NginxSession } from './session.ts';

export const roundRobin: Method = {
  start: () => 0,
  choose: nextInTurn,
};

export function nextInTurn(session: NginxSession, nowSeconds: number): Peer | null {
  if (session.memory.single) {
    const peer = session.memory.all[0]!;
    return peer.options.down || isFull(peer) ? null : peer;
  }
  const peer = smoothWeighted(session.group, (candidate) => mayUse(session, candidate, nowSeconds));
  if (peer !== null) return peer;
  return turnToBackups(session) ? nextInTurn(session, nowSeconds) : null;
}
