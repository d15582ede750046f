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
  const text = unit === 'share' ? formatShare(amount).replace('%', 'points') : quantity(amount, unit);
  if (amount === 0) return text;
  return `${value > 0 ? '+' : '−'}${text}`;
}

/**
 * Mean over the replications with half of its 95 % interval: `51.2 s ± 400 ms`. A half-width that does not show at the mean's
 * precision is left out. Where some replications never finish it says in how many.
 */
export function estimateText(estimate: Estimate, unit: Unit): string {
  const said = estimate.values.filter((value) => value !== null);
  const { mean, halfWidth } = estimate;
  if (mean === null || Number.isNaN(mean)) return nothing;
  if (mean === Infinity) {
    const unfinished = said.filter((value) => value === Infinity).length;
    const word = unit === 'us' ? 'never' : '∞';
    return unfinished === said.length ? word : `${word} in ${unfinished} of ${said.length} runs`;
  }
  const text = quantity(mean, unit);
  if (halfWidth === null || halfWidth === 0) return text;
  if (quantity(mean + halfWidth, unit) === text && quantity(mean - halfWidth, unit) === text) return text;
  return `${text} ± ${quantity(halfWidth, unit)}`;
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
