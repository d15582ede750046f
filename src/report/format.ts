// Estimates and differences as people read them, on top of the units every room writes. No locale: the same text everywhere.
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import type { Estimate, Unit } from '../metrics/comparison.ts';

/** Stands for "this run says nothing about it". */
export const nothing = '–';

/** `1.02`, `3.00`: largest load over mean load. */
export function formatRatio(value: number): string {
  if (value === Infinity) return '∞';
  return value < 0 ? `−${formatRatio(-value)}` : value.toFixed(2);
}

/** A value in the unit of its metric. */
export function quantity(value: number, unit: Unit): string {
  switch (unit) {
    case 'us':
      return formatDuration(value);
    case 'share':
      return formatShare(value);
    case 'ratio':
      return formatRatio(value);
    case 'perSecond':
      return `${formatCount(value)}/s`;
    case 'events':
    case 'agents':
    case 'count':
      return formatCount(value);
    default:
      return unit satisfies never;
  }
}

/** As `quantity`, with its sign written for a difference: `+40.0 s`, `−3.1 points`. */
export function difference(value: number, unit: Unit): string {
  const amount = Math.abs(value);
  const text = differenceAmount(amount, unit);
  if (amount === 0) return text;
  return `${value > 0 ? '+' : '−'}${text}`;
}

function differenceAmount(amount: number, unit: Unit): string {
  return unit === 'share' ? formatShare(amount).replace('%', 'points') : quantity(amount, unit);
}

/**
 * Mean over the replications with half of its 95 % interval: `51.2 s ± 0.4 s`; without it where it is below a thousandth of the
 * mean. Where some replications never finish it says in how many.
 */
export function estimateText(estimate: Estimate, unit: Unit): string {
  const { mean } = estimate;
  if (mean === null || Number.isNaN(mean)) return nothing;
  if (mean === Infinity) {
    const { unfinished, said } = unfinishedOf(estimate);
    const word = unit === 'us' ? 'never' : '∞';
    return unfinished === said ? word : `${word} in ${unfinished} of ${said} runs`;
  }
  return `${quantity(mean, unit)}${plusMinus(estimate, unit)}`;
}

/** In how many of the replications that say something a metric has no end. */
export function unfinishedOf({ values }: Estimate): { readonly unfinished: number; readonly said: number } {
  const said = values.filter((value) => value !== null);
  return { unfinished: said.filter((value) => Math.abs(value) === Infinity).length, said: said.length };
}

/** ` ± 0.4 s`, or nothing where it does not show. */
function plusMinus({ mean, halfWidth }: Estimate, unit: Unit): string {
  if (mean === null || halfWidth === null || halfWidth < Math.abs(mean) / 1_000 || halfWidth === 0) return '';
  const text = halfWidthText(halfWidth, unit);
  return text.startsWith('<') ? '' : ` ± ${text}`;
}

/** Two figures: an uncertainty is not known better. */
function halfWidthText(halfWidth: number, unit: Unit): string {
  return quantity(Number(halfWidth.toPrecision(2)), unit);
}

/** A paired difference in words: its mean, and how sure it is. */
export function differenceTexts(estimate: Estimate, unit: Unit): { readonly mean: string; readonly certainty: string } {
  const { mean, halfWidth } = estimate;
  if (mean === null || Number.isNaN(mean)) return { mean: nothing, certainty: '' };
  if (Math.abs(mean) === Infinity) {
    const { unfinished, said } = unfinishedOf(estimate);
    return {
      mean: mean > 0 ? 'never' : 'ends only here',
      certainty: `in ${unfinished} of ${said} ${said === 1 ? 'replication' : 'replications'}`,
    };
  }
  const text = difference(mean, unit);
  if (halfWidth === null) return { mean: text, certainty: 'one replication: no interval' };
  // Equal differences may leave a trace of rounding.
  if (halfWidth <= Math.abs(mean) * 1e-9) return { mean: text, certainty: 'in every replication' };
  const plusMinus = `± ${differenceAmount(Number(halfWidth.toPrecision(2)), unit)}`;
  if (Math.abs(mean) <= halfWidth) return { mean: text, certainty: `no clear difference (${plusMinus})` };
  const low = difference(mean - halfWidth, unit);
  const high = difference(mean + halfWidth, unit);
  if (low !== high) return { mean: text, certainty: `${low} … ${high}` };
  // Nothing of the interval shows in a ratio of two decimals.
  return { mean: text, certainty: /[1-9]/.test(plusMinus) ? plusMinus : '± less than shown' };
}

/** Plain decimal with at most `decimals` places, for files that machines read. `Infinity` stays a word. */
export function plain(value: number | null, decimals = 6): string {
  if (value === null || Number.isNaN(value)) return '';
  if (!Number.isFinite(value)) return String(value);
  const text = trimZero(value.toFixed(decimals));
  return text === '-0' ? '0' : text;
}

/** Seconds with microseconds, for files that machines read. */
export function plainSeconds(us: number | null): string {
  return plain(us === null ? null : us / 1_000_000);
}

function trimZero(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
