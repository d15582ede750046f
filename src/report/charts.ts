// Pictures of a comparison as Vega-Lite specifications. Names are data or literals here, never part of an expression.
import { formatCount, formatShare } from '../kernel/units.ts';
import type { Comparison, ModeResult } from '../metrics/comparison.ts';
import { printable, uniqueLabels } from './escape.ts';
import { modeColour, neutral, nodeColour } from './palette.ts';
import { distribution, keptIndexes, rates } from './series.ts';
import { causeWords } from './words.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Spec = Readonly<Record<string, Json>>;

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

const minuteUs = 60_000_000;
const panelWidth = 560;
const labelLength = 28;
const timeTitle = 'minutes since the end of the warm-up';

/** Every chart of a report, in the order of `chartCaptions`; each is made when it is asked for. */
export function* charts(comparison: Comparison): Generator<Chart> {
  const labels = labelsOf(comparison);
  yield connectedAgents(comparison, labels);
  yield reconnectTimes(comparison, labels);
  yield events(comparison, labels);
  yield lossByCause(comparison, labels);
  yield nodeLoad(comparison, labels, 'agents');
  yield nodeLoad(comparison, labels, 'eventsPerSecond');
}

interface Labels {
  readonly modes: readonly string[];
  readonly nodes: readonly string[];
  /** A legend entry that no node's name can take. */
  readonly noSession: string;
}

function labelsOf({ modes, nodeNames }: Comparison): Labels {
  const [noSession, ...nodes] = uniqueLabels(['no session', ...nodeNames], labelLength);
  return {
    modes: uniqueLabels(
      modes.map(({ name }) => name),
      labelLength,
    ),
    nodes,
    noSession: noSession!,
  };
}

function connectedAgents(comparison: Comparison, labels: Labels): Chart {
  const lastMinute = comparison.durationUs / minuteUs;
  const domain = [...labels.nodes, labels.noSession];
  const panels = comparison.modes.map((mode, index): Json => {
    const { timeline } = mode;
    const reporting = timeline.disconnected.map((out, step) => comparison.agents - out - timeline.unaware[step]!);
    const lines = [...timeline.connectedByNode, timeline.disconnected, reporting];
    const kept = keptIndexes(lines, Math.max(1, comparison.agents) / 500);
    const minute = (step: number): number => round((step * timeline.stepUs) / minuteUs, 4);
    return {
      title: panelTitle(labels.modes[index]!, modeColour(index)),
      width: panelWidth,
      height: 130,
      layer: [
        {
          data: {
            values: [...timeline.connectedByNode, timeline.disconnected].flatMap((line, series) =>
              kept.map((step) => ({
                minute: minute(step),
                node: domain[series]!,
                order: series,
                agents: round(line[step]!, 2),
              })),
            ),
          },
          mark: { type: 'area', opacity: 0.9 },
          encoding: {
            x: timeAxis(lastMinute, index === comparison.modes.length - 1),
            y: {
              field: 'agents',
              type: 'quantitative',
              stack: 'zero',
              scale: { domain: [0, Math.max(1, comparison.agents)], nice: false },
              axis: { title: 'agents', tickCount: 4 },
            },
            color: {
              field: 'node',
              type: 'nominal',
              scale: { domain, range: [...labels.nodes.map((_, node) => nodeColour(node)), neutral.pale] },
              legend: { title: 'session on' },
            },
            order: { field: 'order', type: 'quantitative' },
          },
        },
        {
          data: { values: kept.map((step) => ({ minute: minute(step), agents: round(reporting[step]!, 2) })) },
          mark: { type: 'line', color: '#000000', strokeWidth: 1.5 },
          encoding: {
            x: { field: 'minute', type: 'quantitative' },
            y: { field: 'agents', type: 'quantitative' },
          },
        },
        ...faultLayers(comparison, lastMinute, panelWidth, false),
      ],
    };
  });
  return {
    name: 'connected-agents',
    spec: {
      ...head('Which node the agents have a session on', [
        'Black line: agents whose events reach a node that processes. Those above it are cut off, noticed or not.',
        ...faultKey(comparison, lastMinute),
        ...meansNote(comparison),
      ]),
      vconcat: panels,
      spacing: 16,
    },
  };
}

