// An agent has its connection from the balancer at once, and waits recv_timeout for the manager's answer. What the balancer waits for
// a silent server comes out of that. Wazuh 4.14.7, start_agent.c; measured: 60.06 s on both sides.
import { formatDuration } from '../../kernel/units.ts';
import { unreachableBetween } from '../../models/network.ts';
import { durationText } from '../wording.ts';
import { haproxyOf, nginxOf } from './products.ts';
import type { Finding, LintInput, Rule } from './rule.ts';
import { heldUpBySilence } from './silentServers.ts';
import { eventsWays, type EventsWay } from './ways.ts';

export const connectTimeout: Rule = {
  name: 'connect-timeout',
  find: (input) => eventsWays(input).flatMap((way) => findingOf(input, way)),
};

function findingOf(input: LintInput, way: EventsWay): Finding[] {
  if (way.peers.length < 2) return [];
  const silent = silentServer(input, way);
  const patience = Math.min(...way.groups.map(({ agent }) => agent.internal.recvTimeoutSeconds));
  return [...ofNginx(way, patience, silent), ...ofHaproxy(way, patience)];
}

const agentWaits = (patience: number): string => `an agent waits ${patience} s for its answer (recv_timeout)`;

/** Which server says nothing: on the same segment a host that is gone is noticed. */
function silentServer({ nodes, network }: LintInput, { balancer }: EventsWay): string {
  const kinds = nodes.map((node) =>
    unreachableBetween(network.unreachable.balancer, balancer.options.unreachable, node.unreachable),
  );
  return kinds.includes('routed')
    ? 'one whose host is gone without a word'
    : 'one that hangs with a full accept queue (its host gone would be noticed after 3 s, on the same segment)';
}

function ofNginx(way: EventsWay, patience: number, silent: string): Finding[] {
  const found = nginxOf(way);
  if (found === null || found.listener.connectTimeoutUs < patience * 1e6) return [];
  const { connectTimeoutUs, nextUpstream } = found.listener;
  const written = way.balancer.file.placeOf?.(way.listenerIndex, 'proxy_connect_timeout') ?? null;
  const timeout = `proxy_connect_timeout is ${durationText(connectTimeoutUs)}${written ? '' : ', the default'}`;
  const then = nextUpstream ? 'another server has it after 5 s' : 'it is closed after 5 s and tries again';
  return [
    {
      position: written ?? way.listenAt,
      text:
        `${timeout}, and ${agentWaits(patience)}: led to a silent server, ${silent}, it gives up no later than nginx does, and comes back to the same one. ` +
        `Write proxy_connect_timeout 5s: ${then}.`,
    },
  ];
}

function ofHaproxy(way: EventsWay, patience: number): Finding[] {
  const backend = haproxyOf(way)?.backend;
  if (backend === undefined) return [];
  const { us, goesOn } = heldUpBySilence(backend, way.peers.length);
  if (us < patience * 1e6) return [];
  const written = way.balancer.file.placeOf?.(way.listenerIndex, 'timeout connect') ?? null;
  const said =
    us === Infinity
      ? `timeout connect of ${backend.name} is not set: HAProxy waits for a silent server as long as the kernel does, 130 s and more`
      : `timeout connect ${durationText(backend.connectTimeoutUs)} and ${backend.retries} retries hold a session up for ${formatDuration(us)} before ${goesOn ? 'another server has it' : 'it is closed'}`;
  return [
    {
      position: written ?? way.listenAt,
      text: `${said}, and ${agentWaits(patience)}. Write timeout connect 5s${goesOn ? '' : ' and option redispatch'}.`,
    },
  ];
}
