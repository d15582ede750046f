// HAProxy knows no default for timeout client and timeout server: without them a session whose agent is gone stays for ever. HAProxy
// warns of it at its start (src/cfgparse.c, check_config_validity()).
import { formatCount } from '../../kernel/units.ts';
import { enumerate } from '../wording.ts';
import { haproxyOf } from './products.ts';
import type { Finding, Rule } from './rule.ts';
import { eventsWays, type EventsWay } from './ways.ts';

export const noTimeouts: Rule = {
  name: 'no-timeouts',
  find: (input) => eventsWays(input).flatMap(findingOf),
};

function findingOf(way: EventsWay): Finding[] {
  const found = haproxyOf(way);
  if (found === null) return [];
  const { frontend } = found;
  const { serverTimeoutUs, tunnelTimeoutUs } = found.backend;
  if (tunnelTimeoutUs !== null && tunnelTimeoutUs < Infinity) return [];
  const missing = [
    ...(frontend.clientTimeoutUs === Infinity ? ['timeout client'] : []),
    ...(serverTimeoutUs === Infinity ? ['timeout server'] : []),
  ];
  // The smaller of the two counts.
  if (missing.length < 2) return [];
  const notify = Math.max(...way.groups.map(({ agent }) => agent.notifyTimeSeconds));
  return [
    {
      position: way.listenAt,
      text:
        `${enumerate(missing)} are not set: a session whose agent or node vanished without a word is never closed, and of maxconn ${formatCount(frontend.maxConn)} it keeps its place. ` +
        `Write both, at least three times notify_time: ${Math.max(60, 3 * notify)}s.`,
    },
  ];
}
