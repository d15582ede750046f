// What becomes of the events, over time.
import { formatCount } from '../../kernel/units.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import { modeColour, modeInk, neutral } from '../palette.ts';
import { keptIndexes, rates } from '../series.ts';
import {
  faultKey,
  faultLayers,
  frame,
  highestOf,
  meansNote,
  panelTitle,
  round,
  timeAxis,
  timeOf,
  type Json,
  type Labels,
  type Spec,
} from './shared.ts';

const width = 330;
/** Modes share a scale unless the largest needs one this many times as long as the smallest: that one would be a flat line. */
const sharedUpTo = 3;

const dashes = [
  { kind: 'produced', dash: [1, 3] },
  { kind: 'delivered', dash: [1, 0] },
  { kind: 'lost so far', dash: [1, 0] },
  { kind: 'waiting', dash: [5, 3] },
];

export function events(comparison: Comparison, labels: Labels): Spec {
  const time = timeOf(comparison);
  const drawn = comparison.modes.map(({ timeline }) => {
    // Without the end of the clock: there the books are closed, and what a node has received but not flushed counts as waiting.
    const instants = timeline.produced.length;
    const until = instants > 1 && (instants - 1) * timeline.stepUs === comparison.durationUs ? instants - 1 : instants;
    const perSecond = 1_000_000 / timeline.stepUs;
    const at = (step: number): number => round((step * timeline.stepUs) / time.unitUs, 4);
    const flow = [
      { kind: 'produced', line: timeline.produced },
      { kind: 'delivered', line: timeline.delivered },
    ].flatMap(({ kind, line }) =>
      rates(line.slice(0, until), 180).map(({ fromIndex, toIndex, perStep }) => ({
        time: at((fromIndex + toIndex) / 2),
        kind,
        // What a node dropped later is taken from what it had received.
        events: round(Math.max(0, perStep * perSecond), 2),
      })),
    );
    const lost = timeline.lost.slice(0, until);
    const waiting = timeline.waiting.slice(0, until);
    const kept = keptIndexes([lost, waiting], highestOf([lost, waiting]) / 300);
    const stock = [
      { kind: 'lost so far', line: lost },
      { kind: 'waiting', line: waiting },
    ].flatMap(({ kind, line }) => kept.map((step) => ({ time: at(step), kind, events: round(line[step]!, 1) })));
    return { flow, stock, lost: timeline.lost.at(-1) ?? 0, end: at(until - 1) };
  });
  const flowScales = scales(drawn.map(({ flow }) => flow.map((point) => point.events)));
  const stockScales = scales(drawn.map(({ stock }) => stock.map((point) => point.events)));
  const own = [flowScales.own ? 'Left' : '', stockScales.own ? 'right' : ''].filter((side) => side !== '');
  const panels = drawn.flatMap(({ flow, stock, lost, end }, index): Json[] => {
    const panel = (title: string, values: Json, highest: number, axisTitle: string, extra: readonly Json[]): Json => ({
      title: panelTitle(title, modeInk(index)),
      width,
      height: 120,
      layer: [
        ...faultLayers(comparison, time, width, true),
        {
          data: { values },
          mark: { type: 'line', color: modeColour(index), strokeWidth: 1.8 },
          encoding: {
            x: timeAxis(time, index === drawn.length - 1),
            y: {
              field: 'events',
              type: 'quantitative',
              scale: { domain: [0, highest], nice: true },
              // As wide for every mode, so that the panels stand below each other.
              axis: { title: axisTitle, tickCount: 4, minExtent: 62 },
            },
            strokeDash: {
              field: 'kind',
              type: 'nominal',
              scale: { domain: dashes.map(({ kind }) => kind), range: dashes.map(({ dash }) => dash) },
              legend: null,
            },
          },
        },
        ...extra,
      ],
    });
    const total: Json = {
      data: { values: [{ time: end, events: lost, text: `${formatCount(lost)} lost` }] },
      mark: { type: 'text', align: 'right', baseline: 'bottom', dx: -3, dy: -3, fontSize: 11, color: neutral.ink },
      encoding: {
        x: { field: 'time', type: 'quantitative' },
        y: { field: 'events', type: 'quantitative' },
        text: { field: 'text' },
      },
    };
    return [
      panel(`${labels.modes[index]!}: per second`, flow, flowScales.highest[index]! * 1.05, 'events per second', []),
      panel(`${labels.modes[index]!}: lost and waiting`, stock, stockScales.highest[index]! * 1.15, 'events', [total]),
    ];
  });
  return {
    ...frame('What becomes of the events', [
      'Left: produced (dotted) and delivered (solid). Right: lost so far (solid) and waiting in agents, on the wire or in nodes (dashed).',
      ...(own.length > 0 ? [`${capital(own.join(' and '))}, each mode has a scale of its own.`] : []),
      ...faultKey(comparison, time, width),
      ...meansNote(comparison),
    ]),
    concat: panels,
    columns: 2,
    spacing: { row: 18, column: 24 },
  };
}

/** How far the axis of each mode goes. */
function scales(lists: readonly (readonly number[])[]): { readonly highest: readonly number[]; readonly own: boolean } {
  const each = lists.map((list) => highestOf([list]));
  const most = Math.max(...each);
  const own = most > sharedUpTo * Math.min(...each);
  return { highest: own ? each : each.map(() => most), own };
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
