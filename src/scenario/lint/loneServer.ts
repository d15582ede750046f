// A balancer with one server balances nothing, and knows nowhere else to go. nginx 1.22.1: a lone peer is never passed over and never
// replaced; measured, single_dead.
import { formatCount } from '../../kernel/units.ts';
import type { Rule } from './rule.ts';
import { eventsWays } from './ways.ts';

export const loneServer: Rule = {
  name: 'lone-server',
  find: (input) =>
    eventsWays(input).flatMap(({ balancer, listenerIndex, peers, agents, listenAt }) => {
      const all = balancer.listeners[listenerIndex]!.peers;
      if (input.nodes.length < 2 || peers.length !== 1 || all.some(({ backup }) => backup)) return [];
      const { serverText } = peers[0]!;
      return [
        {
          position: balancer.file.peerPosition(listenerIndex, serverText) ?? listenAt,
          text:
            `${serverText} is the only server for events: while it is down all ${formatCount(agents)} agents are closed as soon as they connect. ` +
            `Add the other nodes (${input.nodes.length} in the cluster).`,
        },
      ];
    }),
};
