// What the charts have in common: their frame, names and colours, the time axis, the marks of the faults.
import { formatCount } from '../../kernel/units.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import { uniqueLabels } from '../escape.ts';
import { modeColour, neutral, nodeColour } from '../palette.ts';
import { textWidth } from '../textWidth.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Spec = Readonly<Record<string, Json>>;

/** Width of a chart with one panel, and of all its panels where it has several. */
export const chartWidth = 720;
const labelLength = 28;

/** Short names for a picture: printable, and no two alike. */
export interface Labels {
  readonly modes: readonly string[];
  readonly nodes: readonly string[];
  /** A legend entry that no node's name can take. */
  readonly noSession: string;
}

export function labelsOf({ modes, nodeNames }: Comparison): Labels {
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

/** Title, notes below it, and the looks of everything. */
export function frame(title: string, notes: readonly string[]): Record<string, Json> {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: title,
      subtitle: notes.flatMap((note) => wrap(note, chartWidth)),
      anchor: 'start',
      offset: 14,
      fontSize: 15,
      subtitleFontSize: noteSize,
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

const noteSize = 11;

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth({ fontSize: noteSize }, longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

export function panelTitle(text: string, color: string): Readonly<Record<string, Json>> {
  return { text, color, anchor: 'start', fontSize: 12, offset: 5, subtitleFontSize: 11, subtitlePadding: 2 };
}

/** The scale that gives every mode its colour. */
export function modeColours({ modes }: Labels): Json {
  return { domain: modes, range: modes.map((_, index) => modeColour(index)) };
}

/** The scale that gives every node its colour; @param more entries behind the nodes. */
export function nodeColours(
  { nodes }: Labels,
  more: readonly { readonly name: string; readonly colour: string }[],
): Json {
  return {
    domain: [...nodes, ...more.map(({ name }) => name)],
    range: [...nodes.map((_, index) => nodeColour(index)), ...more.map(({ colour }) => colour)],
  };
}

/** A legend of the modes below the picture, in as many columns as fit. */
export function modeLegend({ modes }: Labels, width: number): Readonly<Record<string, Json>> {
  const widest = Math.max(...modes.map((name) => textWidth({ fontSize: 11 }, name)));
  return { title: 'mode', orient: 'bottom', columns: Math.max(1, Math.floor(width / (widest + 35))) };
}

/** The stretch of time a picture shows, and in which unit. */
export interface Time {
  readonly unitUs: number;
  readonly title: string;
  /** In the unit. */
  readonly last: number;
}

const timeUnits = [
  { unitUs: 1_000_000, name: 'seconds', upToUs: 180e6 },
  { unitUs: 60_000_000, name: 'minutes', upToUs: 6 * 3_600e6 },
  { unitUs: 3_600_000_000, name: 'hours', upToUs: Infinity },
] as const;

/** As far as the longest time line goes. */
export function timeOf({ modes, durationUs }: Comparison): Time {
  const ends = modes.map(({ timeline }) => (timeline.produced.length - 1) * timeline.stepUs);
  const lastUs = Math.max(1, Math.min(durationUs, Math.max(...ends)));
  const { unitUs, name } = timeUnits.find(({ upToUs }) => lastUs <= upToUs)!;
  return { unitUs, title: `${name} since the end of the warm-up`, last: round(lastUs / unitUs, 4) };
}

export function timeAxis({ last, title }: Time, titled: boolean): Json {
  return {
    field: 'time',
    type: 'quantitative',
    scale: { domain: [0, last], nice: false },
    axis: { title: titled ? title : null, tickCount: 7, grid: false },
  };
}

/** A fault as a span of the time axis; `at` is where its text begins. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly at: number;
}

const faultSize = 10;
const faultTextLength = 70;
const listedTextLength = 200;
const mostListed = 9;

/** Spans of the faults with their texts, or with numbers where the texts would touch each other above a panel. */
function spans({ faults }: Comparison, time: Time, width: number): { readonly all: Span[]; readonly inWords: boolean } {
  const all = faults
    .map(({ startUs, endUs, text }) => ({
      from: round(Math.max(0, startUs / time.unitUs), 4),
      to: round(Math.min(time.last, endUs / time.unitUs), 4),
      text: uniqueLabels([text], faultTextLength)[0]!,
    }))
    .filter(({ from, to }) => from <= time.last && to >= 0)
    .sort((a, b) => a.from - b.from);
  // From the right: a text begins where its fault does, or as far to the left as it takes to fit.
  const starts: number[] = [];
  let limit = width;
  for (const { from, text } of all.toReversed()) {
    const start = Math.min((from / time.last) * width, limit - textWidth({ fontSize: faultSize }, text));
    starts.unshift(start);
    limit = start - 10;
  }
  const inWords = starts.every((start) => start >= 0) && faults.every(({ text }) => text.length <= faultTextLength);
  return {
    inWords,
    all: all.map((span, index) => ({
      ...span,
      text: inWords ? span.text : String(index + 1),
      at: inWords ? round((starts[index]! / width) * time.last, 4) : span.from,
    })),
  };
}

/**
 * A bar above the panel as long as the fault, with what happens there (in words, or as a number that `faultKey` explains),
 * and lines where it begins and ends. `shaded` greys the span in the panel as well: not where areas carry colours.
 */
export function faultLayers(comparison: Comparison, time: Time, width: number, shaded: boolean): Json[] {
  const { all } = spans(comparison, time, width);
  if (all.length === 0) return [];
  const values: Json = all.map(({ from, to, text, at }) => ({ from, to, text, at }));
  const edges = [...new Set(all.flatMap(({ from, to }) => (to < time.last ? [from, to] : [from])))];
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
      data: { values: edges.map((edge) => ({ time: edge })) },
      mark: { type: 'rule', color: neutral.ink, strokeWidth: 1, strokeDash: [4, 2] },
      encoding: { x: { field: 'time', type: 'quantitative' } },
    },
    {
      data: { values },
      mark: { type: 'text', align: 'left', baseline: 'bottom', fontSize: faultSize, color: neutral.ink },
      encoding: { x: { field: 'at', type: 'quantitative' }, y: { value: -6 }, text: { field: 'text' } },
    },
  ];
}

/** What the numbers above the panels stand for, when the texts of the faults do not fit there. */
export function faultKey(comparison: Comparison, time: Time, width: number): string[] {
  const { all, inWords } = spans(comparison, time, width);
  return all.length === 0 || inWords ? [] : [listed(comparison, true)];
}

/** The faults in words, for pictures without a time axis. */
export function faultList(comparison: Comparison): string[] {
  return comparison.faults.length === 0 ? [] : [listed(comparison, comparison.faults.length > 1)];
}

function listed({ faults }: Comparison, numbered: boolean): string {
  const texts = [...faults]
    .sort((a, b) => a.startUs - b.startUs)
    .map(({ text }) => uniqueLabels([text], listedTextLength)[0]!)
    .map((text, index, { length }) => (numbered && length > 1 ? `${index + 1} ${text}` : text));
  const [only] = texts;
  if (numbered && texts.length === 1) return `Fault 1: ${only!}.`;
  const more = texts.length > mostListed ? `, and ${texts.length - mostListed} more` : '';
  return `${texts.length > 1 ? 'Faults' : 'Fault'}: ${texts.slice(0, mostListed).join(', ')}${more}.`;
}

export function meansNote(comparison: Comparison): string[] {
  return comparison.replications > 1 ? [`Means over ${runs(comparison)}.`] : [];
}

export function runs({ replications }: Comparison): string {
  return replications === 1 ? 'one run' : `${formatCount(replications)} runs`;
}

/** Largest of all numbers; 10 where there is none above zero, so that an axis has a length. */
export function highestOf(lists: readonly (readonly number[])[]): number {
  let highest = 0;
  for (const list of lists) for (const value of list) if (value > highest) highest = value;
  return highest > 0 ? highest : 10;
}

export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
