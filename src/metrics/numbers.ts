// What is kept of one replication of one mode when its books are let go: plain data, small enough to cross threads.
import { lossCauses, type Books, type LossCause } from '../models/ledger.ts';
import type { MetricReference } from '../scenario/scenario.ts';
import { metricNames } from '../scenario/metricNames.ts';
import type { FaultOccurrence } from '../models/ledger.ts';
import type { BalancerMark } from '../models/world/marks.ts';
import { backtestErrors, type BacktestError } from './backtest.ts';
import { groupNumbers, type GroupNumbers } from './groupNumbers.ts';
import { carrierCounts, faultSpan, stepsWithin } from './imbalance.ts';
import { metricValue } from './metric.ts';
import { placementTable } from './placement.ts';
import { groupOf, outageTable, type OutageTable } from './reconnectRows.ts';
import { percentile } from './statistics.ts';
import { everything, selectionOf, type RunView } from './selection.ts';

export interface NodeNumbers {
  readonly agents: readonly [before: number, during: number, after: number];
  readonly eventsPerSecond: readonly [before: number, during: number, after: number];
  readonly delivered: number;
  readonly connectsPeakPerSecond: number;
  readonly refused: number;
  readonly acceptQueueOverflow: number;
  readonly keysRefused: number;
  readonly controlWaitPeakUs: number;
  /** -1: never. */
  readonly firstDropAtUs: number;
  /** Agents the dashboard shows as active on this node; `null`: no node is the master. */
  readonly shownActive: readonly [before: number, during: number, after: number] | null;
}

/** Outages of one group, counted by how they went. */
export interface GroupStory {
  readonly group: string;
  readonly outages: number;
  readonly healed: number;
  readonly unfinished: number;
  readonly froze: number;
  /** Median of those who noticed without having frozen; `null`: nobody did. */
  readonly awakeDetectUs: number | null;
  /** Median of those who froze and noticed in the end, because somebody woke them; `null`: nobody did. */
  readonly frozenDetectUs: number | null;
}

/** Agents by instant, as the dashboard shows them. */
export interface ShownSeries {
  readonly active: readonly number[];
  readonly pending: readonly number[];
  readonly disconnected: readonly number[];
  /** Shown as disconnected while a node hears them, and as active while none does. */
  readonly falseDisconnected: readonly number[];
  readonly falseActive: readonly number[];
}

export interface ReplicationNumbers {
  readonly replication: number;
  /** Every metric without a selector, by name. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Metrics with a selector that an expectation asks for, by the text of `referenceKey`. */
  readonly selected: Readonly<Record<string, number | null>>;
  readonly lossByCause: Readonly<Record<LossCause, number>>;
  readonly nodes: readonly NodeNumbers[];
  readonly groups: readonly GroupStory[];
  /** In the order of the groups. */
  readonly byGroup: readonly GroupNumbers[];
  /** Node of each agent at time 0 and at the end (-1: none); of the first replication only. */
  readonly landing: { readonly start: Int16Array; readonly end: Int16Array } | null;
  readonly faults: readonly FaultOccurrence[];
  readonly timeline: {
    readonly stepUs: number;
    readonly steps: number;
    readonly connected: readonly (readonly number[])[];
    readonly disconnected: readonly number[];
    readonly unaware: readonly number[];
    readonly produced: readonly number[];
    readonly delivered: readonly number[];
    readonly lost: readonly number[];
    readonly waiting: readonly number[];
    /** What the dashboard shows; `null`: no node is the master. */
    readonly shown: ShownSeries | null;
  };
  /** Agents by node seen and node predicted, as `placementTable` has it; `null`: nobody was seen. */
  readonly placement: readonly (readonly number[])[] | null;
  readonly backtest: readonly BacktestError[];
  readonly outages: OutageTable;
  /** What its balancers had marked down; only of the first replication, which is replayed. */
  readonly marks: readonly BalancerMark[];
  /** Nodes that carry the load: before and during the faults, at the end; `null`: there are none. */
  readonly carriers: readonly [before: number | null, during: number | null, after: number | null];
  readonly notes: readonly string[];
  readonly kernelEvents: number;
}

export function referenceKey({ metric, selector }: MetricReference): string {
  const keys = Object.keys(selector).sort();
  return `${metric}{${keys.map((key) => `${key}=${selector[key]!}`).join(',')}}`;
}

