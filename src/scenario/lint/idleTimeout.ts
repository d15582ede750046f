// A session in which nothing moves for the balancer's idle time-out is closed; what moves in a quiet one is the keepalive. Time-outs that
// cut quiet agents off: wazuh-puppet pull request 36 (60 s of an ELB), issues 2245, 11595, 22623.
import { rootKey } from '../../kernel/random.ts';
import { formatCount } from '../../kernel/units.ts';
import { eventRates } from '../../models/eventRates.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import { makesNoConnections } from '../build/balancers.ts';
import { durationText } from '../wording.ts';
import type { Finding, LintInput, Rule } from './rule.ts';
import { countAgents, eventsWays, type EventsWay } from './ways.ts';

export const idleTimeout: Rule = {
  name: 'idle-timeout',
  find: (input) => eventsWays(input).flatMap((way) => (isKeptBusy(way, input) ? [] : findingOf(way))),
};

/**
 * Packets of a flow that a forwarder has are also the probes of the managers' kernel and the answers to them; datagrams of a flow that it
 * has forgotten begin another one.
 */
function isKeptBusy({ balancer, listenerIndex, groups, peers }: EventsWay, { nodes }: LintInput): boolean {
  if (!makesNoConnections(balancer.options.product)) return false;
  const { sessionTimeoutUs } = balancer.listeners[listenerIndex]!.options;
  const asks = (address: string): boolean =>
    nodes.some((node) => node.address === address && node.keepalive.idleUs < sessionTimeoutUs);
  if (peers.every(({ address }) => asks(address))) return true;
  return groups.every(({ servers }) => servers.every(({ protocol }) => protocol === 'udp'));
}

/** A keepalive leaves up to two turns of the main loop, a second each, after it is due. */
const lateSeconds = 2;
const secondsOfDay = 86_400;

function findingOf(way: EventsWay): Finding[] {
  const { balancer, listenerIndex, groups } = way;
  const { sessionTimeoutUs } = balancer.listeners[listenerIndex]!.options;
  const seconds = sessionTimeoutUs / 1e6;
  const quiet = groups.filter(({ agent }) => agent.notifyTimeSeconds + lateSeconds > seconds);
  if (quiet.length === 0) return [];
  const notify = Math.max(...quiet.map(({ agent }) => agent.notifyTimeSeconds));
  const cuts = quiet.reduce((sum, group) => sum + cutsOf(group, seconds), 0);
  const agents = countAgents(quiet);
  const directives = balancer.file.idleDirective.split(' or ');
  const often =
    cuts < 1
      ? 'less than one disconnect a day'
      : `about ${formatCount(cuts)} disconnects a day, ${formatCount(cuts / agents)} an agent`;
  return [
    {
      position: way.at(...directives),
      text:
        `${balancer.file.idleDirective} ${durationText(sessionTimeoutUs)} is shorter than the agents' notify_time of ${notify}s and the ${lateSeconds} s it may be late: ` +
        `whoever writes nothing for so long is cut off. Of ${formatCount(agents)} agents that makes ${often}. Write ${Math.max(60, 3 * notify)}s, or a shorter notify_time.`,
    },
  ];
}

function cutsOf(group: GroupOptions, seconds: number): number {
  const rates = eventRates(group, rootKey('lint', 0));
  const isRegular = group.events.arrival === 'regular';
  return rates.reduce((sum, rate) => sum + (isRegular && rate * seconds >= 1 ? 0 : cutsPerDay(seconds, rate)), 0);
}

/**
 * How often a day an agent is cut off whose keepalives come later than the time-out.
 * @param rate events a second, Poisson. The first pause as long as the time-out ends the session: on average after
 * (e^(rate × time-out) − 1) ÷ rate seconds, which is the time-out itself where nothing is written.
 */
export function cutsPerDay(seconds: number, rate: number): number {
  const load = rate * seconds;
  return secondsOfDay / (load < 1e-6 ? seconds : Math.expm1(load) / rate);
}
