// Without `option redispatch` a session is tried again on the server that was chosen for it. HAProxy 2.6.12, src/backend.c,
// back_handle_st_cer(); measured: FIN after 3.00 s, 8.00 s with timeout connect 2s.
import { formatDuration } from '../../kernel/units.ts';
import { haproxyOf } from './products.ts';
import type { Finding, Rule } from './rule.ts';
import { heldUpByRefusal, heldUpBySilence } from './silentServers.ts';
import { eventsWays, type EventsWay } from './ways.ts';

export const noRedispatch: Rule = {
  name: 'no-redispatch',
  find: (input) => eventsWays(input).flatMap(findingOf),
};

function findingOf(way: EventsWay): Finding[] {
  const found = haproxyOf(way);
  if (found === null || way.peers.length < 2) return [];
  const { backend } = found;
  if (backend.redispatchAfter !== 0) return [];
  const refused = heldUpByRefusal(backend, way.peers.length).us;
  const silent = heldUpBySilence(backend, way.peers.length).us;
  const marked = Math.max(0, ...backend.servers.map(({ check }) => (check ? check.interUs * check.fall : Infinity)));
  const until =
    marked === Infinity ? 'for as long as it is dead' : `until its check has failed (${formatDuration(marked)})`;
  return [
    {
      position: way.at('balance', 'mode'),
      text:
        `${backend.name} has no option redispatch: a session that is given a dead server is tried there ${backend.retries + 1} times and closed ` +
        `(refused: after ${formatDuration(refused)}; silent: after ${formatDuration(silent)}), ${until}. Write option redispatch.`,
    },
  ];
}