/** Reduces a run to numbers. @param asked metrics with selectors that expectations of this mode ask for. */
export function numbersOf(
  run: RunView,
  replication: number,
  asked: readonly MetricReference[],
  marks: readonly BalancerMark[] = [],
): ReplicationNumbers {
  const { books, world } = run;
  const metrics: Record<string, number | null> = {};
  for (const name of metricNames) metrics[name] = metricValue(name, run, everything);
  const selected: Record<string, number | null> = {};
  for (const reference of asked) {
    const selection = selectionOf(reference.selector, world);
    selected[referenceKey(reference)] = selection && metricValue(reference.metric, run, selection);
  }
  const lossByCause = {} as Record<LossCause, number>; // every cause is set on the next line
  for (const cause of lossCauses) lossByCause[cause] = metrics[`loss.${cause}`] ?? 0;
  const { timeline } = books;
  const outages = outageTable(run, replication);
  const list = (values: Float64Array): number[] => Array.from(values);
  return {
    replication,
    metrics,
    selected,
    lossByCause,
    nodes: nodeNumbers(run),
    groups: groupStories(run),
    byGroup: groupNumbers(run),
    landing: replication === 0 ? { start: books.nodeAtStart, end: books.nodeAtEnd } : null,
    faults: books.faults,
    timeline: {
      stepUs: timeline.stepUs,
      steps: timeline.steps,
      connected: timeline.connected.map(list),
      disconnected: list(timeline.disconnected),
      unaware: list(timeline.unaware),
      produced: list(timeline.produced),
      delivered: list(timeline.delivered),
      lost: list(timeline.lost),
      waiting: list(timeline.waiting),
      shown: shownSeries(books),
    },
    placement: placementTable(run, everything),
    backtest: backtestErrors(run),
    outages,
    marks,
    carriers: carrierCounts(run),
    notes: books.notes,
    kernelEvents: books.kernelEvents + books.kernelEventsWarmup,
  };
}

function shownSeries({ status, timeline }: Books): ShownSeries | null {
  if (status === null) return null;
  const { active, pending, disconnected, falseDisconnected, falseActive } = status.timeline;
  const sums = Array.from({ length: timeline.steps }, (_, step) => active.reduce((sum, own) => sum + own[step]!, 0));
  return {
    active: sums,
    pending: Array.from(pending),
    disconnected: Array.from(disconnected),
    falseDisconnected: Array.from(falseDisconnected),
    falseActive: Array.from(falseActive),
  };
}

function groupStories(run: RunView): GroupStory[] {
  const { outages } = run.books;
  const { groups } = run.world;
  const stories = groups.map(() => ({ froze: 0, awake: [] as number[], frozen: [] as number[] }));
  for (let row = 0; row < outages.count; row++) {
    const own = stories[groupOf(groups, outages.agent[row]!)]!;
    const frozen = outages.froze[row] === 1;
    if (frozen) own.froze += 1;
    if (outages.detectUs[row]! >= 0) (frozen ? own.frozen : own.awake).push(outages.detectUs[row]!);
  }
  const median = (values: readonly number[]): number | null => percentile(Float64Array.from(values).sort(), 0.5);
  return groups.map(({ name }, group) => {
    const ask = (metric: string): number | null => metricValue(metric, run, { ...everything, group });
    return {
      group: name,
      outages: ask('reconnect.count') ?? 0,
      healed: ask('reconnect.healed') ?? 0,
      unfinished: ask('reconnect.unfinished') ?? 0,
      froze: stories[group]!.froze,
      awakeDetectUs: median(stories[group]!.awake),
      frozenDetectUs: median(stories[group]!.frozen),
    };
  });
}

function nodeNumbers({ books, world }: RunView): NodeNumbers[] {
  const { timeline } = books;
  const span = faultSpan(books.faults);
  const mean = (values: Float64Array, fromUs: number, toUs: number): number => {
    const { first, end } = stepsWithin(timeline, fromUs, toUs);
    let sum = 0;
    for (let step = first; step < end; step++) sum += values[step]!;
    return first < end ? sum / (end - first) : 0;
  };
  return world.nodes.map((_, index) => {
    const around = (means: Float64Array, values: Float64Array): [number, number, number] => [
      mean(means, 0, span?.fromUs ?? Infinity),
      span ? mean(means, span.fromUs, span.toUs) : 0,
      values[timeline.steps - 1]!,
    ];
    const shown = books.status?.timeline.active[index];
    const { delivered, connectsPeakPerSecond, refused, acceptQueueOverflow } = books.nodes[index]!;
    const { keysRefused, controlWaitPeakUs, firstDropAtUs } = books.nodes[index]!;
    return {
      agents: around(timeline.connectedMean[index]!, timeline.connected[index]!),
      eventsPerSecond: around(timeline.nodeRateMean[index]!, timeline.nodeRate[index]!),
      delivered,
      connectsPeakPerSecond,
      refused,
      acceptQueueOverflow,
      keysRefused,
      controlWaitPeakUs,
      firstDropAtUs,
      shownActive: shown ? around(shown, shown) : null,
    };
  });
}
