// nginx closes a client at once when its worker process has no connection slots left, and says so in its log only.
// nginx 1.22.1, src/core/ngx_connection.c, ngx_get_connection(); measured: 768 slots, 383 sessions.
import { formatCount } from '../../kernel/units.ts';
import { maxSessionsPerWorker } from '../../models/balancer/nginx/nginx.ts';
import { nginxOf } from './products.ts';
import type { Finding, Rule } from './rule.ts';
import { agentsOf, eventsWays, type EventsWay } from './ways.ts';

export const workerConnections: Rule = {
  name: 'worker-connections',
  find: (input) =>
    input.balancers.flatMap((balancer) => {
      return findingOf(eventsWays(input).filter((way) => way.balancer === balancer));
    }),
};

function findingOf(ways: readonly EventsWay[]): Finding[] {
  const [way] = ways;
  const nginx = way && nginxOf(way)?.nginx;
  if (!way || !nginx) return [];
  const agents = agentsOf(ways);
  const each = maxSessionsPerWorker(nginx);
  const room = each * nginx.workers;
  // Connections fall on worker processes by chance: so many on the fullest of them, but for one time in a thousand.
  const mean = agents / nginx.workers;
  const fullest = nginx.workers === 1 ? agents : Math.ceil(mean + 3.3 * Math.sqrt(mean * (1 - 1 / nginx.workers)));
  if (fullest <= each) return [];
  const written = way.balancer.file.placeOf?.(way.listenerIndex, 'worker_connections');
  const slots = `${nginx.workerConnections} connections a worker process (worker_connections${written ? '' : ', the default'})`;
  const workers = `${nginx.workers} worker process${nginx.workers === 1 ? '' : 'es'}`;
  const capacity = `${slots} are ${formatCount(each)} sessions, with ${workers} ${formatCount(room)}`;
  const enough = Math.ceil((2 * fullest + 1 + nginx.listeningSockets) / 512) * 512;
  const what =
    agents > room
      ? `${formatCount(agents)} agents connect through it: ${formatCount(agents - room)} are closed as soon as they connect, again and again`
      : `of ${formatCount(agents)} agents up to ${formatCount(fullest)} fall on one of them: those beyond its room are closed and try again`;
  return [
    {
      position: written ?? way.at('worker_processes'),
      text: `${capacity}, but ${what}. Write worker_connections ${enough} (and worker_rlimit_nofile as much).`,
    },
  ];
}
