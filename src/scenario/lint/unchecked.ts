// Without `check` HAProxy never takes a server for dead. HAProxy 2.8, configuration.txt, check; measured: of 319 sessions that came before a dead
// server was marked all 319 were first tried on it, the emptiest of leastconn.
import { formatDuration } from '../../kernel/units.ts';
import { enumerate } from '../wording.ts';
import { haproxyOf } from './products.ts';
import type { Finding, Rule } from './rule.ts';
import { heldUpByRefusal, heldUpBySilence, type HeldUp } from './silentServers.ts';
import { eventsWays, type EventsWay } from './ways.ts';

export const unchecked: Rule = {
  name: 'unchecked',
  find: (input) => eventsWays(input).flatMap(findingOf),
};

function findingOf(way: EventsWay): Finding[] {
  const found = haproxyOf(way);
  if (found === null) return [];
  const { backend } = found;
  const without = backend.servers.filter(({ check, disabled }) => check === null && !disabled);
  if (without.length === 0) return [];
  const names = enumerate(without.map(({ serverText }) => serverText));
  const emptiest = backend.balance.kind === 'leastconn';
  const who = emptiest
    ? 'every new session, because it has the fewest'
    : `one new session in ${Math.max(1, way.peers.length)}`;
  return [
    {
      position: way.balancer.file.peerPosition(way.listenerIndex, without[0]!.serverText),
      text:
        `${names} of ${backend.name} ha${without.length === 1 ? 's' : 've'} no check: a dead server is never left out. It is tried by ${who}: ` +
        `refused, ${outcome(heldUpByRefusal(backend, way.peers.length))}; silent, ${outcome(heldUpBySilence(backend, way.peers.length))}. ` +
        'Add check: it is out after 6 s (inter 2s, fall 3).',
    },
  ];
}

function outcome({ us, goesOn }: HeldUp): string {
  if (us === Infinity) return 'it waits for the kernel';
  const after = us === 0 ? 'at once' : `after ${formatDuration(us)}`;
  return goesOn ? `it goes to another one ${after}` : `it is closed ${after}`;
}
