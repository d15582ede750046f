// What the reports call things, and which metrics they put first.
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import type { Comparison, MetricResult, ModeResult, PairedDifference, Verdict } from '../metrics/comparison.ts';
import type { LossCause } from '../models/ledger.ts';
import { estimateText, formatRatio, nothing } from './format.ts';

export const causeWords = {
  path: 'written into a dead path',
  sendError: 'send failed',
  ring: 'client buffer full',
  logcollector: 'logcollector queue full',
  agentRestart: 'agent restarted',
  nodeQueue: 'node: receive queue full',
  analysis: 'node: analysis overloaded',
  nodeMemory: 'node: died with it',
  zombie: 'node: accepted, thrown away',
  keyInUse: 'key in use',
} satisfies Record<LossCause, string>;

export const verdictWords = {
  pass: 'pass',
  breached: 'BREACHED',
  inconclusive: 'inconclusive',
  vacuous: 'says nothing',
} satisfies Record<Verdict, string>;

export function metricOf(mode: ModeResult, metric: string): MetricResult | undefined {
  return mode.metrics.find((result) => result.metric === metric);
}

function textOf(mode: ModeResult, metric: string): string {
  const result = metricOf(mode, metric);
  return result ? estimateText(result.estimate, result.unit) : nothing;
}

/** `none in 10 runs` instead of a zero that more runs might not confirm. */
function lossText(mode: ModeResult, metric: string): string {
  const result = metricOf(mode, metric);
  if (result?.estimate.max !== 0) return textOf(mode, metric);
  const runs = result.estimate.values.filter((value) => value !== null).length;
  return `none in ${formatCount(runs)} ${runs === 1 ? 'run' : 'runs'}`;
}

/** The cause that took most events, with its part of the loss. */
export function mainCause(mode: ModeResult): string {
  let total = 0;
  let most = 0;
  let main: LossCause | undefined;
  for (const { cause, estimate } of mode.lossByCause) {
    const lost = estimate.mean ?? 0;
    total += lost;
    if (lost > most) {
      most = lost;
      main = cause;
    }
  }
  return main === undefined ? nothing : `${causeWords[main]} (${formatShare(most / total)})`;
}

function skewText(mode: ModeResult): string {
  const parts = ['before', 'during', 'after'].map((when) => {
    const mean = metricOf(mode, `skew.agents.${when}`)?.estimate.mean ?? null;
    return mean === null ? nothing : formatRatio(mean);
  });
  return parts.every((part) => part === nothing) ? nothing : parts.join(' / ');
}

export interface Headline {
  readonly label: string;
  /** The metric of it, or the first of several. */
  readonly metric: string;
  readonly value: (mode: ModeResult) => string;
}

interface Row extends Headline {
  /** The row is told when this is true of a mode; absent: always. */
  readonly when?: (mode: ModeResult) => boolean;
}

const rows: readonly Row[] = [
  { label: 'outages of agents', metric: 'reconnect.count', value: (mode) => textOf(mode, 'reconnect.count') },
  {
    label: 'half are back after',
    metric: 'reconnect.p50',
    value: (mode) => textOf(mode, 'reconnect.p50'),
    when: hasOutages,
  },
  {
    label: '95 % are back after',
    metric: 'reconnect.p95',
    value: (mode) => textOf(mode, 'reconnect.p95'),
    when: hasOutages,
  },
  {
    label: '99 % are back after',
    metric: 'reconnect.p99',
    value: (mode) => textOf(mode, 'reconnect.p99'),
    when: hasOutages,
  },
  {
    label: 'not back at the end',
    metric: 'reconnect.unfinished',
    value: (mode) => textOf(mode, 'reconnect.unfinished'),
    when: hasOutages,
  },
  {
    label: 'newcomers',
    metric: 'enrolment.agents',
    value: (mode) => textOf(mode, 'enrolment.agents'),
    when: hasNewcomers,
  },
  {
    label: 'half report after',
    metric: 'enrolment.firstReport.p50',
    value: (mode) => textOf(mode, 'enrolment.firstReport.p50'),
    when: hasNewcomers,
  },
  {
    label: 'the last reports after',
    metric: 'enrolment.firstReport.max',
    value: (mode) => textOf(mode, 'enrolment.firstReport.max'),
    when: hasNewcomers,
  },
  {
    label: 'never report',
    metric: 'enrolment.unfinished',
    value: (mode) => textOf(mode, 'enrolment.unfinished'),
    when: hasNewcomers,
  },
  {
    label: 'met a node without their key',
    metric: 'enrolment.keyUnknown.share',
    value: (mode) => textOf(mode, 'enrolment.keyUnknown.share'),
    when: hasNewcomers,
  },
  { label: 'events lost', metric: 'events.lost', value: (mode) => lossText(mode, 'events.lost') },
  { label: 'share of events lost', metric: 'loss.share', value: (mode) => lossText(mode, 'loss.share') },
  {
    label: 'main cause of loss',
    metric: 'events.lost',
    value: mainCause,
    when: (mode) => largest(mode, 'events.lost') > 0,
  },
  {
    label: 'SYNs dropped by full accept queues',
    metric: 'storm.overflow',
    value: (mode) => textOf(mode, 'storm.overflow'),
    when: (mode) => largest(mode, 'storm.overflow') > 0,
  },
  {
    label: 'shown as disconnected though heard, most',
    metric: 'status.falseDisconnected.peak',
    value: (mode) => textOf(mode, 'status.falseDisconnected.peak'),
    when: (mode) => largest(mode, 'status.falseDisconnected.peak') > 0,
  },
  { label: 'skew before / during / after', metric: 'skew.agents.before', value: skewText },
  {
    label: 'even again after',
    metric: 'rebalanced.after',
    value: (mode) => textOf(mode, 'rebalanced.after'),
    when: isHelped,
  },
  {
    label: 'told to reconnect by the helper',
    metric: 'helper.reconnects',
    value: (mode) => textOf(mode, 'helper.reconnects'),
    when: isHelped,
  },
  {
    label: 'cut by an old HAProxy process',
    metric: 'helper.cut',
    value: (mode) => textOf(mode, 'helper.cut'),
    when: (mode) => largest(mode, 'helper.cut') > 0,
  },
];

