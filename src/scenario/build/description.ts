// A mode in a few words, for the tables: the user's, or those of its first group's servers.
import type { ServerOptions } from '../../models/agentOptions.ts';
import { balancerPlace } from '../../models/fault.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import { listNames } from '../wording.ts';
import type { Balancer } from './balancer.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';

export function describe(
  build: Build,
  cluster: Cluster,
  balancer: Balancer | null,
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
        return endpoint.kind === 'node' ? `${cluster.nodes[endpoint.nodeIndex]!.name}${suffix}` : balancerPlace;
      })
      .join(', ');
  const [first] = group!.servers;
  if (balancer && first?.endpoint.kind === 'balancer' && group!.servers.length === 1) {
    const { listenerIndex } = first.endpoint;
    const { listeners, upstreams } = balancer.options.nginx;
    const peers = upstreams[listeners[listenerIndex]!.upstreamIndex]!.peers.map(
      ({ address }) => cluster.nodes.find((node) => node.address === address)!.name,
    );
    return `${balancer.conf.description(listenerIndex)} over ${listNames([...new Set(peers)])}`;
  }
  const order = group!.order === 'listed' ? 'list' : `${group!.order} list`;
  return `${order} of ${own(group!.servers)}`;
}
