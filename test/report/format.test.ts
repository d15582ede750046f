import { expect, test } from 'vitest';
import type { Estimate } from '../../src/metrics/comparison.ts';
import { difference, differenceTexts, estimateText, plain, plainSeconds, quantity } from '../../src/report/format.ts';

const s = 1_000_000;

function anEstimate(values: readonly (number | null)[], mean: number | null, halfWidth: number | null): Estimate {
  return { values, mean, halfWidth, min: null, max: null };
}

test('a value is written in the unit of its metric', () => {
  const written = [
    quantity(10 * s, 'us'),
    quantity(411 * s, 'us'),
    quantity(Infinity, 'us'),
    quantity(0.0002, 'share'),
    quantity(61_330, 'events'),
    quantity(66, 'perSecond'),
    quantity(1.5, 'ratio'),
    quantity(Infinity, 'ratio'),
  ];

  expect(written).toEqual(['10.0 s', '6 min 51 s', 'never', '0.02 %', '61,330', '66/s', '1.50', '∞']);
});

test('a difference carries its sign, and one of shares is in points', () => {
  const written = [difference(40.5 * s, 'us'), difference(-0.031, 'share'), difference(0, 'count')];

  expect(written).toEqual(['+40.5 s', '−3.1 points', '0']);
});

test('an estimate is a mean with two figures of uncertainty, where it shows', () => {
  const written = [
    estimateText(anEstimate([50 * s, 52.4 * s], 51.2 * s, 0.412 * s), 'us'),
    estimateText(anEstimate([10 * s, 10 * s], 10 * s, 0), 'us'),
    estimateText(anEstimate([1_378, 1_380], 1_379, 0.4), 'events'),
    estimateText(anEstimate([1_378], 1_378, null), 'events'),
    estimateText(anEstimate([null, null], null, null), 'us'),
  ];

  expect(written).toEqual(['51.2 s ± 410 ms', '10.0 s', '1,379', '1,378', '–']);
});

test('what does not end within the run is never a number', () => {
  const written = [
    estimateText(anEstimate([Infinity, Infinity], Infinity, null), 'us'),
    estimateText(anEstimate([Infinity, 10 * s, null], Infinity, null), 'us'),
  ];

  expect(written).toEqual(['never', 'never in 1 of 2 runs']);
});

test('a paired difference says how sure it is', () => {
  const certainty = (estimate: Estimate): string => differenceTexts(estimate, 'events').certainty;
  const written = [
    certainty(anEstimate([90, 110], 100, 30)),
    certainty(anEstimate([-90, 110], 10, 30)),
    certainty(anEstimate([100, 100], 100, 0)),
    certainty(anEstimate([100], 100, null)),
    certainty(anEstimate([Infinity, 3], Infinity, null)),
  ];

  expect(written).toEqual([
    '+70 … +130',
    'no clear difference (± 30)',
    'in every replication',
    'one replication: no interval',
    'in 1 of 2 replications',
  ]);
});

test('machines get plain decimals, nothing for what is unknown and Infinity for what has no end', () => {
  expect([plain(1334), plain(1 / 3), plain(-0), plain(null), plain(NaN), plain(Infinity)]).toEqual([
    '1334',
    '0.333333',
    '0',
    '',
    '',
    'Infinity',
  ]);
  expect([plainSeconds(1), plainSeconds(-120 * s), plainSeconds(null)]).toEqual(['0.000001', '-120', '']);
});