function events(comparison: Comparison, labels: Labels): Chart {
  const lastMinute = comparison.durationUs / minuteUs;
  const width = 330;
  const drawn = comparison.modes.map(({ timeline }) => {
    const perSecond = 1_000_000 / timeline.stepUs;
    const binned = (line: readonly number[], kind: string) =>
      rates(line, 180).map(({ fromIndex, toIndex, perStep }) => ({
        minute: round((((fromIndex + toIndex) / 2) * timeline.stepUs) / minuteUs, 4),
        kind,
        events: round(perStep * perSecond, 2),
      }));
    const highest = Math.max(...timeline.lost, ...timeline.waiting, 1);
    const kept = keptIndexes([timeline.lost, timeline.waiting], highest / 300);
    const counted = (line: readonly number[], kind: string) =>
      kept.map((step) => ({
        minute: round((step * timeline.stepUs) / minuteUs, 4),
        kind,
        events: round(line[step]!, 1),
      }));
    return {
      flow: [...binned(timeline.produced, 'produced'), ...binned(timeline.delivered, 'delivered')],
      stock: [...counted(timeline.lost, 'lost so far'), ...counted(timeline.waiting, 'waiting')],
      lost: timeline.lost.at(-1) ?? 0,
    };
  });
  const highestFlow = highestOf(drawn.map(({ flow }) => flow.map((point) => point.events)));
  const highestStock = highestOf(drawn.map(({ stock }) => stock.map((point) => point.events)));
  const kinds = ['produced', 'delivered', 'lost so far', 'waiting'];
  const panels = drawn.flatMap(({ flow, stock, lost }, index): Json[] => {
    const last = index === drawn.length - 1;
    const panel = (title: string, values: Json, highest: number, axisTitle: string, extra: readonly Json[]): Json => ({
      title: panelTitle(title, modeColour(index)),
      width,
      height: 120,
      layer: [
        ...faultLayers(comparison, lastMinute, width, true),
        {
          data: { values },
          mark: { type: 'line', color: modeColour(index), strokeWidth: 1.8 },
          encoding: {
            x: timeAxis(lastMinute, last),
            y: {
              field: 'events',
              type: 'quantitative',
              scale: { domain: [0, highest], nice: true },
              axis: { title: axisTitle, tickCount: 4 },
            },
            strokeDash: {
              field: 'kind',
              type: 'nominal',
              scale: {
                domain: kinds,
                range: [
                  [1, 3],
                  [1, 0],
                  [1, 0],
                  [5, 3],
                ],
              },
              legend: null,
            },
          },
        },
        ...extra,
      ],
    });
    return [
      panel(`${labels.modes[index]!}: per second`, flow, highestFlow * 1.05, 'events per second', []),
      panel(`${labels.modes[index]!}: lost and waiting`, stock, highestStock * 1.1, 'events', [
        {
          data: { values: [{ minute: lastMinute, events: lost, text: `${formatCount(lost)} lost` }] },
          mark: { type: 'text', align: 'right', baseline: 'bottom', dx: -3, dy: -3, fontSize: 11, color: neutral.ink },
          encoding: {
            x: { field: 'minute', type: 'quantitative' },
            y: { field: 'events', type: 'quantitative' },
            text: { field: 'text' },
          },
        },
      ]),
    ];
  });
  return {
    name: 'events',
    spec: {
      ...head('What becomes of the events', [
        'Left: produced (dotted) and delivered (solid). Right: lost so far (solid) and waiting in agents, on the wire or in nodes (dashed).',
        ...faultKey(comparison, lastMinute, width),
        ...meansNote(comparison),
      ]),
      concat: panels,
      columns: 2,
      spacing: { row: 18, column: 24 },
    },
  };
}

