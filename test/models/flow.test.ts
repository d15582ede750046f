import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addFlow, flowAmounts, newFlow } from '../../src/models/flow.ts';

function amounts(...parts: readonly (readonly [number, number, number])[]): number[] {
  const flow = newFlow(100, 5);
  for (const [amount, from, to] of parts) addFlow(flow, amount, from, to);
  return [...flowAmounts(flow)];
}

test('an amount is spread evenly over the steps it flows through', () => {
  expect(amounts([400, 50, 250])).toEqual([100, 200, 100, 0, 0, 0]);
  expect(amounts([8, 110, 190])).toEqual([0, 8, 0, 0, 0, 0]);
  expect(amounts([6, 0, 300])).toEqual([2, 2, 2, 0, 0, 0]);
});

test('what happens at one instant falls into its step, what is taken back out of it', () => {
  expect(amounts([7, 200, 200])).toEqual([0, 0, 7, 0, 0, 0]);
  expect(amounts([7, 200, 200], [-3, 200, 200])).toEqual([0, 0, 4, 0, 0, 0]);
});

test('nothing is lost at the edges of the run', () => {
  expect(amounts([5, -300, -300])).toEqual([5, 0, 0, 0, 0, 0]);
  expect(amounts([5, 450, 900]).reduce((a, b) => a + b, 0)).toBeCloseTo(5, 9);
  expect(amounts([5, 900, 1_000])).toEqual([0, 0, 0, 0, 0, 5]);
});

test('whatever flows whenever, the steps add up to it', () => {
  const part = fc.tuple(
    fc.integer({ min: 1, max: 10_000 }),
    fc.integer({ min: 0, max: 700 }),
    fc.integer({ min: 0, max: 700 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const inOrder = parts.map(([amount, a, b]) => [amount, Math.min(a, b), Math.max(a, b)] as const);
      const all = amounts(...inOrder);

      expect(all.reduce((a, b) => a + b, 0)).toBeCloseTo(
        parts.reduce((sum, [amount]) => sum + amount, 0),
        6,
      );
      for (const amount of all) expect(amount).toBeGreaterThan(-1e-6);
    }),
    { seed: 1 },
  );
});
