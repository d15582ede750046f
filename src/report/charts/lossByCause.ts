// How the events are lost, mode beside mode.
import { formatCount } from '../../kernel/units.ts';
import type { Comparison } from '../../metrics/comparison.ts';
import { modeInk } from '../palette.ts';
import { causeWords } from '../words.ts';
import {
  chartWidth,
  faultList,
  frame,
  highestOf,
  modeColours,
  modeLegend,
  round,
  runs,
  type Json,
  type Labels,
  type Spec,
} from './shared.ts';

const width = 480;
/** Beyond this factor between the largest and the smallest loss bars of equal scale would hide the smaller ones. */
const linearUpTo = 50;

export function lossByCause(comparison: Comparison, labels: Labels): Spec {
  const worst = new Map<string, number>();
  for (const mode of comparison.modes) {
    for (const { cause, estimate } of mode.lossByCause) {
      const words = causeWords[cause];
      worst.set(words, Math.max(worst.get(words) ?? 0, estimate.mean ?? 0));
    }
  }
  const causes = [...worst].sort(([a, most], [b, other]) => other - most || (a < b ? -1 : 1)).map(([words]) => words);
  const amounts = comparison.modes.flatMap((mode, index) =>
    causes.map((cause) => {
      const estimate = mode.lossByCause.find((entry) => causeWords[entry.cause] === cause)?.estimate;
      return {
        cause,
        mode: labels.modes[index]!,
        ink: modeInk(index),
        mean: estimate?.mean ?? 0,
        half: estimate?.halfWidth ?? 0,
      };
    }),
  );
  const least = Math.min(...amounts.map(({ mean }) => mean).filter((mean) => mean > 0));
  const most = highestOf([amounts.map(({ mean, half }) => mean + half)]);
  const logarithmic = most > linearUpTo * least;
  const [from, to] = logarithmic ? [powerBelow(least), most * 10] : [0, most * 1.2];
  const values = amounts.map(({ cause, mode, ink, mean, half }) => ({
    cause,
    mode,
    ink,
    from,
    events: round(Math.max(from, mean), 4),
    low: round(Math.max(from, mean - half), 4),
    high: round(Math.max(from, mean + half), 4),
    text: mean === 0 ? 'none' : formatCount(mean),
  }));
  const y: Json = {
    field: 'cause',
    type: 'nominal',
    sort: causes,
    scale: { domain: causes.length > 0 ? causes : ['no loss'], paddingInner: 0.25 },
    axis: { title: null, ticks: false, labelPadding: 8 },
  };
  const yOffset: Json = { field: 'mode', type: 'nominal', sort: labels.modes, scale: { domain: labels.modes } };
  return {
    ...frame('How the events are lost', [
      causes.length === 0
        ? `No event was lost in ${runs(comparison)}.`
        : comparison.replications > 1
          ? `Mean over ${runs(comparison)}; the thin line is the 95 % interval of the mean.`
          : 'One run.',
      ...(logarithmic ? ['Logarithmic scale: from one line of the grid to the next it is ten times as many.'] : []),
      ...faultList(comparison),
    ]),
    data: { values },
    width,
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
            scale: { type: logarithmic ? 'log' : 'linear', domain: [from, to], nice: false },
            axis: {
              title: 'events lost',
              ...(logarithmic ? { values: powersOfTen(from, to), format: ',' } : { tickCount: 6 }),
            },
          },
          x2: { field: 'from' },
          color: {
            field: 'mode',
            type: 'nominal',
            scale: modeColours(labels),
            legend: modeLegend(labels, chartWidth),
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
          color: { field: 'ink', type: 'nominal', scale: null },
          text: { field: 'text' },
        },
      },
    ],
  };
}

/** The last power of ten clearly below a positive number, so that its bar has a length. */
function powerBelow(value: number): number {
  let power = 1;
  while (power * 1.5 > value) power /= 10;
  while (power * 15 <= value) power *= 10;
  return round(power, 6);
}

function powersOfTen(from: number, to: number): number[] {
  const powers: number[] = [];
  for (let power = from; power <= to; power *= 10) powers.push(round(power, 6));
  return powers;
}
