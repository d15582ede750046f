// Books made by hand, for tests of metrics: what is not said is empty.
import { takesNodeDown, type FaultKind } from '../../src/models/fault.ts';
import { noBufferAlerts } from '../../src/models/pipeline/ringStates.ts';
import {
  emptyCounts,
  OutageEnd,
  type Books,
  type FaultOccurrence,
  type LossCause,
  type NodeBooks,
} from '../../src/models/ledger.ts';
import { EnrolmentLog } from '../../src/models/cluster/enrolmentLog.ts';
import type { RunView } from '../../src/metrics/selection.ts';
import { aWorld, nodeNames, second, type GroupRecipe, type WorldRecipe } from './worlds.ts';

/** Seconds. A reconnected outage has detect, retry and handshake; a healed one its length; an unfinished one may have detect. */
export interface OutageSketch {
  readonly agent: number;
  /** Index of the occurrence. */
  readonly fault?: number;
  readonly from?: number;
  readonly to?: number;
  readonly brokenAt?: number;
  readonly parts?: readonly [detect: number, retry: number, handshake: number];
  readonly healedAfter?: number;
  readonly noticedAfter?: number;
  readonly attempts?: number;
  readonly froze?: boolean;
}

export interface CountsSketch {
  readonly produced?: number;
  readonly pending?: number;
  readonly lost?: Partial<Record<LossCause, number>>;
}

export interface BooksSketch {
  readonly world?: Partial<WorldRecipe>;
  /** One a group; groups of one agent each where `world.groups` is left out. */
  readonly counts?: readonly CountsSketch[];
  readonly outages?: readonly OutageSketch[];
  /** `[kind, places, start, end, index in the scenario's list]`, seconds. */
  readonly faults?: readonly (readonly [FaultKind, readonly string[], number, number, number?])[];
  /** Agents on each node, [node][step], a step a second. */
  readonly connected?: readonly (readonly number[])[];
  /** As `connected` unless said. */
  readonly connectedMean?: readonly (readonly number[])[];
  /** Agents without a session, [step]; none unless said. */
  readonly disconnected?: readonly number[];
  readonly nodeRate?: readonly (readonly number[])[];
  readonly nodes?: readonly Partial<NodeBooks>[];
  /** Events by upper edge of their delay, seconds. */
  readonly delays?: readonly (readonly [upper: number, events: number])[];
  readonly delaySum?: number;
  readonly delayMax?: number;
  readonly blind?: readonly number[];
  readonly drain?: readonly number[];
  readonly moved?: { readonly start: readonly number[]; readonly end: readonly number[] };
  readonly rates?: readonly number[];
  readonly attemptsFailed?: number;
  readonly notes?: readonly string[];
}

