// Whoever goes by the client's address sends everybody behind one address to one server.
import { formatCount, formatShare } from '../../kernel/units.ts';
import { choose, chooserOf, clientsOf, goesByAddress } from './probe.ts';
import type { Finding, Rule } from './rule.ts';
import { eventsWays, type EventsWay } from './ways.ts';

export const natSites: Rule = {
  name: 'nat-sites',
  find: (input) => eventsWays(input).flatMap((way) => findingOf(way, input.nodes)),
};

/** Ours: less is no site. */
const fewestAgents = 10;
/** Ours: what the hash itself does to equal servers is less. */
const uneven = 1.25;

function findingOf(way: EventsWay, nodes: readonly { readonly name: string; readonly address: string }[]): Finding[] {
  const { product } = way.balancer.options;
  const { listenerIndex, agents } = way;
  const clients = clientsOf(way.groups);
  const shared = [...clients].filter(([, count]) => count >= fewestAgents);
  if (shared.length === 0 || !goesByAddress(product, listenerIndex)) return [];
  const chooser = chooserOf(product, listenerIndex);
  const onNode = new Map<string, number>();
  let index = 0;
  for (const [address, count] of clients) {
    const peer = chooser.peers[choose(chooser, address, index++)];
    const name = nodes.find((node) => node.address === peer?.address)?.name ?? peer?.serverText ?? 'nobody';
    onNode.set(name, (onNode.get(name) ?? 0) + count);
  }
  const [fullest] = [...onNode].sort(([, a], [, b]) => b - a);
  const even = agents / way.peers.length;
  const [name, most] = fullest!;
  if (most / even < uneven) return [];
  const hidden = shared.reduce((sum, [, count]) => sum + count, 0);
  const largest = Math.max(...shared.map(([, count]) => count));
  const addresses = `${formatCount(shared.length)} address${shared.length === 1 ? '' : 'es'}`;
  return [
    {
      position: way.at('hash', 'balance'),
      text:
        `it goes by the address it sees, and ${formatCount(hidden)} of ${formatCount(agents)} agents share ${addresses}` +
        `${shared.length > 1 ? ` (up to ${formatCount(largest)} behind one)` : ''}: all of an address are on one server. ` +
        `${name} gets ${formatCount(most)} agents (${formatShare(most / agents)}) where ${formatCount(Math.round(even))} would be even. ${mending(way)}`,
    },
  ];
}

function mending({ balancer }: EventsWay): string {
  switch (balancer.options.product.kind) {
    case 'nginx':
      return 'Write least_conn (with a zone), or hash $remote_addr$remote_port consistent.';
    case 'haproxy':
      return 'Write balance leastconn.';
    case 'nlb':
      return 'Switch stickiness off: it then chooses by connection.';
    case 'kubernetes':
      return 'Write sessionAffinity: None, or let the Service see the clients (externalTrafficPolicy: Local).';
    default:
      return 'Let it choose by connection, not by client.';
  }
}
