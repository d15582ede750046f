import { expect, test } from 'vitest';
import { binomialHalf, exponential, expOf, logOf, pareto, poisson } from '../../src/kernel/distributions.ts';
import { rootKey, uniform } from '../../src/kernel/random.ts';

test('the own logarithm and exponential agree with the library to 15 digits', () => {
  for (let i = 1; i < 20_000; i++) {
    const x = i * 0.737;
    expect(Math.abs(logOf(x) - Math.log(x))).toBeLessThan(4e-15);
  }
  for (let x = -40; x < 40; x += 0.0137) expect(Math.abs(expOf(x) / Math.exp(x) - 1)).toBeLessThan(2e-15);
});

function moments(draw: (i: number) => number, n: number): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = draw(i);
    sum += x;
    squares += x * x;
  }
  return { mean: sum / n, variance: squares / n - (sum / n) ** 2 };
}

// Fixed keys; the limits are five standard errors of the mean, six per cent of the variance.
test.each([0.3, 6.7, 9.99, 10, 30, 134, 26_844])('Poisson counts with mean %d have that mean and variance', (mean) => {
  const n = 40_000;
  const found = moments((i) => poisson(mean, i, 99), n);

  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(mean / n));
  expect(Math.abs(found.variance / mean - 1)).toBeLessThan(0.06);
});

test('small Poisson counts follow the probabilities of the law', () => {
  const n = 100_000;
  const bins = new Array<number>(8).fill(0);
  for (let i = 0; i < n; i++) bins[Math.min(7, poisson(2, i, 5))]! += 1;
  const law = [0, 1, 2, 3, 4, 5, 6].map((k) => (Math.exp(-2) * 2 ** k) / [1, 1, 2, 6, 24, 120, 720][k]!);
  law.push(1 - law.reduce((a, b) => a + b, 0));

  // Chi-square with 7 degrees of freedom exceeds 29.9 with probability 1e-4.
  expect(bins.reduce((sum, found, k) => sum + (found - n * law[k]!) ** 2 / (n * law[k]!), 0)).toBeLessThan(29.9);
});

test.each([1, 7, 64, 500, 513, 4_000, 26_844])('heads in %d throws of a coin have mean n/2 and variance n/4', (n) => {
  const draws = 30_000;
  const found = moments((i) => binomialHalf(n, i, 3), draws);

  expect(Math.abs(found.mean - n / 2)).toBeLessThan(5 * Math.sqrt(n / 4 / draws));
  expect(Math.abs(found.variance / (n / 4) - 1)).toBeLessThan(0.06);
});

test('exponentials and Pareto weights have mean 1', () => {
  const key = rootKey('means', 0);
  const n = 200_000;

  expect(Math.abs(moments((i) => exponential(uniform(key, i, 0)), n).mean - 1)).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(moments((i) => pareto(uniform(key, i, 1), 3), n).mean - 1)).toBeLessThan(5 * Math.sqrt(1 / 3 / n));
});
