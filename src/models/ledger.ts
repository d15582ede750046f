// The books of one replication of one mode: every event ends in exactly one place.
import type { BalancerProduct } from './balancer/options.ts';
import type { FaultKind } from './fault.ts';
import type { BufferAlerts } from './pipeline/ringStates.ts';

/** Why an event is lost. Definitions: docs/MODEL.md, "Where an event can end". */
export const lossCauses = [
  'path',
  'sendError',
  'ring',
  'logcollector',
  'agentRestart',
  'nodeQueue',
  'analysis',
  'nodeMemory',
  'zombie',
  'keyInUse',
] as const;
export type LossCause = (typeof lossCauses)[number];

/** Counts of events in counted time. `produced = delivered + pending + sum of lost`. */
export interface EventCounts {
  produced: number;
  delivered: number;
  /** Would still arrive if the run went on and the faults ended as scheduled. */
  pending: number;
  readonly lost: Record<LossCause, number>;
}

/** How an outage of one agent ended. */
export const OutageEnd = {
  /** A handshake with a node that processes. */
  Reconnected: 0,
  /** The old session was processed again; the agent may never have noticed. */
  Healed: 1,
  /** Not back when the run ended. */
  Unfinished: 2,
} as const;

/**
 * Outages of agents, one row each, in the order in which they ended (unfinished ones last, by agent).
 * Columns of equal length; times in µs since the end of the warm-up, durations in µs, -1 where there is none.
 */
export interface Outages {
  readonly count: number;
  /** Index over the whole fleet: groups in order, agents of a group in order. */
  readonly agent: Int32Array;
  /** Index of the fault's occurrence that broke the session (`FaultOccurrence.index`). */
  readonly fault: Int32Array;
  readonly end: Uint8Array;
  /** Node the agent was on, -1: none. */
  readonly fromNode: Int16Array;
  readonly toNode: Int16Array;
  readonly brokenAtUs: Float64Array;
  /** Break to noticed. */
  readonly detectUs: Float64Array;
  /** Noticed to the start of the attempt that worked. */
  readonly retryUs: Float64Array;
  /** Start of the attempt that worked to the handshake. */
  readonly handshakeUs: Float64Array;
  readonly attempts: Int32Array;
  /** 1 when a full send buffer put the agent's main thread to sleep during the outage. */
  readonly froze: Uint8Array;
}

/** One fault at the places of this mode, as it happened in this replication. */
export interface FaultOccurrence {
  readonly index: number;
  /** Index in the scenario's list. */
  readonly faultIndex: number;
  readonly kind: FaultKind;
  /** Names of what is touched: places, both ends of a path, or groups. */
  readonly places: readonly string[];
  /** True when the places carry no load from its start to its end. */
  readonly outOfService: boolean;
  readonly startUs: number;
  /** Infinity: never ends. */
  readonly endUs: number;
}

/** State of the fleet at regular instants: step k is the instant `k × stepUs` (0 … duration). */
export interface Timeline {
  readonly stepUs: number;
  readonly steps: number;
  /** Agents with a session on each node, [node][step]. A session on a dead node counts until the agent notices. */
  readonly connected: readonly Float64Array[];
  /** The same as a mean over the time from each instant to the next. */
  readonly connectedMean: readonly Float64Array[];
  /** Agents without a session. */
  readonly disconnected: Float64Array;
  /** Agents that believe themselves connected while nobody processes their events. */
  readonly unaware: Float64Array;
  /** Events per second offered to each node by the agents on it, [node][step]. */
  readonly nodeRate: readonly Float64Array[];
  readonly nodeRateMean: readonly Float64Array[];
  /** Cumulated events: [step]. `waiting` is what is inside agents, on the wire, or in node queues. */
  readonly produced: Float64Array;
  readonly delivered: Float64Array;
  readonly lost: Float64Array;
  readonly waiting: Float64Array;
}

export interface NodeBooks {
  readonly name: string;
  readonly delivered: number;
  readonly lostQueue: number;
  readonly lostAnalysis: number;
  readonly lostMemory: number;
  readonly connectsPeakPerSecond: number;
  readonly refused: number;
  readonly acceptQueueOverflow: number;
  /** Largest number of events waiting in the node, and when. */
  readonly queuePeak: number;
  readonly queuePeakAtUs: number;
  /** Longest work of control messages that stood before the handlers (up to 4.12) or the database, µs, and when. */
  readonly controlWaitPeakUs: number;
  readonly controlWaitPeakAtUs: number;
  /** Control messages that found their queue full. */
  readonly controlDropped: number;
  /** Connections closed because another one of the same agent was open: "Agent key already in use". */
  readonly keysRefused: number;
  /** When it first dropped an event because they were too many, µs; -1: never. */
  readonly firstDropAtUs: number;
}

