// Event accounting against the measured rules.
import { expect, test } from 'vitest';
import { balances } from '../../src/models/ledger.ts';
import { play } from '../support/stories.ts';
import { measuredRules } from '../support/measuredRules.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

test.each(measuredRules.map((rule) => [rule.rule, rule.measured, rule] as const))('%s: %s', (_, measured, rule) => {
  const simulated = rule.simulated();

  expect(simulated, `measured ${measured}`).toBeGreaterThanOrEqual(rule.from);
  expect(simulated, `measured ${measured}`).toBeLessThanOrEqual(rule.to);
});

test.each(['kill', 'hang', 'powerOff'] as const)('nothing is duplicated when a node is hit by %s', (kind) => {
  const { books } = play(
    aWorld({
      groups: [{ count: 20, version: '4.9.2', list: [1, 2], events: { ratePerSecond: 20 } }],
      faults: [fault(kind, 'worker01', 100, 90)],
      durationUs: 25 * minute,
    }),
  );

  expect(books.groups.every(balances)).toBe(true);
  expect(books.nodes.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(books.groups[0]!.delivered);
  expect(books.groups[0]!.delivered).toBeLessThanOrEqual(books.groups[0]!.produced);
});