/** Ticks in seconds, one after the other from a hundredth of a second to ten days. */
const ticks = [
  0.01, 0.1, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 864_000,
];
const tickLabel =
  "datum.value < 60 ? datum.value + ' s' : datum.value < 7200 ? datum.value / 60 + ' min' : datum.value / 3600 + ' h'";

function reconnectTimes(comparison: Comparison, labels: Labels): Chart {
  const curves = comparison.modes.map((mode) => distribution(reconnectSeconds(mode), 200));
  const seconds = curves.flatMap((curve) => curve.map(({ value }) => value));
  const shortest = seconds.reduce((least, value) => Math.min(least, value), Infinity);
  const longest = seconds.reduce((most, value) => Math.max(most, value), 0);
  const from = ticks.findLast((tick) => tick <= Math.min(1, Math.max(shortest, 0.01))) ?? 0.01;
  const to = ticks.find((tick) => tick >= Math.max(60, longest * 1.05)) ?? longest * 1.05;
  const values = curves.flatMap((curve, index) => {
    const mode = labels.modes[index]!;
    if (curve.length === 0) return [];
    return [
      { mode, seconds: from, share: 0 },
      ...curve.map(({ value, share: part }) => ({
        mode,
        seconds: round(Math.max(value, from), 6),
        share: round(part, 5),
      })),
      { mode, seconds: to, share: round(curve.at(-1)!.share, 5) },
    ];
  });
  const ends = endLabels(comparison, labels);
  return {
    name: 'reconnect-times',
    spec: {
      ...head('How long an agent is away: share of outages that are over', [
        seconds.length === 0 && ends.length === 0
          ? 'No agent lost its session.'
          : `All outages of ${runs(comparison)}, from the break to the first handshake with a node that processes. Time on a logarithmic scale.`,
      ]),
      width: panelWidth,
      height: 260,
      layer: [
        {
          data: { values },
          mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2.2 },
          encoding: {
            x: {
              field: 'seconds',
              type: 'quantitative',
              scale: { type: 'log', domain: [from, to], nice: false },
              axis: {
                title: 'time since the session broke',
                values: ticks.filter((tick) => tick >= from && tick <= to),
                labelExpr: tickLabel,
                labelOverlap: false,
              },
            },
            y: {
              field: 'share',
              type: 'quantitative',
              scale: { domain: [0, 1] },
              axis: {
                title: 'share of outages that are over',
                labelExpr: "round(datum.value * 100) + ' %'",
                tickCount: 5,
              },
            },
            color: {
              field: 'mode',
              type: 'nominal',
              scale: { domain: labels.modes, range: labels.modes.map((_, index) => modeColour(index)) },
              legend: { title: 'mode', orient: 'bottom', columns: 4, symbolType: 'stroke', symbolStrokeWidth: 3 },
            },
          },
        },
        {
          data: { values: ends.map(({ mode, at, text }) => ({ mode, seconds: to, share: round(at, 4), text })) },
          mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, fontSize: 11 },
          encoding: {
            x: { field: 'seconds', type: 'quantitative' },
            y: { field: 'share', type: 'quantitative' },
            text: { field: 'text' },
            color: { field: 'mode', type: 'nominal' },
          },
        },
      ],
    },
  };
}

/** Time away of every outage of a mode, all replications; Infinity: not back. */
function reconnectSeconds(mode: ModeResult): number[] {
  return mode.reconnects.map(({ totalUs }) => (totalUs === null ? Infinity : totalUs / 1_000_000));
}

/** `3.1 % not back` at the right end of a curve that ends below the top; moved down where two would meet. */
function endLabels(comparison: Comparison, labels: Labels): { mode: string; at: number; text: string }[] {
  const found = comparison.modes.flatMap((mode, index) => {
    const unfinished = mode.reconnects.filter(({ end }) => end === 'unfinished').length;
    if (unfinished === 0) return [];
    const part = unfinished / mode.reconnects.length;
    return [{ mode: labels.modes[index]!, at: 1 - part, text: `${formatShare(part)} not back` }];
  });
  found.sort((a, b) => b.at - a.at);
  let ceiling = Infinity;
  for (const label of found) {
    label.at = Math.min(label.at, ceiling);
    ceiling = label.at - 0.055;
  }
  const lowest = found.at(-1)?.at ?? 0;
  if (lowest < 0) for (const label of found) label.at -= lowest;
  return found;
}

