import { expect, test } from 'vitest';
import { briefSummary } from '../../src/report/brief.ts';
import { aComparison, failover, loadBalancer, nastyName } from '../support/comparison.ts';

const terminal = { colour: false, width: 80 };

function lines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

test('the verdict comes first, then the modes with what they lose and who reports over time', () => {
  const text = briefSummary(aComparison(), terminal);
  const [first] = lines(text);

  expect(first).toMatch(/worker01/);
  expect(text).toMatch(/half back .*99 % back .*lost .*agents reporting/);
  expect(text).toMatch(/^load-balancer .*[▁▂▃▄▅▆▇█]{12,}$/m);
});

test.each([1, 3, 6, 40])(
  '%i modes and as many expectations fit 80 × 24 with the prompt and the place of the report',
  (count) => {
    const modes = Array.from({ length: count }, (_, index) => ({
      ...(index % 2 === 0 ? loadBalancer : failover),
      name: `a-mode-with-a-long-name-${index}`,
    }));
    const comparison = aComparison({ modes });
    const expectation = comparison.expectations[0]!;
    const text = briefSummary(
      {
        ...comparison,
        expectations: Array.from({ length: count }, () => ({
          ...expectation,
          verdict: 'breached' as const,
          detail: 'far '.repeat(90),
        })),
      },
      terminal,
    );

    expect(lines(text).length).toBeLessThanOrEqual(22);
    for (const line of lines(text)) expect(Array.from(line).length, line).toBeLessThanOrEqual(80);
  },
);

test('a narrow terminal loses columns, never the times and the losses', () => {
  const text = briefSummary(aComparison(), { colour: false, width: 60 });

  expect(text).toMatch(/half back .*99 % back .*lost/);
  for (const line of lines(text)) expect(Array.from(line).length, line).toBeLessThanOrEqual(60);
});

test('names are text, and colour is the only control character', () => {
  const plain = aComparison({ title: nastyName, modes: [{ ...loadBalancer, name: nastyName }, failover] });

  expect(briefSummary(plain, terminal)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  expect(briefSummary(plain, { colour: true, width: 80 }).replace(/\u001b\[\d+m/g, '')).toBe(
    briefSummary(plain, terminal),
  );
});
