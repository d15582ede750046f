// HAProxy leaves clients beyond maxconn in the kernel's queue: connected, and nobody answers. HAProxy 2.8, configuration.txt, maxconn;
// measured (2.6.12, scaled to maxconn 5): six clients accepted and mute, the next ones not even connected.
import { formatCount, formatDuration } from '../../kernel/units.ts';
import { haproxyOf } from './products.ts';
import type { Finding, Rule } from './rule.ts';
import { agentsOf, eventsWays, type EventsWay } from './ways.ts';

export const maxconn: Rule = {
  name: 'maxconn',
  find: (input) =>
    input.balancers.flatMap((balancer) => {
      const ways = eventsWays(input).filter((way) => way.balancer === balancer);
      return [...ofProcess(ways), ...ways.flatMap(ofFrontend), ...ways.flatMap(ofServers)];
    }),
};

function ofProcess(ways: readonly EventsWay[]): Finding[] {
  const [way] = ways;
  const found = way && haproxyOf(way);
  if (!way || !found) return [];
  const { maxConn } = found.haproxy;
  return tooFew(maxConn, agentsOf(ways), 'global', 'agents connect through HAProxy', way, 'global maxconn');
}

function ofFrontend(way: EventsWay): Finding[] {
  const found = haproxyOf(way);
  if (found === null) return [];
  const { haproxy, frontend, bind } = found;
  const own = bind.maxConn > 0 && bind.maxConn < frontend.maxConn;
  const most = own ? bind.maxConn : frontend.maxConn;
  const of = `${own ? 'a bind of ' : ''}frontend ${frontend.name}`;
  // What the process does not take has been said.
  if (most >= haproxy.maxConn && way.at('maxconn') === way.listenAt) return [];
  return tooFew(most, way.agents, of, 'agents connect to it', way, own ? 'bind' : 'maxconn');
}

function tooFew(most: number, agents: number, of: string, who: string, way: EventsWay, directive: string): Finding[] {
  if (agents <= most) return [];
  const seconds = Math.min(...way.groups.map(({ agent }) => agent.internal.recvTimeoutSeconds));
  const enough = Math.ceil((agents * 1.2) / 1000) * 1000;
  return [
    {
      position: way.at(directive),
      text:
        `maxconn of ${of} is ${formatCount(most)}, and ${formatCount(agents)} ${who}: ${formatCount(agents - most)} are connected by the kernel and ` +
        `nobody answers them; they give up after ${seconds} s (recv_timeout) and try again. Write maxconn ${enough}.`,
    },
  ];
}

function ofServers(way: EventsWay): Finding[] {
  const backend = haproxyOf(way)?.backend;
  if (backend === undefined) return [];
  const standing = backend.servers.filter(({ backup, disabled, weight }) => !backup && !disabled && weight > 0);
  if (standing.length === 0 || standing.some(({ maxConn }) => maxConn === 0)) return [];
  const room = standing.reduce((sum, { maxConn }) => sum + maxConn, 0);
  const without = room - Math.max(...standing.map(({ maxConn }) => maxConn));
  if (way.agents <= (standing.length > 1 ? without : room)) return [];
  const [left, when] =
    way.agents > room
      ? [room, `the servers of ${backend.name} take ${formatCount(room)} sessions together (maxconn)`]
      : [
          without,
          `with one of them down the servers of ${backend.name} take ${formatCount(without)} sessions (maxconn)`,
        ];
  const enough = Math.ceil((way.agents * 1.2) / Math.max(1, standing.length - 1) / 100) * 100;
  const wait = backend.queueTimeoutUs ?? backend.connectTimeoutUs;
  const { balancer, listenerIndex } = way;
  return [
    {
      position: balancer.file.peerPosition(listenerIndex, standing[0]!.serverText),
      text:
        `${when}, and ${formatCount(way.agents)} agents come: ${formatCount(way.agents - left)} wait in the queue ` +
        `${wait === Infinity ? 'without end' : `for ${formatDuration(wait)} (timeout queue) and are closed`}. Write maxconn ${enough} at each, or leave it out.`,
    },
  ];
}
