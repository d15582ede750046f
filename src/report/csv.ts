// The tables of a report. The order of the columns is part of the format: new ones go to the end. Units are in the names.
import { stringify } from 'csv-stringify/sync';
import type { Comparison, Estimate, Unit } from '../metrics/comparison.ts';
import { printable } from './escape.ts';
import { plain, plainSeconds } from './format.ts';
import { causeWords } from './words.ts';

type Cell = string | number;

/** `header` first; text is made printable, and a text that a spreadsheet would take for a formula gets a leading quote. */
function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return stringify([header, ...rows], { escape_formulas: true, record_delimiter: 'unix' });
}

/** Numbers go in as numbers (a minus sign is then no formula), what is unknown as nothing, without an end as `Infinity`. */
function cell(text: string): Cell {
  return /^-?\d+(\.\d+)?$/.test(text) && Object.is(String(Number(text)), text) ? Number(text) : text;
}
const number = (value: number | null): Cell => cell(plain(value));
const seconds = (us: number | null): Cell => cell(plainSeconds(us));

const unitNames = {
  us: 's',
  share: 'share of 1',
  events: 'events',
  agents: 'agents',
  ratio: 'max / mean',
  perSecond: '1/s',
  count: 'count',
} satisfies Record<Unit, string>;

function estimateCells(estimate: Estimate | undefined, unit: Unit): Cell[] {
  const cellOf = (value: number | null): Cell => (unit === 'us' ? seconds(value) : cell(plain(value, 9)));
  if (!estimate) return ['', '', '', ''];
  return [estimate.mean, estimate.halfWidth, estimate.min, estimate.max].map(cellOf);
}

/** One row a mode and metric, with the paired difference against the first mode. */
export function modesCsv({ modes, differences }: Comparison): string {
  const rows = modes.flatMap((mode) =>
    mode.metrics.map(({ metric, unit, estimate }) => {
      const paired = differences.find((each) => each.mode === mode.name && each.metric === metric)?.estimate;
      return [
        printable(mode.name),
        printable(metric),
        unitNames[unit],
        estimate.values.filter((value) => value !== null).length,
        ...estimateCells(estimate, unit),
        ...estimateCells(paired, unit).slice(0, 2),
      ];
    }),
  );
  return table(
    [
      'mode',
      'metric',
      'unit',
      'replications',
      'mean',
      'half_width_95',
      'min',
      'max',
      'difference_from_first_mode',
      'difference_half_width_95',
    ],
    rows,
  );
}

/** One row a mode and node; means over the replications. */
export function nodesCsv({ modes }: Comparison): string {
  const rows = modes.flatMap((mode) =>
    mode.nodes.map((node) => [
      printable(mode.name),
      printable(node.node),
      number(node.agents.before),
      number(node.agents.during),
      number(node.agents.after),
      number(node.eventsPerSecond.before),
      number(node.eventsPerSecond.during),
      number(node.eventsPerSecond.after),
      number(node.delivered),
      number(node.connectsPeakPerSecond),
      number(node.refused),
      number(node.acceptQueueOverflow),
    ]),
  );
  return table(
    [
      'mode',
      'node',
      'agents_before',
      'agents_during',
      'agents_after',
      'events_per_s_before',
      'events_per_s_during',
      'events_per_s_after',
      'delivered_events',
      'connects_peak_per_s',
      'refused_connects',
      'accept_queue_overflows',
    ],
    rows,
  );
}

/** One row a mode and instant; means over the replications; produced, delivered and lost are counted from 0. */
export function timelineCsv({ modes, nodeNames }: Comparison): string {
  const rows = modes.flatMap(({ name, timeline }) => {
    const mode = printable(name);
    return timeline.produced.map((produced, step) => [
      mode,
      seconds(step * timeline.stepUs),
      number(produced),
      number(timeline.delivered[step]!),
      number(timeline.lost[step]!),
      number(timeline.waiting[step]!),
      number(timeline.disconnected[step]!),
      number(timeline.unaware[step]!),
      ...nodeNames.map((_, node) => number(timeline.connectedByNode[node]?.[step] ?? null)),
    ]);
  });
  return table(
    [
      'mode',
      'time_s',
      'produced_events',
      'delivered_events',
      'lost_events',
      'waiting_events',
      'agents_without_session',
      'agents_unaware',
      ...nodeNames.map((node) => `agents_on:${printable(node)}`),
    ],
    rows,
  );
}

/** One row a mode and cause that took events. */
export function lossesCsv({ modes }: Comparison): string {
  const rows = modes.flatMap((mode) => {
    const total = mode.lossByCause.reduce((sum, { estimate }) => sum + (estimate.mean ?? 0), 0);
    return mode.lossByCause.map(({ cause, estimate }) => [
      printable(mode.name),
      cause,
      causeWords[cause],
      ...estimateCells(estimate, 'events'),
      cell(plain(total > 0 && estimate.mean !== null ? estimate.mean / total : null, 9)),
    ]);
  });
  return table(['mode', 'cause', 'meaning', 'lost_events_mean', 'half_width_95', 'min', 'max', 'share_of_loss'], rows);
}

/**
 * One row an outage of an agent. Replications and faults (as in a selector) count from 1, agents from 0 in the
 * order of the fleet; `away_s` is empty when the agent is not back.
 */
export function reconnectsCsv({ modes }: Comparison): string {
  const rows: Cell[][] = [];
  for (const { name, reconnects } of modes) {
    const mode = printable(name);
    for (const row of reconnects) {
      rows.push([
        row.replication + 1,
        mode,
        row.agent,
        printable(row.group),
        row.fault,
        printable(row.from ?? ''),
        printable(row.to ?? ''),
        row.end,
        seconds(row.brokenAtUs),
        seconds(row.totalUs),
        seconds(row.detectUs),
        seconds(row.retryUs),
        seconds(row.handshakeUs),
        row.attempts,
        row.froze ? 'yes' : 'no',
      ]);
    }
  }
  return table(
    [
      'replication',
      'mode',
      'agent',
      'group',
      'fault',
      'from',
      'to',
      'end',
      'broken_at_s',
      'away_s',
      'detect_s',
      'retry_s',
      'handshake_s',
      'attempts',
      'froze',
    ],
    rows,
  );
}
