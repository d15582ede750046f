// What each metric says, in a sentence. What a name leaves open is decided in docs/MODEL.md, "Metrics".
import { metricDefinition } from './metricNames.ts';
import type { LossCause } from '../models/ledger.ts';

const causes = {
  path: 'written into a connection that was already dead, before the agent noticed',
  sendError: 'in a send that failed',
  ring: 'because the client buffer of the agent was full',
  logcollector: 'because the queue of logcollector was full',
  agentRestart: 'because the agent was restarted',
  nodeQueue: 'because the receive queue of remoted was full',
  analysis: 'because analysisd had more events than it can analyse',
  nodeMemory: 'in the memory of a node that died',
  zombie: 'at a node that accepted and threw them away',
  keyInUse: "because the agent's key was in use",
} satisfies Record<LossCause, string>;

const exact: Readonly<Record<string, string>> = {
  'events.produced': 'Events written by the applications in counted time.',
  'events.delivered': 'Events that a node analysed and wrote.',
  'events.lost': 'Events that nobody will ever see, whatever the cause.',
  'events.pending': 'Events that would still arrive if the run went on and the faults ended as scheduled.',
  'loss.share': 'Events lost, as a share of those produced.',
  'loss.seconds': 'Events lost ÷ the rate of the agents that were cut off: it does not shrink when the run is longer.',
  'reconnect.count': 'Outages: sessions that a fault broke, each until the agent is back.',
  'reconnect.agents': 'Agents that had an outage.',
  'reconnect.healed': 'Outages that ended because the old session was processed again.',
  'reconnect.unfinished': 'Outages that had not ended when the run did.',
  'moved.share': 'Agents that are on one node at the start and on another at the end, as a share of all.',
  'rebalanced.after': 'From the end of the last fault until the largest load is below 1.1 times the mean of the nodes.',
  'storm.connects': 'Most connections that a node accepted within a second.',
  'storm.refused': 'Connections that were refused.',
  'storm.overflow': 'SYNs that a full accept queue dropped.',
  'storm.refusedKeys': "Connections that a node closed because the agent's key was in use.",
  'storm.controlWait': 'Longest work of startups and keepalives that stood before a node.',
  'storm.failed': 'Attempts of agents that brought no session.',
  'storm.drain': 'From the first connect behind a fault until no agent has a backlog.',
  'buffer.firstFull': 'When a client buffer was first full.',
  'buffer.full': 'How often a client buffer became full.',
  'buffer.floods': 'How often a client buffer became flooded.',
  'buffer.alerts': 'Changes of state that client buffers told their managers.',
  'headroom.n1': 'Events per second that the fullest survivor could still take while a node was down.',
  'headroom.firstDrop': 'When a node first dropped events that were too many for it.',
  'placement.agreement':
    'Agents that start on the node the inventory names, as a share of those for which it names one.',
  'backtest.error': 'Mean distance between agents observed and simulated on a node.',
  'backtest.share': 'The same as a share of what was observed.',
  'status.falseDisconnected': 'Agents that the dashboard showed as disconnected while a node heard them.',
  'status.falseActive': 'Agents that the dashboard showed as active while no node heard them.',
  'status.falseDisconnected.peak': 'Most agents shown as disconnected at one instant while a node heard them.',
  'status.falseActive.peak': 'Most agents shown as active at one instant while no node heard them.',
  'status.alerts': 'Alerts about agents that were silent for too long.',
  'status.falseAlerts': 'Such alerts about agents that a node heard at that instant.',
  'enrolment.agents': 'Agents that came without a key.',
  'enrolment.unfinished': 'Newcomers that had not reported when the run ended.',
  'enrolment.keyUnknown': 'Connections that a node refused because it did not know the key.',
  'enrolment.keyUnknown.share': 'Newcomers that met a node without their key, as a share of all.',
  'enrolment.failed': 'Requests for a key that brought none.',
  'enrolment.duplicates': 'Requests for a key by agents that had a valid one.',
  'helper.told': "Requests to reconnect that Wazuh's HAProxy helper sent.",
  'helper.reconnects': "Agents that followed a request of Wazuh's HAProxy helper.",
  'helper.moved': 'Of those that reconnected or were cut off for the helper: who came to another node.',
  'helper.cut': 'Sessions that an old process of HAProxy closed at its hard-stop-after.',
  'helper.passedOver': 'Agents that the helper would have told to reconnect and that do not understand it.',
  'helper.reloads': 'Reloads of HAProxy that the helper asked for.',
  'helper.delayed': "Events written while their agents were away for the helper's sake.",
};

const families: Readonly<Record<string, string>> = {
  reconnect: 'time from the break of a session until the agent has a session again that is processed',
  'reconnect.detect': 'time from the break of a session until its agent noticed',
  'reconnect.retry': 'time from noticing to the start of the attempt that worked',
  'reconnect.handshake': 'time from the start of the attempt that worked to the end of its handshake',
  delay: 'time from the production of an event to its delivery',
  blindness: 'gap of an affected agent, its longest stretch without an event of it reaching a node',
  'status.known': 'time from the break of a session until the dashboard showed it',
  'status.falseDisconnected': 'time for which an agent was shown as disconnected while a node heard it',
  'status.falseActive': 'time for which an agent was shown as active while no node heard it',
  'enrolment.firstReport': 'time from the start of an agent without a key to its first session',
  'enrolment.key': 'time from the start of an agent without a key until it had one',
};

const statistics: Readonly<Record<string, string>> = { max: 'The longest', mean: 'The mean' };

const skewWhen: Readonly<Record<string, string>> = {
  '': 'over the whole run',
  '.before': 'from the start to the first fault',
  '.during': 'from the first fault to the last end',
  '.after': 'at the end',
  '.peak': 'at its worst instant',
};

/** @throws an Error for a name that is no metric. */
export function metricMeaning(name: string): string {
  if (!metricDefinition(name)) throw new Error(`unknown metric ${name}`);
  const known = exact[name];
  if (known !== undefined) return known;
  const [, cause] = /^loss\.(\w+)$/.exec(name) ?? [];
  if (cause !== undefined) return `Events lost ${causes[cause as LossCause]}.`;
  const [, percent] = /^reconnect\.until(\d+)$/.exec(name) ?? [];
  if (percent !== undefined) {
    return `From the start of a fault until ${percent === '100' ? 'all' : `${percent} %`} of the agents it cut off are back.`;
  }
  const [, of, when] = /^skew\.(agents|events)(.*)$/.exec(name) ?? [];
  if (of !== undefined) {
    const what = of === 'agents' ? 'agents' : 'events per second';
    return when === '.cv'
      ? `Spread of ${what} over the nodes that are up: standard deviation ÷ mean.`
      : `Most ${what} on a node ÷ mean of the nodes that are up, ${skewWhen[when!]!}.`;
  }
  const dot = name.lastIndexOf('.');
  const statistic = name.slice(dot + 1);
  const family = families[name.slice(0, dot)];
  if (family === undefined) throw new Error(`nobody says what ${name} is`);
  const first = statistics[statistic] ?? `The ${statistic.slice(1)}th percentile of the`;
  return `${first} ${family}.`;
}