function lossByCause(comparison: Comparison, labels: Labels): Chart {
  const worst = new Map<string, number>();
  for (const mode of comparison.modes) {
    for (const { cause, estimate } of mode.lossByCause) {
      const words = causeWords[cause];
      worst.set(words, Math.max(worst.get(words) ?? 0, estimate.mean ?? 0));
    }
  }
  const causes = [...worst].sort(([a, most], [b, other]) => other - most || (a < b ? -1 : 1)).map(([words]) => words);
  const values = comparison.modes.flatMap((mode, index) =>
    causes.map((cause) => {
      const estimate = mode.lossByCause.find((entry) => causeWords[entry.cause] === cause)?.estimate;
      const mean = estimate?.mean ?? 0;
      const half = estimate?.halfWidth ?? 0;
      return {
        cause,
        mode: labels.modes[index]!,
        events: round(mean, 2),
        low: round(Math.max(0, mean - half), 2),
        high: round(mean + half, 2),
        text: formatCount(mean),
      };
    }),
  );
  const highest = highestOf([values.map(({ high }) => high)]);
  const y: Json = {
    field: 'cause',
    type: 'nominal',
    sort: causes,
    scale: { domain: causes.length > 0 ? causes : ['no loss'], paddingInner: 0.25 },
    axis: { title: null, ticks: false, labelPadding: 8 },
  };
  const yOffset: Json = { field: 'mode', type: 'nominal', sort: labels.modes, scale: { domain: labels.modes } };
  return {
    name: 'loss-by-cause',
    spec: {
      ...head('How the events are lost', [
        causes.length === 0
          ? `No event was lost in ${runs(comparison)}.`
          : comparison.replications > 1
            ? `Mean over ${runs(comparison)}; the thin line is the 95 % interval of the mean.`
            : 'One run.',
      ]),
      data: { values },
      width: panelWidth - 120,
      height: { step: 17 },
      layer: [
        {
          mark: { type: 'bar' },
          encoding: {
            y,
            yOffset,
            x: {
              field: 'events',
              type: 'quantitative',
              scale: { domain: [0, highest * 1.15], nice: false },
              axis: { title: 'events lost', tickCount: 6 },
            },
            color: {
              field: 'mode',
              type: 'nominal',
              scale: { domain: labels.modes, range: labels.modes.map((_, index) => modeColour(index)) },
              legend: { title: 'mode', orient: 'bottom', columns: 4 },
            },
          },
        },
        {
          mark: { type: 'rule', color: '#000000', strokeWidth: 1 },
          encoding: {
            y,
            yOffset,
            x: { field: 'low', type: 'quantitative' },
            x2: { field: 'high' },
          },
        },
        {
          mark: { type: 'text', align: 'left', baseline: 'middle', dx: 5, fontSize: 10 },
          encoding: {
            y,
            yOffset,
            x: { field: 'high', type: 'quantitative' },
            color: { field: 'mode', type: 'nominal' },
            text: { field: 'text' },
          },
        },
      ],
    },
  };
}

const periods = [
  { key: 'before', title: 'before the first fault' },
  { key: 'during', title: 'during the faults' },
  { key: 'after', title: 'at the end' },
] as const;

