// Numbers over replications. Percentiles are exact, nearest rank; what is unfinished is infinite.
import jStat from 'jstat';
import type { Estimate } from './comparison.ts';

/** Names of the percentiles and their shares. */
export const percentiles: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

/** The smallest value that at least `share` of the values do not exceed; `null` without values. @param sorted ascending. */
export function percentile(sorted: ArrayLike<number>, share: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** `p50` … `p99`, `max` or `mean` by its name; `null` without values. @param sorted ascending. */
export function statistic(sorted: Float64Array, name: string): number | null {
  if (sorted.length === 0) return null;
  if (name === 'max') return sorted.at(-1)!;
  if (name === 'mean') return sorted.reduce((a, b) => a + b, 0) / sorted.length;
  return percentile(sorted, percentiles[name]!);
}

const quantiles = new Map<number, number>();

/** 97.5 % quantile of Student's t, rounded to 6 digits behind the point: engines differ in the last ones. */
export function tQuantile(freedom: number): number {
  let quantile = quantiles.get(freedom);
  if (quantile === undefined) {
    quantile = Math.round(jStat.studentt.inv(0.975, freedom) * 1e6) / 1e6;
    quantiles.set(freedom, quantile);
  }
  return quantile;
}

/**
 * Mean, half of its 95 % t interval, least and largest of the values that are there. The mean of values of which one is infinite
 * is infinite; there is none when they are infinite both ways.
 */
export function estimate(values: readonly (number | null)[]): Estimate {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return { values, mean: null, halfWidth: null, min: null, max: null };
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of known) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / known.length;
  if (Number.isNaN(mean)) return { values, mean: null, halfWidth: null, min, max };
  if (!Number.isFinite(mean)) return { values, mean, halfWidth: null, min, max };
  if (known.length < 2) return { values, mean, halfWidth: null, min, max };
  let squares = 0;
  for (const value of known) squares += (value - mean) * (value - mean);
  const halfWidth = tQuantile(known.length - 1) * Math.sqrt(squares / (known.length - 1) / known.length);
  return { values, mean, halfWidth, min, max };
}

/** a − b, replication by replication; `null` where either is missing or both are infinite. */
export function pairedDifference(a: readonly (number | null)[], b: readonly (number | null)[]): Estimate {
  return estimate(
    a.map((value, index) => {
      const other = b[index] ?? null;
      if (value === null || other === null) return null;
      const difference = value - other;
      return Number.isNaN(difference) ? null : difference;
    }),
  );
}

/**
 * Mean of a − mean of b with Welch's 95 % interval, for replications that have nothing to do with each other; `values` is empty.
 * Freedom by Welch and Satterthwaite, rounded down: the interval is rather too wide than too narrow.
 */
export function welchDifference(a: readonly (number | null)[], b: readonly (number | null)[]): Estimate {
  const [one, two] = [estimate(a), estimate(b)];
  const none = { values: [], mean: null, halfWidth: null, min: null, max: null };
  if (one.mean === null || two.mean === null) return none;
  const mean = one.mean - two.mean;
  if (Number.isNaN(mean)) return none;
  const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
  const [first, second] = [known(a), known(b)];
  if (!Number.isFinite(mean) || first.length < 2 || second.length < 2) return { ...none, mean };
  const ofMean = (values: readonly number[], about: number): number =>
    values.reduce((sum, value) => sum + (value - about) * (value - about), 0) / (values.length - 1) / values.length;
  const [u, v] = [ofMean(first, one.mean), ofMean(second, two.mean)];
  if (u + v === 0) return { ...none, mean, halfWidth: 0 };
  const freedom = ((u + v) * (u + v)) / ((u * u) / (first.length - 1) + (v * v) / (second.length - 1));
  return { ...none, mean, halfWidth: tQuantile(Math.max(1, Math.floor(freedom))) * Math.sqrt(u + v) };
}
