// Nodes of the cluster to which no agent of a mode ever comes.
import { formatCount } from '../../kernel/units.ts';
import { enumerate } from '../wording.ts';
import type { Rule } from './rule.ts';
import { countAgents, eventsWays } from './ways.ts';

export const idleNodes: Rule = {
  name: 'idle-nodes',
  find(input) {
    const { nodes, groups, faults } = input;
    // Servers that come later are not in the file yet.
    if (faults.some(({ kind }) => kind === 'addNode' || kind === 'reload')) return [];
    const reached = new Set<string>();
    for (const { servers } of groups) {
      for (const { endpoint, isUnresolvable } of servers) {
        if (endpoint.kind === 'node' && isUnresolvable !== true) reached.add(nodes[endpoint.nodeIndex]!.address);
      }
    }
    const ways = eventsWays(input);
    for (const { balancer, listenerIndex } of ways) {
      for (const { address, down } of balancer.listeners[listenerIndex]!.peers) if (!down) reached.add(address);
    }
    const idle = nodes.filter(({ address, role }) => role === 'worker' && !reached.has(address));
    if (idle.length === 0 || idle.length === nodes.length) return [];
    const busy = nodes.filter(({ address }) => reached.has(address)).map(({ name }) => name);
    const position = ways[0]?.listenAt ?? null;
    const alone = busy.length === 1 ? ' and no way out when it falls' : '';
    return [
      {
        position,
        text:
          `${enumerate(idle.map(({ name }) => name))} get${idle.length === 1 ? 's' : ''} no agent: all ${formatCount(countAgents(groups))} go to ${enumerate(busy)}, ` +
          `${busy.length} of ${nodes.length} nodes${alone}. Add ${idle.length === 1 ? 'it' : 'them'} to the servers of port ${nodes[0]!.eventsPort}.`,
      },
    ];
  },
};
