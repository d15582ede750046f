// Distributions built from + − × ÷ and square roots alone: the same numbers on every engine. The language leaves
// logarithms and exponentials to the implementation, so their results never reach a simulated value.
import { lane, threefry } from './random.ts';

const ln2High = 0.69314718036912381649;
const ln2Low = 1.90821492927058770002e-10;
const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);

/** Natural logarithm of a positive normal number, within a few units of the last place. */
export function logOf(x: number): number {
  bits[0] = x;
  let exponent = (words[1]! >>> 20) - 1023;
  words[1] = (words[1]! & 0xfffff) | 0x3ff00000;
  let mantissa = bits[0];
  if (mantissa > 1.4142135623730951) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2 artanh((m − 1) / (m + 1)), |argument| ≤ 0.1716.
  const s = (mantissa - 1) / (mantissa + 1);
  const z = s * s;
  let series = 1 / 21;
  for (let odd = 19; odd >= 3; odd -= 2) series = series * z + 1 / odd;
  const tail = 2 * s * z * series;
  return exponent * ln2High + (2 * s + (tail + exponent * ln2Low));
}

/** e to the power of x, for |x| below 700. */
export function expOf(x: number): number {
  const doublings = Math.round(x / 0.6931471805599453);
  const r = x - doublings * ln2High - doublings * ln2Low;
  let series = 1;
  for (let n = 18; n >= 1; n--) series = 1 + (series * r) / n;
  let scale = 1;
  const step = doublings < 0 ? 0.5 : 2;
  for (let i = Math.abs(doublings); i > 0; i--) scale *= step;
  return series * scale;
}

/** Exponential with mean 1 from a uniform in [0, 1). */
export function exponential(u: number): number {
  return -logOf(1 - u);
}

/** Pareto with shape `alpha` > 1 and mean 1 from a uniform in [0, 1). */
export function pareto(u: number, alpha: number): number {
  return ((alpha - 1) / alpha) * expOf(exponential(u) / alpha);
}

// ln n! by Stirling's series, from a table for small n.
const logFactorials = new Float64Array(128);
for (let n = 2; n < 128; n++) logFactorials[n] = logFactorials[n - 1]! + logOf(n);

function logFactorial(n: number): number {
  if (n < 128) return logFactorials[n]!;
  const x = n + 1;
  const inverse = 1 / (x * x);
  return (x - 0.5) * logOf(x) - x + 0.918938533204672742 + (1 / 12 - (1 / 360 - inverse / 1260) * inverse) / x;
}

/**
 * Poisson count with the given mean; (k0, k1) is a key used for this draw alone.
 * Inversion below 10, transformed rejection above (Hörmann 1993, PTRS).
 */
export function poisson(mean: number, k0: number, k1: number): number {
  if (mean <= 0) return 0;
  if (mean < 10) {
    threefry(k0, k1, 0, 0);
    let u = ((lane.x0 >>> 5) * 67_108_864 + (lane.x1 >>> 6)) / 9_007_199_254_740_992;
    let probability = expOf(-mean);
    let count = 0;
    while (u >= probability && count < 1000) {
      u -= probability;
      count += 1;
      probability *= mean / count;
    }
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const v = 0.9277 - 3.6224 / (b - 2);
  const logMean = logOf(mean);
  for (let attempt = 0; ; attempt++) {
    threefry(k0, k1, attempt, 1);
    const U = (lane.x0 >>> 0) / 4_294_967_296 - 0.5;
    const V = ((lane.x1 >>> 0) + 0.5) / 4_294_967_296;
    const us = 0.5 - Math.abs(U);
    if (us === 0) continue;
    const count = Math.floor(((2 * a) / us + b) * U + mean + 0.43);
    if (us >= 0.07 && V <= v) return count;
    if (count < 0 || (us < 0.013 && V > us)) continue;
    if (logOf((V * inverseAlpha) / (a / (us * us) + b)) <= count * logMean - mean - logFactorial(count)) return count;
  }
}

function ones(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Heads in `n` throws of a fair coin; (k0, k1) is a key used for this draw alone. */
export function binomialHalf(n: number, k0: number, k1: number): number {
  if (n > 512) return binomialHalfLarge(n, k0, k1);
  let heads = 0;
  let left = n;
  for (let block = 0; left > 0; block++) {
    threefry(k0, k1, block, 0);
    const x0 = lane.x0;
    const x1 = lane.x1;
    heads += left >= 32 ? ones(x0) : ones(x0 & (2 ** left - 1));
    left -= 32;
    if (left <= 0) break;
    heads += left >= 32 ? ones(x1) : ones(x1 & (2 ** left - 1));
    left -= 32;
  }
  return heads;
}

/** Transformed rejection for p = 1/2 (Hörmann 1993, BTRS). */
function binomialHalfLarge(n: number, k0: number, k1: number): number {
  const spq = Math.sqrt(n) / 2;
  const b = 1.15 + 2.53 * spq;
  const a = -0.0873 + 0.0248 * b + 0.005;
  const c = n / 2 + 0.5;
  const v = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spq;
  const mode = Math.floor((n + 1) / 2);
  const h = logFactorial(mode) + logFactorial(n - mode);
  for (let attempt = 0; ; attempt++) {
    threefry(k0, k1, attempt, 1);
    const U = (lane.x0 >>> 0) / 4_294_967_296 - 0.5;
    const V = ((lane.x1 >>> 0) + 0.5) / 4_294_967_296;
    const us = 0.5 - Math.abs(U);
    if (us === 0) continue;
    const count = Math.floor(((2 * a) / us + b) * U + c);
    if (us >= 0.07 && V <= v) return count;
    if (count < 0 || count > n) continue;
    if (logOf((V * alpha) / (a / (us * us) + b)) <= h - logFactorial(count) - logFactorial(n - count)) return count;
  }
}
