// `random` and `random two least_conn`: a draw among the weights, or the less busy of two draws. nginx draws with random() of the C
// library, which nobody can repeat; here the draws are the connection's own, so only their distribution is nginx's.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_random_module.c, ngx_stream_upstream_get_random_peer and _random2_peer.
import { drawBelow } from '../contract.ts';
import { note, type PassedOver } from '../trace.ts';
import { compareLoad } from './leastConn.ts';
import type { NginxPeerOptions } from './options.ts';
import type { Peer } from './peers.ts';
import { fallBack, nextInTurn } from './roundRobin.ts';
import { looked, mayUse, ownerOf, skipLimit, type Method, type NginxSession } from './session.ts';

export function createRandom(peers: readonly NginxPeerOptions[], two: boolean): Method {
  // Servers that are down have their share of the draws.
  const totalWeight = peers.reduce((sum, { weight, backup }) => (backup ? sum : sum + weight), 0);
  const draw = (session: NginxSession): number => {
    session.draws += 1;
    return drawBelow(totalWeight, session.luck, session.draws - 1);
  };
  return {
    start: () => 0,
    choose(session, nowSeconds) {
      if (session.memory.single) return nextInTurn(session, nowSeconds);
      let first: Peer | null = null;
      let firstShare = 0;
      while (session.skips <= skipLimit) {
        const share = draw(session);
        const peer = ownerOf(session.memory.main, share);
        const isUsable = mayUse(session, peer, nowSeconds);
        if (peer === first || !isUsable) {
          session.skips += 1;
          if (isUsable) passedOver(session, share, peer, { kind: 'drawnAgain' });
          else looked(session, share, [peer], null, nowSeconds);
        } else if (!two) {
          looked(session, share, [], peer, nowSeconds);
          return peer;
        } else if (first !== null) {
          // Of equally busy ones the second.
          const [taken, left] = compareLoad(peer, first) > 0 ? [first, peer] : [peer, first];
          passedOver(session, left === peer ? share : firstShare, left, { kind: 'busier' });
          looked(session, left === peer ? firstShare : share, [], taken, nowSeconds);
          return taken;
        } else {
          first = peer;
          firstShare = share;
        }
      }
      return fallBack(session, nowSeconds);
    },
  };
}

function passedOver({ trace, firstPeer }: NginxSession, at: number, { index }: Peer, why: PassedOver): void {
  if (trace !== null) note(trace, { kind: 'looked', at, peerIndex: firstPeer + index, why });
}
