// A proxy connects to a node from its own address: each connection takes one of its local ports towards that node and port. Linux,
// ip-sysctl.rst, ip_local_port_range: 32768 to 60999. A connect() without a free port fails.
import { formatCount } from '../../kernel/units.ts';
import type { Finding, Rule } from './rule.ts';
import { eventsWays, type EventsWay } from './ways.ts';
import { endsConnections } from './products.ts';

const allPorts = 64_511;

export const sourcePorts: Rule = {
  name: 'source-ports',
  find: (input) => eventsWays(input).flatMap(findingOf),
};

function findingOf(way: EventsWay): Finding[] {
  const { balancer, peers, agents, listenAt } = way;
  const { sourcePorts: ports, addresses, product } = balancer.options;
  if (!endsConnections(product) || peers.length === 0) return [];
  const from = Math.max(1, addresses.length);
  const room = ports * from;
  const left = Math.max(1, peers.length - 1);
  if (agents / left <= room) return [];
  const now = agents / peers.length > room;
  const each = Math.ceil(agents / (now ? peers.length : left));
  const addressesNeeded = Math.ceil(agents / left / Math.max(ports, allPorts));
  const share = `${formatCount(agents)} agents over ${now ? peers.length : left} server${(now ? peers.length : left) === 1 ? '' : 's'}${now ? '' : ' (when one is down)'} are ${formatCount(each)} on each`;
  const widen = ports < allPorts ? 'net.ipv4.ip_local_port_range="1024 65535" (ports: 1024-65535)' : null;
  const more = addressesNeeded > 1 ? `${addressesNeeded} addresses towards the nodes, or more balancers` : null;
  return [
    {
      position: listenAt,
      text:
        `${formatCount(ports)} local ports${from > 1 ? ` of ${from} addresses` : ''} carry ${formatCount(room)} sessions to one server and port, but ${share}: ` +
        `${formatCount(each - room)} of them cannot be connected. Give the balancer ${[widen, more].filter((text) => text !== null).join(' and ')}.`,
    },
  ];
}