export function aRun(sketch: BooksSketch = {}): RunView {
  const counts = sketch.counts ?? [{}];
  const groups: readonly GroupRecipe[] = sketch.world?.groups ?? counts.map(() => ({ count: 1, list: [1, 2] }));
  const world = aWorld({ ...sketch.world, groups });
  const agents = groups.reduce((sum, { count }) => sum + count, 0);
  const us = (seconds: number): number => seconds * second;
  const column = (values: readonly number[] | undefined): Float64Array => {
    const filled = new Float64Array(agents);
    filled.set((values ?? []).map(us));
    return filled;
  };
  const rows = sketch.outages ?? [];
  const steps = sketch.connected?.[0]?.length ?? sketch.nodeRate?.[0]?.length ?? 1;
  const series = (given: readonly (readonly number[])[] | undefined): Float64Array[] =>
    world.nodes.map((_, node) => Float64Array.from(given?.[node] ?? new Array<number>(steps).fill(0)));
  const faults = (sketch.faults ?? []).map(([kind, places, start, end, faultIndex], index): FaultOccurrence => ({
    index,
    faultIndex: faultIndex ?? index,
    kind,
    places,
    outOfService: takesNodeDown(kind),
    startUs: us(start),
    endUs: us(end),
  }));
  const delays = sketch.delays ?? [];
  const flat = new Float64Array(steps);
  const books: Books = {
    groups: groups.map((_, index) => {
      const { produced = 0, pending = 0, lost = {} } = counts[index] ?? {};
      const all = emptyCounts();
      Object.assign(all.lost, lost);
      const gone = Object.values(lost).reduce((sum, value) => sum + value, 0);
      return { ...all, produced, pending, delivered: produced - pending - gone };
    }),
    outages: {
      count: rows.length,
      agent: Int32Array.from(rows, ({ agent }) => agent),
      fault: Int32Array.from(rows, ({ fault }) => fault ?? 0),
      end: Uint8Array.from(rows, ({ parts, healedAfter }) =>
        parts ? OutageEnd.Reconnected : healedAfter === undefined ? OutageEnd.Unfinished : OutageEnd.Healed,
      ),
      fromNode: Int16Array.from(rows, ({ from }) => from ?? 1),
      toNode: Int16Array.from(rows, ({ to, parts }) => to ?? (parts ? 2 : -1)),
      brokenAtUs: Float64Array.from(rows, ({ brokenAt }) => us(brokenAt ?? 0)),
      detectUs: Float64Array.from(rows, ({ parts, noticedAfter }) =>
        parts ? us(parts[0]) : noticedAfter === undefined ? -1 : us(noticedAfter),
      ),
      retryUs: Float64Array.from(rows, ({ parts }) => (parts ? us(parts[1]) : -1)),
      handshakeUs: Float64Array.from(rows, ({ parts, healedAfter }) =>
        parts ? us(parts[2]) : healedAfter === undefined ? -1 : us(healedAfter),
      ),
      attempts: Int32Array.from(rows, ({ attempts }) => attempts ?? 1),
      froze: Uint8Array.from(rows, ({ froze }) => Number(froze ?? false)),
    },
    faults,
    timeline: {
      stepUs: second,
      steps,
      connected: series(sketch.connected),
      connectedMean: series(sketch.connectedMean ?? sketch.connected),
      nodeRate: series(sketch.nodeRate),
      nodeRateMean: series(sketch.nodeRate),
      disconnected: sketch.disconnected ? Float64Array.from(sketch.disconnected) : flat,
      unaware: flat,
      produced: flat,
      delivered: flat,
      lost: flat,
      waiting: flat,
    },
    status: null,
    enrolment: new EnrolmentLog(agents),
    helper: null,
    nodes: world.nodes.map(({ name }, index) => ({
      name,
      delivered: 0,
      lostQueue: 0,
      lostAnalysis: 0,
      lostMemory: 0,
      connectsPeakPerSecond: 0,
      refused: 0,
      acceptQueueOverflow: 0,
      queuePeak: 0,
      queuePeakAtUs: 0,
      controlWaitPeakUs: 0,
      controlWaitPeakAtUs: 0,
      controlDropped: 0,
      keysRefused: 0,
      firstDropAtUs: -1,
      ...sketch.nodes?.[index],
    })),
    alerts: groups.map(() => noBufferAlerts()),
    delays: {
      binCount: delays.length,
      upperUs: Float64Array.from(delays, ([upper]) => us(upper)),
      events: Float64Array.from(delays, ([, events]) => events),
      sumUs: us(sketch.delaySum ?? 0),
      maxUs: us(sketch.delayMax ?? 0),
    },
    blindUs: column(sketch.blind),
    drainUs: column(sketch.drain),
    nodeAtStart: Int16Array.from(sketch.moved?.start ?? new Array<number>(agents).fill(1)),
    nodeAtEnd: Int16Array.from(sketch.moved?.end ?? new Array<number>(agents).fill(1)),
    agentRate: Float64Array.from(sketch.rates ?? new Array<number>(agents).fill(1)),
    attemptsFailed: sketch.attemptsFailed ?? 0,
    kernelEventsWarmup: 10,
    kernelEvents: 5,
    notes: sketch.notes ?? [],
  };
  return { books, world };
}

/** Index of a node by its name. */
export function nodeIndex(name: string): number {
  return nodeNames.indexOf(name);
}