/** Delay of delivered events from production, as a weighted histogram: each bin is a hundredth wider than the one before it. */
export interface DelayHistogram {
  readonly binCount: number;
  /** Upper edge of each bin in µs. */
  readonly upperUs: Float64Array;
  readonly events: Float64Array;
  readonly sumUs: number;
  readonly maxUs: number;
}

/** What the dashboard showed of the agents; counted time only. */
export interface StatusBooks {
  /**
   * By row of the outages: from the break until the dashboard showed it, µs; Infinity: not within the run; NaN: there was nothing to
   * learn, the session had healed before.
   */
  readonly knownUs: Float64Array;
  /** By agent: how long it was shown as disconnected while a node heard it, and as active while none did, µs. */
  readonly falseDisconnectedUs: Float64Array;
  readonly falseActiveUs: Float64Array;
  /** By group: alerts of silent agents, and those of agents that a node heard at that instant. */
  readonly alerts: readonly number[];
  readonly falseAlerts: readonly number[];
  /** As `Timeline`: agents shown as active by the node of their row, [node][step], and all that are shown otherwise or wrongly. */
  readonly timeline: {
    readonly active: readonly Float64Array[];
    readonly pending: Float64Array;
    readonly disconnected: Float64Array;
    readonly falseDisconnected: Float64Array;
    readonly falseActive: Float64Array;
  };
}

/** Enrolments, by agent; counted time only. */
export interface EnrolmentBooks {
  /** Start of an agent that came without a key; NaN: it was there before. */
  readonly startedUs: Float64Array;
  /** When it got its key, and when a node first took it in; Infinity: not within the run. */
  readonly keyUs: Float64Array;
  readonly reportedUs: Float64Array;
  /** Connections that a node closed because it did not know the key. */
  readonly keyUnknown: Int32Array;
  /** Requests for a key that brought none. */
  readonly failed: Int32Array;
  /** Requests of agents that had a valid key, refused or (managers before 4.3) answered with another one. */
  readonly duplicates: Int32Array;
}

/** What Wazuh's HAProxy helper did; counted time only. */
export interface HelperBooks {
  /** Looks that found nothing to do. */
  readonly looks: number;
  /** Requests to reconnect that it sent, and agents that followed one. */
  readonly told: number;
  readonly reconnects: number;
  /** Sessions that a process of HAProxy which a reload had made old closed at its `hard-stop-after`. */
  readonly cut: number;
  /** Of those that reconnected or were cut: who is on another node than before. */
  readonly moved: number;
  /** Agents that were to move and do not understand the request, each time. */
  readonly passedOver: number;
  readonly reloads: number;
  /** Events written while their agents were away for its sake. */
  readonly delayed: number;
  /** What it has made of the configuration, in order; of the warm-up as well. */
  readonly products: readonly {
    readonly atUs: number;
    readonly balancerIndex: number;
    readonly product: BalancerProduct;
  }[];
}

export interface Books {
  readonly groups: readonly EventCounts[];
  readonly outages: Outages;
  readonly faults: readonly FaultOccurrence[];
  readonly timeline: Timeline;
  readonly nodes: readonly NodeBooks[];
  /** `null`: no node is the master. */
  readonly status: StatusBooks | null;
  readonly enrolment: EnrolmentBooks;
  /** `null`: there is none. */
  readonly helper: HelperBooks | null;
  readonly delays: DelayHistogram;
  /** What the client buffers of each group's agents have told their managers. */
  readonly alerts: readonly BufferAlerts[];
  /** Per agent: the longest stretch without an event of it reaching a node that processes, µs (0: never affected). */
  readonly blindUs: Float64Array;
  /**
   * Per agent: the longest time from the end of an outage until what had waited in the agent is sent, µs, as the agent's mean
   * rate lets expect (0: nothing waited; Infinity: it writes more than it may send).
   */
  readonly drainUs: Float64Array;
  /** Node of each agent at the start of counted time and at the end (-1: none). */
  readonly nodeAtStart: Int16Array;
  readonly nodeAtEnd: Int16Array;
  /** Connection attempts that failed, whatever the reason. */
  readonly attemptsFailed: number;
  /** Mean events per second of each agent. */
  readonly agentRate: Float64Array;
  /** Kernel events popped, in the warm-up and after it. */
  readonly kernelEventsWarmup: number;
  readonly kernelEvents: number;
  /** Sentences about what decided this run, e.g. a fault at a place the mode does not have. Ordered, no duplicates. */
  readonly notes: readonly string[];
}

export function emptyCounts(): EventCounts {
  const lost = {} as Record<LossCause, number>; // filled on the next line; every cause is present afterwards
  for (const cause of lossCauses) lost[cause] = 0;
  return { produced: 0, delivered: 0, pending: 0, lost };
}

export function lostTotal(counts: EventCounts): number {
  let total = 0;
  for (const cause of lossCauses) total += counts.lost[cause];
  return total;
}

/** True when every produced event has exactly one fate. */
export function balances(counts: EventCounts): boolean {
  return counts.produced === counts.delivered + counts.pending + lostTotal(counts);
}