function largest(mode: ModeResult, metric: string): number {
  return metricOf(mode, metric)?.estimate.max ?? 0;
}

function hasOutages(mode: ModeResult): boolean {
  return largest(mode, 'reconnect.count') > 0;
}

/** Wazuh's HAProxy helper has done something. */
function isHelped(mode: ModeResult): boolean {
  return largest(mode, 'helper.told') > 0 || largest(mode, 'helper.reloads') > 0;
}

function hasNewcomers(mode: ModeResult): boolean {
  return largest(mode, 'enrolment.agents') > 0;
}

/** What the modes are compared by, side by side, most telling first; what is about none of them is left out. */
export function headlinesOf(modes: readonly ModeResult[]): readonly Headline[] {
  return rows.filter(({ when }) => when === undefined || modes.some(when));
}

/** Paired differences worth a line, in this order; all of them are in summary.json. */
export const differenceWords: Readonly<Record<string, string>> = {
  'reconnect.p50': 'half are back after',
  'reconnect.p95': '95 % are back after',
  'reconnect.p99': '99 % are back after',
  'reconnect.unfinished': 'agents not back at the end',
  'enrolment.firstReport.p50': 'half of the newcomers after',
  'enrolment.firstReport.max': 'the last newcomer after',
  'enrolment.unfinished': 'newcomers never reporting',
  'events.lost': 'events lost',
  'loss.share': 'share of events lost',
  'skew.agents.during': 'skew during the fault',
  'skew.agents.after': 'skew at the end',
};

export interface DifferenceLine {
  readonly mode: string;
  readonly label: string;
  readonly result: PairedDifference;
}

export function differenceLines({ differences }: Comparison): readonly DifferenceLine[] {
  const modes = [...new Set(differences.map(({ mode }) => mode))];
  return modes.flatMap((mode) =>
    Object.entries(differenceWords).flatMap(([metric, label]) => {
      const result = differences.find((each) => each.mode === mode && each.metric === metric);
      return !result || result.estimate.mean === null ? [] : [{ mode, label, result }];
    }),
  );
}

export interface Told {
  /** Whom the sentences are about; empty: all modes. */
  readonly modes: readonly string[];
  readonly sentences: readonly string[];
}

/** What the modes have to say, each sentence once: first what all share, then by the modes that share it. */
export function sharedSentences(
  modes: readonly ModeResult[],
  sentences: (mode: ModeResult) => readonly string[],
): readonly Told[] {
  const speakers = new Map<string, string[]>();
  for (const mode of modes) {
    for (const text of new Set(sentences(mode))) speakers.set(text, [...(speakers.get(text) ?? []), mode.name]);
  }
  const told = new Map<string, { modes: readonly string[]; sentences: string[] }>();
  for (const [text, names] of speakers) {
    const key = JSON.stringify(names);
    const known = told.get(key) ?? { modes: names.length === modes.length ? [] : names, sentences: [] };
    known.sentences.push(text);
    told.set(key, known);
  }
  return [...told.values()].sort((a, b) => Number(a.modes.length > 0) - Number(b.modes.length > 0));
}

/** `30 min 0 s`, or how long it took until everything was settled. */
export function durationText({ durationUs, modes }: Comparison): string {
  const longest = Math.max(0, ...modes.map(({ timeline }) => (timeline.produced.length - 1) * timeline.stepUs));
  const stepUs = Math.max(0, ...modes.map(({ timeline }) => timeline.stepUs));
  return durationUs - longest < stepUs
    ? formatDuration(durationUs)
    : `until all agents are settled (${formatDuration(longest)}; at most ${formatDuration(durationUs)})`;
}