function nodeLoad(comparison: Comparison, labels: Labels, of: 'agents' | 'eventsPerSecond'): Chart {
  const axisTitle = of === 'agents' ? 'agents' : 'events per second';
  const highest = highestOf(
    comparison.modes.map(({ nodes }) => nodes.flatMap((node) => periods.map(({ key }) => node[of][key]))),
  );
  // Without a fault there is nothing between a first start and a last end.
  const shown = comparison.faults.length > 0 ? periods : periods.filter(({ key }) => key !== 'during');
  const panels = comparison.modes.flatMap((mode, row) => {
    const last = row === comparison.modes.length - 1;
    return shown.map(({ key, title }, column): Json => {
      const values = mode.nodes.map((node) => ({
        node: labels.nodes[comparison.nodeNames.indexOf(node.node)] ?? printable(node.node),
        value: round(node[of][key], 2),
        text: formatCount(Math.round(node[of][key])),
      }));
      const mean = values.reduce((sum, { value }) => sum + value, 0) / Math.max(1, values.length);
      const y: Json = {
        field: 'node',
        type: 'nominal',
        sort: labels.nodes,
        scale: { domain: labels.nodes },
        axis: column === 0 ? { title: null, ticks: false, labelPadding: 6 } : null,
      };
      return {
        title: { ...panelTitle(column === 0 ? labels.modes[row]! : ' ', modeColour(row)), subtitle: title },
        width: 190,
        height: { step: 18 },
        data: { values },
        layer: [
          {
            mark: { type: 'bar' },
            encoding: {
              y,
              x: {
                field: 'value',
                type: 'quantitative',
                scale: { domain: [0, highest * 1.25], nice: false },
                axis: { title: last ? axisTitle : null, tickCount: 4, labels: last },
              },
              color: {
                field: 'node',
                type: 'nominal',
                scale: { domain: labels.nodes, range: labels.nodes.map((_, node) => nodeColour(node)) },
                legend: null,
              },
            },
          },
          {
            data: { values: [{ value: round(mean, 2) }] },
            mark: { type: 'rule', strokeDash: [3, 3], color: neutral.ink },
            encoding: { x: { field: 'value', type: 'quantitative' } },
          },
          {
            mark: { type: 'text', align: 'left', baseline: 'middle', dx: 4, fontSize: 10, color: neutral.ink },
            encoding: { y, x: { field: 'value', type: 'quantitative' }, text: { field: 'text' } },
          },
        ],
      };
    });
  });
  return {
    name: of === 'agents' ? 'load-agents' : 'load-events',
    spec: {
      ...head(of === 'agents' ? 'How the agents are spread over the nodes' : 'How the load is spread over the nodes', [
        'Before and during: time means. At the end: the last instant. Dashed: an equal share for every node, up or down.',
        ...meansNote(comparison),
      ]),
      concat: panels,
      columns: shown.length,
      spacing: { row: 22, column: 18 },
    },
  };
}

// Parts that charts share.

function head(title: string, notes: readonly string[]): Record<string, Json> {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: title,
      subtitle: notes.flatMap((note) => wrap(note, 122)),
      anchor: 'start',
      offset: 14,
      fontSize: 15,
      subtitleFontSize: 11,
      subtitleColor: '#555555',
      subtitlePadding: 5,
    },
    padding: { left: 12, top: 12, right: 20, bottom: 12 },
    background: '#ffffff',
    config: {
      aria: false,
      font: 'sans-serif',
      locale: { number: { decimal: '.', thousands: ',', grouping: [3], currency: ['', ''] } },
      view: { stroke: '#cccccc' },
      title: { limit: 0 },
      axis: {
        gridColor: neutral.grid,
        domainColor: neutral.grey,
        tickColor: neutral.grey,
        labelColor: neutral.ink,
        titleColor: neutral.ink,
        titleFontWeight: 'normal',
        labelFontSize: 11,
        titleFontSize: 11,
        labelLimit: 0,
        titleLimit: 0,
      },
      legend: { labelFontSize: 11, titleFontSize: 11, titleFontWeight: 'normal', labelLimit: 0, titleLimit: 0 },
    },
  };
}

function panelTitle(text: string, color: string): Readonly<Record<string, Json>> {
  return { text, color, anchor: 'start', fontSize: 12, offset: 5, subtitleFontSize: 11, subtitlePadding: 2 };
}

