// What a run found out, ready to be told: metrics per mode with their uncertainty, paired differences, expectations.
import type { BacktestError } from './backtest.ts';
import type { FaultOccurrence, LossCause } from '../models/ledger.ts';
import type { BalancerMark } from '../models/world/marks.ts';
import type { MetricUnit } from '../scenario/metricNames.ts';
import type { ShownSeries } from './numbers.ts';
import type { Expectation, Observed, Scenario } from '../scenario/scenario.ts';
import type { Setting } from './settings.ts';

/** Unit of a metric. Times are µs, shares are of one. */
export type Unit = MetricUnit;

/** One metric over the replications. */
export interface Estimate {
  /** One value a replication, in order; `null`: this replication says nothing about it; Infinity: unfinished. */
  readonly values: readonly (number | null)[];
  /** Over the values that are not null; `null` when there is none or they are infinite both ways. Infinity when one of them is. */
  readonly mean: number | null;
  /** Half of the 95 % t interval; `null` with fewer than two finite values. */
  readonly halfWidth: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export interface MetricResult {
  /** Name without the mode, as in an expectation: `loss.share`, `reconnect.p99`. */
  readonly metric: string;
  readonly unit: Unit;
  readonly estimate: Estimate;
}

/** A mode against the first one of the scenario, replication by replication. */
export interface PairedDifference {
  readonly metric: string;
  readonly unit: Unit;
  readonly mode: string;
  readonly baseline: string;
  /** mode − baseline. */
  readonly estimate: Estimate;
}

export type Verdict = 'pass' | 'breached' | 'inconclusive' | 'vacuous';

export interface ExpectationResult {
  readonly expectation: Expectation;
  readonly verdict: Verdict;
  /** Of what is expected of, and of the margins. */
  readonly unit: Unit;
  /** What was found of the left side. */
  readonly found: Estimate;
  /** Left minus right side, replication by replication: below 0 a `<` holds. */
  readonly margins: Estimate;
  /** What was found, in words: `0.02 % ± 0.01 % is not below 0.01 %`. */
  readonly detail: string;
}

/** One outage of one agent, for reconnects.csv. */
export interface ReconnectRow {
  readonly replication: number;
  readonly agent: number;
  readonly group: string;
  /** Number of the fault in the scenario's list, from 1. */
  readonly fault: number;
  readonly from: string | null;
  readonly to: string | null;
  /** 'reconnected', 'healed' or 'unfinished'. */
  readonly end: string;
  readonly brokenAtUs: number;
  /** Length of the outage; `null`: not over. */
  readonly totalUs: number | null;
  readonly detectUs: number | null;
  readonly retryUs: number | null;
  readonly handshakeUs: number | null;
  readonly attempts: number;
  readonly froze: boolean;
}

/** Rows in the order of the replications, then of their ends; made while they are read. An array will do as well. */
export interface ReconnectRows extends Iterable<ReconnectRow> {
  readonly length: number;
  map<T>(of: (row: ReconnectRow) => T): T[];
  filter(wanted: (row: ReconnectRow) => boolean): ReconnectRow[];
}

/** Means over the replications at regular instants, for time lines. */
export interface TimelineSeries {
  readonly stepUs: number;
  readonly connectedByNode: readonly (readonly number[])[];
  readonly disconnected: readonly number[];
  readonly unaware: readonly number[];
  readonly produced: readonly number[];
  readonly delivered: readonly number[];
  readonly lost: readonly number[];
  readonly waiting: readonly number[];
  /** What the dashboard shows; `null`: no node is the master. */
  readonly shown: ShownSeries | null;
}

/** One replication as it was, to be looked at instant by instant. */
export interface Replay {
  /** Of that replication alone: `unaware` and all the others are whole agents. */
  readonly timeline: TimelineSeries;
  readonly faults: readonly FaultOccurrence[];
  readonly marks: readonly BalancerMark[];
}

/** Load of the nodes around the faults, means over the replications. */
export interface NodeLoad {
  readonly node: string;
  /** Agents connected: time mean before the first fault, between first fault and last end, at the end. */
  readonly agents: { readonly before: number; readonly during: number; readonly after: number };
  readonly eventsPerSecond: { readonly before: number; readonly during: number; readonly after: number };
  readonly delivered: number;
  readonly connectsPeakPerSecond: number;
  readonly refused: number;
  readonly acceptQueueOverflow: number;
  readonly keysRefused: number;
  /** Longest work of control messages before the handlers or the database, µs. */
  readonly controlWaitPeakUs: number;
  /** When events were first too many for it, µs, over the replications in which they were; `null`: never. */
  readonly firstDropAtUs: number | null;
  /** Agents the dashboard shows as active there; `null`: no node is the master. */
  readonly shownActive: { readonly before: number; readonly during: number; readonly after: number } | null;
}

/** Agents that were seen on a node, and where they land. */
export interface SeenOn {
  readonly node: string;
  readonly predicted: readonly { readonly node: string; readonly agents: number }[];
  readonly withoutSession: number;
}

/** A group of agents over the replications. */
export interface GroupResult {
  readonly group: string;
  readonly agents: number;
  /** As the metrics of these names with this group selected, among them `events.lost`, `loss.share`, `reconnect.p95`. */
  readonly metrics: readonly MetricResult[];
}

/** Where each agent is in the first replication: index into the mode's `nodes`, in the order of the fleet; -1: no session. */
export interface Landing {
  readonly start: readonly number[];
  readonly end: readonly number[];
}

export interface ModeResult {
  readonly name: string;
  readonly description: string;
  readonly assumptions: readonly string[];
  /** Sentences that say why the numbers are what they are (who noticed, who froze, what a node's death cost). */
  readonly explanations: readonly string[];
  readonly metrics: readonly MetricResult[];
  /** Mean events lost per replication by cause; causes without loss are left out. */
  readonly lossByCause: readonly { readonly cause: LossCause; readonly estimate: Estimate }[];
  readonly nodes: readonly NodeLoad[];
  /** In the order of the fleet; the groups of all modes are the same. */
  readonly groups: readonly GroupResult[];
  readonly landing: Landing;
  /** What the mode was run with. */
  readonly settings: readonly Setting[];
  readonly timeline: TimelineSeries;
  /** The first replication. */
  readonly replay: Replay;
  /** Nodes that are up and can be landed on: time means before and during the faults, and at the end; `null`: nobody carries anything then. */
  readonly carriers: {
    readonly before: number | null;
    readonly during: number | null;
    readonly after: number | null;
  };
  /** Agents by the node they were seen on, means over the replications; `null`: no inventory says where anybody was. */
  readonly placement: readonly SeenOn[] | null;
  /** Distance from what was observed, by node, means over the replications. */
  readonly backtest: readonly BacktestError[];
  readonly reconnects: ReconnectRows;
  readonly kernelEvents: number;
}

export interface FaultText {
  readonly index: number;
  /** `kill worker01`. */
  readonly text: string;
  /** Earliest start and latest end over the replications, µs; Infinity: never ends. */
  readonly startUs: number;
  readonly endUs: number;
}

export interface Comparison {
  /** Version of fleetfall. */
  readonly engine: string;
  readonly scenario: Pick<
    Scenario,
    'source' | 'name' | 'title' | 'seed' | 'inputHash' | 'warnings' | 'remarks' | 'chosenNames'
  >;
  readonly replications: number;
  readonly warmupUs: number;
  readonly durationUs: number;
  readonly agents: number;
  readonly nodeNames: readonly string[];
  readonly observed: Observed | null;
  readonly faults: readonly FaultText[];
  /** One sentence an operator can act on. */
  readonly verdict: string;
  readonly modes: readonly ModeResult[];
  readonly differences: readonly PairedDifference[];
  readonly expectations: readonly ExpectationResult[];
}
