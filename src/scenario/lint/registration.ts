// Keys are made by the master alone; a worker passes a registration on to it. Wazuh 4.14.7, os_auth, authd of a worker node; issues 32835,
// 34139; wazuh-kubernetes issues 166, 547.
import { formatCount } from '../../kernel/units.ts';
import { enumerate, listNames } from '../wording.ts';
import type { Finding, LintInput, Rule } from './rule.ts';
import { eventsWays } from './ways.ts';

export const registration: Rule = {
  name: 'registration',
  find: (input) => [...toWorkers(input), ...nowhere(input)],
};

function toWorkers({ balancers, nodes }: LintInput): Finding[] {
  const master = nodes.find(({ role }) => role === 'master');
  if (master === undefined) return [];
  return balancers.flatMap(({ used, listeners, file }) =>
    [...used].flatMap(([index, use]): Finding[] => {
      if (use !== 'registration') return [];
      const { peers, options } = listeners[index]!;
      const behind = peers.map(({ address }) => nodes.find((node) => node.address === address));
      const workers = peers.filter((_, at) => behind[at]?.role === 'worker');
      if (workers.length === 0) return [];
      const names = [...new Set(behind.flatMap((node) => (node?.role === 'worker' ? [node.name] : [])))];
      return [
        {
          position: file.peerPosition(index, workers[0]!.serverText),
          text:
            `registration (port ${options.port}) goes to ${enumerate(names)} as well, ${workers.length} of ${peers.length} servers: a worker makes no keys, it asks ${master.name}. ` +
            `With ${master.name} down none of the ${peers.length} registers anybody, and agents wait for a worker's answer instead of being refused at once. Leave ${master.name} alone there.`,
        },
      ];
    }),
  );
}

function nowhere(input: LintInput): Finding[] {
  return eventsWays(input).flatMap((way) => {
    const { groups, balancer, listenAt } = way;
    const asking = groups.filter(
      ({ agent, servers, enrolsAt }) =>
        agent.enrollment.enabled && enrolsAt === undefined && servers.every((server) => server.registration === null),
    );
    if (asking.length === 0) return [];
    const ports = [...new Set(asking.map(({ agent }) => String(agent.enrollment.port)))];
    const agents = asking.reduce((sum, { count }) => sum + count, 0);
    const ways = balancer.listeners.map(({ options }) => String(options.port));
    return [
      {
        position: listenAt,
        text:
          `nothing answers on port ${enumerate(ports)} of the balancer (it listens on ${listNames(ways)}): of ${formatCount(agents)} agents that register by themselves none can do so through it, ` +
          'neither a new one nor one whose key is refused. Let it listen there and lead to the master, or give the agents <manager_address>.',
      },
    ];
  });
}
