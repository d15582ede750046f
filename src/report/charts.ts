// Pictures of a comparison as Vega-Lite specifications. Names are data or literals there, never part of an expression.
import type { Comparison } from '../metrics/comparison.ts';
import { connectedAgents } from './charts/connectedAgents.ts';
import { events } from './charts/events.ts';
import { lossByCause } from './charts/lossByCause.ts';
import { nodeLoad } from './charts/nodeLoad.ts';
import { reconnectTimes } from './charts/reconnectTimes.ts';
import { labelsOf, type Spec } from './charts/shared.ts';

/** What each chart shows, in the order in which a summary shows them. */
export const chartCaptions = {
  'connected-agents': 'Agents with a session on each node over time',
  'reconnect-times': 'How long agents take to report again',
  events: 'Events delivered, lost and waiting over time',
  'loss-by-cause': 'Events lost by cause',
  'load-agents': 'Agents per node before, during and after',
  'load-events': 'Events per second per node before, during and after',
} as const;

export type ChartName = keyof typeof chartCaptions;

export interface Chart {
  /** File name without extension; fixed by us, never by a user. */
  readonly name: ChartName;
  readonly spec: Spec;
}

/** Every chart of a report, in the order of `chartCaptions`; each is made when it is asked for. */
export function* charts(comparison: Comparison): Generator<Chart> {
  const labels = labelsOf(comparison);
  yield { name: 'connected-agents', spec: connectedAgents(comparison, labels) };
  yield { name: 'reconnect-times', spec: reconnectTimes(comparison, labels) };
  yield { name: 'events', spec: events(comparison, labels) };
  yield { name: 'loss-by-cause', spec: lossByCause(comparison, labels) };
  yield { name: 'load-agents', spec: nodeLoad(comparison, labels, 'agents') };
  yield { name: 'load-events', spec: nodeLoad(comparison, labels, 'eventsPerSecond') };
}
