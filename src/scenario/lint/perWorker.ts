// Without a zone each worker process of nginx counts for itself. nginx 1.22.1, ngx_stream_upstream_zone_module.c; measured with 4 workers.
import { formatCount } from '../../kernel/units.ts';
import { nginxOf } from './products.ts';
import type { Finding, Rule } from './rule.ts';
import { eventsWays, type EventsWay } from './ways.ts';

export const perWorker: Rule = {
  name: 'per-worker',
  find: (input) => eventsWays(input).flatMap(findingOf),
};

function findingOf(way: EventsWay): Finding[] {
  const found = nginxOf(way);
  if (found === null || found.nginx.workers < 2) return [];
  const { workers } = found.nginx;
  return found.behind.flatMap(({ upstream }) => {
    const { name, method, zone, peers } = upstream;
    if (zone || peers.length < 2) return [];
    const directive =
      method.kind === 'leastConn' ? 'least_conn' : method.kind === 'random' && method.two ? 'random' : null;
    const limited = peers.find(({ maxConns }) => maxConns > 0);
    const zoneText = `Write zone ${name} 64k; in upstream ${name}.`;
    const findings: Finding[] = [];
    if (directive !== null) {
      findings.push({
        position: way.at(directive),
        text:
          `${directive === 'random' ? 'random two' : directive} counts the sessions of one worker process, and there are ${workers}: each balances its own ${formatCount(Math.round(way.agents / workers))} ` +
          `of ${formatCount(way.agents)} agents and does not see the others', and each tries a dead server for itself, ${workers} probes where one would do. ${zoneText}`,
      });
    }
    if (limited) {
      findings.push({
        position: way.balancer.file.peerPosition(way.listenerIndex, limited.serverText),
        text: `max_conns=${limited.maxConns} counts for each of ${workers} worker processes: ${limited.serverText} takes up to ${formatCount(workers * limited.maxConns)} sessions. ${zoneText}`,
      });
    }
    return findings;
  });
}
