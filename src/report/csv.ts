// The tables of a report. The order of the columns is part of the format: new ones go to the end. Units are in the names.
import { stringify } from 'csv-stringify/sync';
import type { Comparison, Estimate, Unit } from '../metrics/comparison.ts';
import { printable } from './escape.ts';
import { plain, plainSeconds } from './format.ts';
import { causeWords } from './words.ts';

/** A field as it stands in the file. Numbers need no escape: what is unknown is empty, what never ends is `Infinity`. */
type Field = string;
const number: (value: number | null) => Field = plain;
const seconds: (us: number | null) => Field = plainSeconds;

/**
 * Fields for texts: made printable, quoted where CSV needs it, and with a leading quote where a spreadsheet would take them for
 * a formula. The same few names fill a million rows, so each is worked out once.
 */
export function textFields(): (text: string) => Field {
  const known = new Map<string, Field>([['', '']]);
  return (text) => {
    let field = known.get(text);
    if (field === undefined) {
      field = stringify([[printable(text)]], { escape_formulas: true, eof: false });
      known.set(text, field);
    }
    return field;
  };
}

const rowsPerPiece = 10_000;

/** A table piece by piece: a million rows are longer than a string may be, and whoever writes them may want to stop. */
export function* table(header: readonly string[], rows: Iterable<readonly Field[]>): Generator<string> {
  let piece = `${header.join(',')}\n`;
  let count = 0;
  for (const row of rows) {
    piece += `${row.join(',')}\n`;
    count += 1;
    if (count % rowsPerPiece !== 0) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

const unitNames = {
  us: 's',
  share: 'share of 1',
  events: 'events',
  agents: 'agents',
  ratio: 'max / mean',
  perSecond: '1/s',
  count: 'count',
} satisfies Record<Unit, string>;

function estimateFields(estimate: Estimate | undefined, unit: Unit): Field[] {
  if (!estimate) return ['', '', '', ''];
  const field = (value: number | null): Field => (unit === 'us' ? seconds(value) : plain(value, 9));
  return [estimate.mean, estimate.halfWidth, estimate.min, estimate.max].map(field);
}

/** One row a mode and metric, with the paired difference against the first mode. */
export function modesCsv({ modes, differences }: Comparison): Iterable<string> {
  const text = textFields();
  const rows = modes.flatMap((mode) =>
    mode.metrics.map(({ metric, unit, estimate }) => {
      const paired = differences.find((each) => each.mode === mode.name && each.metric === metric)?.estimate;
      return [
        text(mode.name),
        text(metric),
        unitNames[unit],
        number(estimate.values.filter((value) => value !== null).length),
        ...estimateFields(estimate, unit),
        ...estimateFields(paired, unit).slice(0, 2),
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
export function nodesCsv({ modes }: Comparison): Iterable<string> {
  const text = textFields();
  const rows = modes.flatMap((mode) =>
    mode.nodes.map((node) => [
      text(mode.name),
      text(node.node),
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
      number(node.shownActive?.before ?? null),
      number(node.shownActive?.during ?? null),
      number(node.shownActive?.after ?? null),
      number(node.keysRefused),
      seconds(node.controlWaitPeakUs),
      seconds(node.firstDropAtUs),
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
      'shown_active_before',
      'shown_active_during',
      'shown_active_after',
      'keys_refused',
      'control_wait_peak_s',
      'first_drop_s',
    ],
    rows,
  );
}

const shownNames = ['active', 'pending', 'disconnected', 'falseDisconnected', 'falseActive'] as const;

/** One row a mode and instant; means over the replications; produced, delivered and lost are counted from 0. */
export function timelineCsv({ modes, nodeNames }: Comparison): Iterable<string> {
  const text = textFields();
  function* rows(): Generator<readonly Field[]> {
    for (const { name, timeline } of modes) {
      for (const [step, produced] of timeline.produced.entries()) {
        yield [
          text(name),
          seconds(step * timeline.stepUs),
          number(produced),
          number(timeline.delivered[step]!),
          number(timeline.lost[step]!),
          number(timeline.waiting[step]!),
          number(timeline.disconnected[step]!),
          number(timeline.unaware[step]!),
          ...nodeNames.map((_, node) => number(timeline.connectedByNode[node]?.[step] ?? null)),
          ...shownNames.map((name) => number(timeline.shown?.[name][step] ?? null)),
        ];
      }
    }
  }
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
      ...nodeNames.map((node) => text(`agents_on:${node}`)),
      'shown_active',
      'shown_pending',
      'shown_disconnected',
      'falsely_disconnected',
      'falsely_active',
    ],
    rows(),
  );
}

/** One row a mode and cause that took events. */
export function lossesCsv({ modes }: Comparison): Iterable<string> {
  const text = textFields();
  const rows = modes.flatMap((mode) => {
    const total = mode.lossByCause.reduce((sum, { estimate }) => sum + (estimate.mean ?? 0), 0);
    return mode.lossByCause.map(({ cause, estimate }) => [
      text(mode.name),
      cause,
      text(causeWords[cause]),
      ...estimateFields(estimate, 'events'),
      plain(total > 0 && estimate.mean !== null ? estimate.mean / total : null, 9),
    ]);
  });
  return table(['mode', 'cause', 'meaning', 'lost_events_mean', 'half_width_95', 'min', 'max', 'share_of_loss'], rows);
}

/**
 * One row an outage of an agent. Replications and faults (as in a selector) count from 1, agents from 0 in the
 * order of the fleet; `away_s` is empty when the agent is not back.
 */
export function reconnectsCsv({ modes }: Comparison): Iterable<string> {
  const text = textFields();
  function* rows(): Generator<readonly Field[]> {
    for (const { name, reconnects } of modes) {
      for (const row of reconnects) {
        yield [
          number(row.replication + 1),
          text(name),
          number(row.agent),
          text(row.group),
          number(row.fault),
          text(row.from ?? ''),
          text(row.to ?? ''),
          text(row.end),
          seconds(row.brokenAtUs),
          seconds(row.totalUs),
          seconds(row.detectUs),
          seconds(row.retryUs),
          seconds(row.handshakeUs),
          number(row.attempts),
          row.froze ? 'yes' : 'no',
        ];
      }
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
    rows(),
  );
}