function timeAxis(lastMinute: number, titled: boolean): Json {
  return {
    field: 'minute',
    type: 'quantitative',
    scale: { domain: [0, lastMinute], nice: false },
    axis: { title: titled ? timeTitle : null, tickCount: 7, grid: false },
  };
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function spans({ faults }: Comparison, lastMinute: number): Span[] {
  return faults
    .map(({ startUs, endUs, text }) => ({
      from: round(Math.max(0, startUs / minuteUs), 4),
      to: round(Math.min(lastMinute, endUs / minuteUs), 4),
      text: shortFault(text),
    }))
    .filter(({ from, to }) => from <= lastMinute && to >= 0);
}

function shortFault(text: string): string {
  return uniqueLabels([text], 40)[0]!;
}

/** True when the texts of all faults fit above a panel without touching: about 6 px a character. */
function textsFit(all: readonly Span[], lastMinute: number, width: number): boolean {
  const pixel = (minute: number): number => (minute / lastMinute) * width;
  const ordered = [...all].sort((a, b) => a.from - b.from);
  return ordered.every(({ from, text }, index) => {
    const end = pixel(from) + text.length * 6 + 8;
    const next = ordered[index + 1];
    return end <= (next ? pixel(next.from) : width + 20);
  });
}

/**
 * A bar above the panel as long as the fault, with what happens there (in words, or as a number that `faultKey` explains),
 * and lines where it begins and ends. `shaded` greys the span in the panel as well: not where areas carry colours.
 */
function faultLayers(comparison: Comparison, lastMinute: number, width: number, shaded: boolean): Json[] {
  const all = spans(comparison, lastMinute);
  if (all.length === 0) return [];
  const words = textsFit(all, lastMinute, width);
  const values = all.map(({ from, to, text }, index) => ({ from, to, text: words ? text : String(index + 1) }));
  const minutes = [...new Set(all.flatMap(({ from, to }) => (to < lastMinute ? [from, to] : [from])))];
  const span: Json = { x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' } };
  const shade: Json = { data: { values }, mark: { type: 'rect', color: '#000000', opacity: 0.08 }, encoding: span };
  return [
    ...(shaded ? [shade] : []),
    {
      data: { values },
      mark: { type: 'rect', color: neutral.ink, opacity: 0.6 },
      encoding: { ...span, y: { value: -5 }, y2: { value: -1 } },
    },
    {
      data: { values: minutes.map((minute) => ({ minute })) },
      mark: { type: 'rule', color: neutral.ink, strokeWidth: 1, strokeDash: [4, 2] },
      encoding: { x: { field: 'minute', type: 'quantitative' } },
    },
    {
      data: { values },
      mark: { type: 'text', align: 'left', baseline: 'bottom', fontSize: 10, color: neutral.ink },
      encoding: { x: { field: 'from', type: 'quantitative' }, y: { value: -6 }, text: { field: 'text' } },
    },
  ];
}

/** The list behind the numbers, when the texts of the faults do not fit above the panels. */
function faultKey(comparison: Comparison, lastMinute: number, width = panelWidth): string[] {
  const all = spans(comparison, lastMinute);
  if (all.length === 0 || textsFit(all, lastMinute, width)) return [];
  const shown = all.slice(0, 9).map(({ text }, index) => `${index + 1} ${text}`);
  return [`Faults: ${shown.join(', ')}${all.length > 9 ? `, and ${all.length - 9} more` : ''}.`];
}

function meansNote(comparison: Comparison): string[] {
  return comparison.replications > 1 ? [`Means over ${runs(comparison)}.`] : [];
}

function runs({ replications }: Comparison): string {
  return replications === 1 ? 'one run' : `${formatCount(replications)} runs`;
}

function highestOf(lists: readonly (readonly number[])[]): number {
  let highest = 0;
  for (const list of lists) for (const value of list) if (value > highest) highest = value;
  return highest > 0 ? highest : 10;
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
