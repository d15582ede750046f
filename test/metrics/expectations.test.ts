import { expect, test } from 'vitest';
import { judge } from '../../src/metrics/expectations.ts';
import { estimate } from '../../src/metrics/statistics.ts';
import { parseExpectation } from '../../src/scenario/expectation.ts';
import type { Expectation } from '../../src/scenario/scenario.ts';

const known = { modes: ['lb', 'list'], groups: ['servers'], nodes: ['worker01'], faultCount: 2 };

function parsed(text: string): Expectation {
  const found = parseExpectation(text, known);
  if (!('left' in found)) throw new Error(found.map((problem) => problem.text).join('; '));
  return { ...found, position: { file: 'a.yaml', line: 1, column: 1 } };
}

/** Judges a text against values a replication, by mode. */
function verdict(text: string, lb: readonly (number | null)[], list: readonly (number | null)[] = []): string {
  const result = judge(parsed(text), ({ mode }) => estimate(mode === 'lb' ? lb : list));
  return `${result.verdict}: ${result.detail}`;
}

test('the mean is held against the limit, in the unit of the metric', () => {
  expect(verdict('lb.loss.share < 0.1%', [0.0005, 0.0005])).toBe('pass: 0.05 % is below 0.1 %');
  expect(verdict('lb.loss.share < 0.1%', [0.001, 0.001])).toBe('breached: 0.1 % is not below 0.1 %');
  expect(verdict('lb.loss.share <= 0.1%', [0.001, 0.001])).toBe('pass: 0.1 % is at most 0.1 %');
  expect(verdict('lb.reconnect.p99 <= 15s', [16e6])).toBe('breached: 16.0 s is above 15.0 s');
  expect(verdict('lb.reconnect.p50 > 15s', [15e6])).toBe('breached: 15.0 s is not above 15.0 s');
  expect(verdict('lb.headroom.n1 >= 200/s', [150])).toBe('breached: 150/s is below 200/s');
  expect(verdict('lb.skew.agents.peak < 1.5', [1.25])).toBe('pass: 1.25 is below 1.5');
});

test('an interval that straddles the limit decides nothing', () => {
  // Mean 10, half-width 12.706205 × √2 / √2 = 12.7: from −2.7 to 22.7.
  expect(verdict('lb.events.lost < 12', [9, 11])).toBe('inconclusive: 10 ± 12.7 cannot be told from 12');
  expect(verdict('lb.events.lost < 8', [9, 11])).toBe('inconclusive: 10 ± 12.7 cannot be told from 8');
  expect(verdict('lb.events.lost < 23', [9, 11])).toBe('pass: 10 ± 12.7 is below 23');
  expect(verdict('lb.events.lost > 23', [9, 11])).toBe('breached: 10 ± 12.7 is not above 23');
});

test('one replication has no interval: its value decides', () => {
  expect(verdict('lb.events.lost < 12', [11])).toBe('pass: 11 is below 12');
});

test('who never comes back breaches every limit', () => {
  expect(verdict('lb.reconnect.p99 <= 15s', [1e6, Infinity, 1e6])).toBe('breached: never is above 15.0 s');
  expect(verdict('lb.reconnect.p99 >= 15s', [Infinity, Infinity])).toBe('pass: never is at least 15.0 s');
});

test('a limit that is a metric is compared replication by replication', () => {
  // The modes vary together: each replication has 5, 6 and 7 fewer.
  const lb = [10, 100, 1_000];
  const list = [15, 106, 1_007];

  expect(verdict('lb.events.lost < list.events.lost', lb, list)).toBe(
    'pass: 370 is below 376 (list), the difference is −6 ± 2.48',
  );
  expect(verdict('lb.events.lost > list.events.lost', lb, list)).toMatch(/^breached: 370 is not above 376/);
  expect(verdict('lb.events.lost <= 0.5 × list.events.lost', lb, list)).toBe(
    'inconclusive: 370 cannot be told from 0.5 × 376 (list), the difference is 182 ± 679',
  );
  expect(verdict('lb.events.lost <= 2 x list.events.lost', [30, 30], [15, 15])).toBe(
    'pass: 30 is at most 2 × 15 (list), the difference is 0',
  );
});

test('two modes that never come back are equally slow', () => {
  expect(verdict('lb.reconnect.p50 <= list.reconnect.p50', [Infinity, 5e6], [Infinity, 5e6])).toMatch(/^pass/);
  expect(verdict('lb.reconnect.p50 < list.reconnect.p50', [Infinity], [Infinity])).toMatch(/^breached/);
  expect(verdict('lb.reconnect.p50 < list.reconnect.p50', [5e6, Infinity], [Infinity, 5e6])).toBe(
    'inconclusive: never cannot be told from never (list)',
  );
});

test('equality wants every replication', () => {
  expect(verdict('lb.reconnect.unfinished == 0', [0, 0, 0])).toBe('pass: 0 is equal to 0');
  expect(verdict('lb.reconnect.unfinished == 0', [0, 0, 1])).toMatch(/^breached: 0.333 ± .* is not equal to 0$/);
  expect(verdict('lb.events.lost == list.events.lost', [1, 3], [3, 1])).toMatch(/^breached/);
});

test('an expectation about which the run says nothing is vacuous, and says why', () => {
  const nothing = [null, null];

  expect(verdict('lb.reconnect.p99{fault=2} <= 15s', nothing)).toBe(
    'vacuous: this run says nothing about it: nobody was affected.',
  );
  expect(verdict('lb.reconnect.unfinished == 0', nothing)).toMatch(/^vacuous/);
  expect(verdict('lb.headroom.n1{node=worker01} > 0/s', nothing)).toBe(
    'vacuous: this run says nothing about it: no survivor of a fault has an eventsPerSecond.',
  );
  expect(verdict('lb.rebalanced.after <= 5m', nothing)).toBe(
    'vacuous: this run says nothing about it: there is no fault that ends.',
  );
  expect(verdict('lb.reconnect.p50 < list.reconnect.p50', [1e6, 1e6], nothing)).toMatch(/^vacuous.*affected/);
});

test('replications about which there is nothing to say are left out', () => {
  expect(verdict('lb.reconnect.p99 <= 15s', [null, 10e6, null])).toBe('pass: 10.0 s is at most 15.0 s');
});
