// `random` and `random two least_conn`: a draw among the weights, or the less busy of two draws. nginx draws with random() of the C
// library, which nobody can repeat; here the draws are the connection's own, so only their distribution is nginx's.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_random_module.c, ngx_stream_upstream_get_random_peer and _random2_peer.
import { drawBelow } from '../contract.ts';
import { compareLoad } from './leastConn.ts';
import type { NginxPeerOptions } from './options.ts';
import type { Peer } from './peers.ts';
import { nextInTurn } from './roundRobin.ts';
import { mayUse, ownerOf, skipLimit, type Method, type NginxSession } from './session.ts';

export function createRandom(peers: readonly NginxPeerOptions[], two: boolean): Method {
  // Servers that are down have their share of the draws.
  const totalWeight = peers.reduce((sum, { weight, backup }) => (backup ? sum : sum + weight), 0);
  const draw = (session: NginxSession): Peer => {
    const share = drawBelow(totalWeight, session.luck, session.draws);
    session.draws += 1;
    return ownerOf(session.memory.main, share);
  };
  return {
    start: () => 0,
    choose(session, nowSeconds) {
      if (session.memory.single) return nextInTurn(session, nowSeconds);
      let first: Peer | null = null;
      while (session.skips <= skipLimit) {
        const peer = draw(session);
        if (peer === first || !mayUse(session, peer, nowSeconds)) {
          session.skips += 1;
        } else if (!two) {
          return peer;
        } else if (first !== null) {
          // Of equally busy ones the second.
          return compareLoad(peer, first) > 0 ? first : peer;
        } else {
          first = peer;
        }
      }
      return nextInTurn(session, nowSeconds);
    },
  };
}
