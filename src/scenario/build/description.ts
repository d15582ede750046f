// A mode in a few words, for the tables: the user's, or those of its first group's servers.
import type { ServerOptions } from '../../models/agentOptions.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import { listNames } from '../wording.ts';
import type { Balancer } from './balancers.ts';
import { balancerBehind } from './chains.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';

export function describe(
  build: Build,
  cluster: Cluster,
  balancers: readonly Balancer[],
  groups: readonly GroupOptions[],
): string {
  const { mode } = build;
  if (mode.description !== undefined) return mode.description;
  const [group] = groups;
  const own = (servers: readonly ServerOptions[]): string =>
    servers
      .map(({ endpoint, protocol, text, isUnresolvable }) => {
        if (isUnresolvable === true) return `${text} (unresolvable)`;
        const suffix = protocol === 'udp' ? ' (udp)' : '';
        if (endpoint.kind === 'balancer') return balancers[endpoint.balancerIndex]!.options.name;
        return `${cluster.nodes[endpoint.nodeIndex]!.name}${suffix}`;
      })
      .join(', ');
  const [first] = group!.servers;
  if (first?.endpoint.kind === 'balancer' && group!.servers.length === 1) {
    const { balancerIndex, listenerIndex } = first.endpoint;
    const { file, listeners } = balancers[balancerIndex]!;
    const peers = listeners[listenerIndex]!.peers.map((peer) => {
      const node = cluster.nodes.find(({ address }) => address === peer.address);
      return node?.name ?? balancerBehind(balancers, peer)?.options.name ?? peer.serverText;
    });
    return `${file.describe(listenerIndex)} over ${listNames([...new Set(peers)])}`;
  }
  const order = group!.order === 'listed' ? 'list' : `${group!.order} list`;
  return `${order} of ${own(group!.servers)}`;
}
