// max_fails=0 or fail_timeout=0: nginx tries a dead server again and again. nginx 1.22.1, ngx_stream_upstream_round_robin.c.
import { formatDuration } from '../../kernel/units.ts';
import { enumerate } from '../wording.ts';
import { nginxOf } from './products.ts';
import type { Finding, Rule } from './rule.ts';
import { eventsWays, type EventsWay } from './ways.ts';

export const neverBanned: Rule = {
  name: 'never-banned',
  find: (input) => eventsWays(input).flatMap(findingOf),
};

function findingOf(way: EventsWay): Finding[] {
  const found = nginxOf(way);
  if (found === null || way.peers.length < 2) return [];
  const { listener, behind } = found;
  const never = behind
    .flatMap(({ upstream }) => upstream.peers)
    .filter(({ maxFails, down }) => maxFails === 0 && !down);
  if (never.length === 0) return [];
  const texts = [...new Set(never.map(({ serverText }) => serverText))];
  return [
    {
      position: way.balancer.file.peerPosition(way.listenerIndex, texts[0]!),
      text:
        `max_fails=0: nginx never passes ${enumerate(texts)} over. While a server is dead each session that is meant for it tries it first, ` +
        `and waits ${formatDuration(listener.connectTimeoutUs)} (proxy_connect_timeout) when it is silent, every time. Leave max_fails at 1.`,
    },
  ];
}
