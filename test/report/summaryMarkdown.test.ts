import { expect, test } from 'vitest';
import { chartCaptions } from '../../src/report/charts.ts';
import { summaryMarkdown } from '../../src/report/summaryMarkdown.ts';
import { aComparison, failover, loadBalancer, nastyName } from '../support/comparison.ts';

test('the summary starts with the verdict, then what decides it', () => {
  const lines = summaryMarkdown(aComparison()).split('\n');

  expect(lines.slice(0, 7)).toEqual([
    '# worker01 is killed and comes back after ten minutes',
    '',
    expect.stringMatching(/^\*\*Prefer load-balancer: .*\*\*$/),
    '',
    'Expectations: **BREACHED**',
    '',
    '## What decides it',
  ]);
});

test('every chart is shown, from the file beside the summary', () => {
  const text = summaryMarkdown(aComparison());

  for (const name of Object.keys(chartCaptions)) expect(text).toContain(`](charts/${name}.svg)`);
});

test('tables keep their columns and names stay text', () => {
  const text = summaryMarkdown(
    aComparison({
      modes: [{ ...loadBalancer, name: nastyName }, failover],
      nodes: [nastyName, 'a|b', '# c'],
      title: '# <b>x',
    }),
  );
  const columns = (line: string): number => line.replace(/\\./g, '').split('|').length;

  expect(text).not.toMatch(/<script|[\p{Cc}--\n]/v);
  expect(text).toContain('# \\# &lt;b&gt;x');
  let header = 0;
  for (const line of text.split('\n')) {
    header = line.startsWith('|') ? header || columns(line) : 0;
    if (header > 0) expect(columns(line), line).toBe(header);
  }
});

test('a sentence that several modes share is said once', () => {
  const text = summaryMarkdown(aComparison());

  expect(text.match(/The host of worker01 lives on/g)).toHaveLength(1);
  expect(text).toContain('**failover**, **failover-udp**:\n\n- An agent tries the same server five times');
});
