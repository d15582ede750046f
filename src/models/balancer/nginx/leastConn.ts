// `least_conn`: the peer with the fewest connections per weight, in turn among equals.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_least_conn_module.c, ngx_stream_upstream_get_least_conn_peer.
import { smoothWeighted, type Peer } from './peers.ts';
import { lookedAtAll, nextInTurn } from './roundRobin.ts';
import { mayUse, turnToBackups, type Method, type NginxSession } from './session.ts';

export const leastConn: Method = {
  start: () => 0,
  choose: leastBusy,
};

function leastBusy(session: NginxSession, nowSeconds: number): Peer | null {
  if (session.memory.single) return nextInTurn(session, nowSeconds);
  let best: Peer | null = null;
  let ties = false;
  for (const peer of session.group) {
    if (!mayUse(session, peer, nowSeconds)) continue;
    const order = best === null ? -1 : compareLoad(peer, best);
    if (order < 0) {
      best = peer;
      ties = false;
    } else if (order === 0) ties = true;
  }
  const least = best;
  const chosen =
    least !== null && ties
      ? smoothWeighted(session.group, (peer) => compareLoad(peer, least) === 0 && mayUse(session, peer, nowSeconds))
      : least;
  lookedAtAll(session, chosen, nowSeconds);
  if (chosen !== null) return chosen;
  return turnToBackups(session) ? leastBusy(session, nowSeconds) : null;
}

/** Below 0: `a` has fewer connections per weight. */
export function compareLoad(a: Peer, b: Peer): number {
  return a.conns * b.options.weight - b.conns * a.options.weight;
}
