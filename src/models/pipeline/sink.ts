// Where events of an agent go, and who keeps account of them.
import type { Flow } from '../flow.ts';
import type { EventCounts } from '../ledger.ts';
import type { BufferAlerts } from './ringStates.ts';

/** Where an event goes that the dispatcher sends now. */
export const Sink = {
  /** To a node that processes it. */
  Live: 0,
  /** Into a node that is about to die before the event is flushed. */
  Memory: 1,
  /** Into a connection nobody reads: its fate is open until the place resumes or dies. */
  Path: 2,
  /** Arrives after the end of the run. */
  Pending: 3,
  /** Datagrams to a place that takes none: lost as they are sent. */
  Void: 4,
  /** To a node that takes it and throws it away. */
  Zombie: 5,
} as const;
export type Sink = (typeof Sink)[keyof typeof Sink];

/** What of an agent does not run. */
export const Down = { No: 0, Agent: 1, Collector: 2 } as const;

/** Where the totals go: everything the pipelines of one run report. */
export interface PipelineBooks {
  readonly counts: readonly EventCounts[];
  readonly produced: Flow;
  readonly delivered: Flow;
  readonly lost: Flow;
  /** Arrivals at each node by group, [node][group]; `null` where the node's capacity is not judged. */
  readonly inflow: readonly (readonly Flow[] | null)[];
  readonly nodeDelivered: Float64Array;
  /** Of each group. */
  readonly alerts: readonly BufferAlerts[];
  /** Events reached a node from `fromUs` to `toUs`; the first of them `delayFromUs` after it was written, the last `delayToUs`. */
  addDelay(events: number, node: number, fromUs: number, toUs: number, delayFromUs: number, delayToUs: number): void;
}
