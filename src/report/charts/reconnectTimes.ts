// How long agents are away: the distribution of a mode as a curve.
import { formatShare } from '../../kernel/units.ts';
import type { Comparison, ModeResult } from '../../metrics/comparison.ts';
import { modeInk } from '../palette.ts';
import { distribution } from '../series.ts';
import { textWidth } from '../textWidth.ts';
import { faultList, frame, modeColours, modeLegend, round, runs, type Labels, type Spec } from './shared.ts';

const width = 600;

/** Ticks in seconds that people count time by, from a millisecond to a hundred days. */
const ticks = [
  0.001, 0.01, 0.1, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 172_800,
  864_000, 8_640_000,
];

function tickText(seconds: number): string {
  if (seconds < 1) return `${round(seconds * 1_000, 0)} ms`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${seconds / 60} min`;
  return seconds < 86_400 ? `${seconds / 3_600} h` : `${seconds / 86_400} d`;
}

export function reconnectTimes(comparison: Comparison, labels: Labels): Spec {
  const curves = comparison.modes.map((mode) => distribution(reconnectSeconds(mode), 200));
  const seconds = curves.flatMap((curve) => curve.map(({ value }) => value));
  const shortest = seconds.reduce((least, value) => Math.min(least, value), Infinity);
  const longest = seconds.reduce((most, value) => Math.max(most, value), 0);
  const from = ticks.findLast((tick) => tick < shortest * 0.9 && tick <= 10) ?? ticks[0]!;
  const to = ticks.find((tick) => tick >= Math.max(60, longest * 1.05)) ?? longest * 1.05;
  const values = curves.flatMap((curve, index) => {
    const mode = labels.modes[index]!;
    // Curves that lie on each other stay visible: the later, the thinner.
    const lineWidth = 1.8 + Math.min(curves.length - 1 - index, 3) * 1.2;
    const [first] = curve;
    if (!first) return [];
    const { share: last } = curve.at(-1)!;
    return [
      { mode, width: lineWidth, seconds: round(Math.max(first.value, from), 6), share: 0 },
      ...curve.map(({ value, share }) => ({
        mode,
        width: lineWidth,
        seconds: round(Math.max(value, from), 6),
        share: round(share, 5),
      })),
      // Those that are not back keep the curve below the top to the end.
      ...(last < 1 ? [{ mode, width: lineWidth, seconds: to, share: round(last, 5) }] : []),
    ];
  });
  const ends = endLabels(comparison);
  const shown = visibleTicks(from, to);
  return {
    ...frame('How long an agent is away: share of outages that are over', [
      seconds.length === 0 && ends.length === 0
        ? 'No agent lost its session.'
        : `All outages of ${runs(comparison)}, from the break to the first handshake with a node that processes, or until the old session is processed again. Time on a logarithmic scale.`,
      ...untouched(comparison, labels),
      ...faultList(comparison),
    ]),
    width,
    height: 260,
    layer: [
      {
        data: { values },
        mark: { type: 'line', interpolate: 'step-after' },
        encoding: {
          x: {
            field: 'seconds',
            type: 'quantitative',
            scale: { type: 'log', domain: [from, to], nice: false },
            axis: {
              title: 'time since the session broke',
              values: shown,
              labelExpr: `{${shown.map((tick) => `'${tick}': '${tickText(tick)}'`).join(', ')}}[datum.value]`,
              labelOverlap: false,
              labelFlush: false,
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
            scale: modeColours(labels),
            legend: { ...modeLegend(labels, width), symbolType: 'stroke', symbolStrokeWidth: 3 },
          },
          strokeWidth: { field: 'width', type: 'quantitative', scale: null },
        },
      },
      {
        data: { values: ends.map(({ ink, at, text }) => ({ ink, seconds: to, share: round(at, 4), text })) },
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, fontSize: 11 },
        encoding: {
          x: { field: 'seconds', type: 'quantitative' },
          y: { field: 'share', type: 'quantitative' },
          text: { field: 'text' },
          color: { field: 'ink', type: 'nominal', scale: null },
        },
      },
    ],
  };
}

/** The modes that have no curve. */
function untouched({ modes }: Comparison, labels: Labels): string[] {
  const none = labels.modes.filter((_, index) => modes[index]!.reconnects.length === 0);
  return none.length === 0 || none.length === modes.length ? [] : [`No agent lost its session: ${none.join(', ')}.`];
}

/** Those whose texts do not touch on the logarithmic scale: the first, the last, and from the right what fits between. */
function visibleTicks(from: number, to: number): number[] {
  const within = ticks.filter((tick) => tick >= from && tick <= to);
  const place = (tick: number): number => (Math.log(tick / from) / Math.log(to / from)) * width;
  const half = (tick: number): number => textWidth({ fontSize: 11 }, tickText(tick)) / 2 + 4;
  const kept: number[] = [];
  for (const tick of within.toReversed()) {
    const next = kept[0];
    if (next === undefined || place(next) - half(next) >= place(tick) + half(tick)) kept.unshift(tick);
  }
  return kept;
}

/** Time away of every outage of a mode, all replications; Infinity: not back. */
function reconnectSeconds(mode: ModeResult): number[] {
  return mode.reconnects.map(({ totalUs }) => (totalUs === null ? Infinity : totalUs / 1_000_000));
}

/** `3.1 % not back` at the right end of a curve that ends below the top; moved down where two would meet. */
function endLabels(comparison: Comparison): { readonly ink: string; at: number; readonly text: string }[] {
  const found = comparison.modes.flatMap((mode, index) => {
    const unfinished = mode.reconnects.filter(({ end }) => end === 'unfinished').length;
    if (unfinished === 0) return [];
    const part = unfinished / mode.reconnects.length;
    return [{ ink: modeInk(index), at: 1 - part, text: `${formatShare(part)} not back` }];
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
