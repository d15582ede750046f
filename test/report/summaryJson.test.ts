import { expect, test } from 'vitest';
import { outcomeOf, summaryJson, summaryJsonSchema, summarySchema } from '../../src/report/summaryJson.ts';
import { aComparison, failover, loadBalancer, nastyName } from '../support/comparison.ts';

test('summary.json keeps to its schema, with and without faults, outages and odd names', () => {
  const comparisons = [
    aComparison(),
    aComparison({ modes: [loadBalancer], nodes: ['master'], faults: [], replications: 1 }),
    aComparison({ modes: [{ ...failover, name: nastyName }], nodes: [nastyName, 'b'], replications: 2 }),
    aComparison({ faults: [{ text: 'worker01 loses its power to the end', fromMinute: 10, toMinute: Infinity }] }),
  ];

  for (const comparison of comparisons) {
    const summary = summarySchema.parse(JSON.parse(summaryJson(comparison)));
    expect(summary.modes.map(({ name }) => name)).toEqual(comparison.modes.map(({ name }) => name));
  }
});

test('times are seconds, and what never ends is the word Infinity', () => {
  const { modes, faults } = summarySchema.parse(
    JSON.parse(summaryJson(aComparison({ faults: [{ text: 'worker01 hangs', fromMinute: 10, toMinute: Infinity }] }))),
  );

  expect(modes[1]!.metrics['reconnect.p50']!.unit).toBe('seconds');
  expect(modes[1]!.metrics['reconnect.p50']!.mean).toBeCloseTo(51, 0);
  expect(modes[2]!.metrics['reconnect.p99']).toMatchObject({ mean: 'Infinity', halfWidth95: null });
  expect(faults[0]).toMatchObject({ number: 1, startSeconds: 600, endSeconds: 'Infinity' });
});

test('no place on the disk enters a result', () => {
  const comparison = aComparison();
  const elsewhere = {
    ...comparison,
    scenario: {
      ...comparison.scenario,
      source: '/home/somebody/worker-crash.yaml',
      warnings: [{ position: { file: '/home/somebody/nginx.conf', line: 1, column: 2 }, text: 'x' }],
    },
    expectations: comparison.expectations.map((result) => ({
      ...result,
      expectation: { ...result.expectation, position: { file: '/home/somebody/a.yaml', line: 1, column: 1 } },
    })),
  };

  expect(summaryJson(elsewhere)).not.toContain('somebody');
  expect(JSON.parse(summaryJson(elsewhere))).toMatchObject({ warnings: ['nginx.conf:1:2: x'] });
});

test('the worst expectation decides the outcome', () => {
  const comparison = aComparison();

  expect(outcomeOf(comparison)).toBe('breached');
  expect(outcomeOf({ ...comparison, expectations: comparison.expectations.slice(0, 1) })).toBe('pass');
  expect(outcomeOf({ ...comparison, expectations: [] })).toBe('none');
});

test('the recorded schema is the one of the code', async () => {
  await expect(`${JSON.stringify(summaryJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    '../../schema/summary.schema.json',
  );
});
