import { expect, test } from 'vitest';
import { answersOf, withAnswers } from '../../src/report/answers.ts';
import { summaryMarkdown } from '../../src/report/summaryMarkdown.ts';
import { aComparison } from '../support/comparison.ts';

const summary = summaryMarkdown(aComparison());
const page = 'Before.\n\n<!-- answer: crash events -->\n<!-- end of answer -->\n\nAfter.\n';

test('a mark is filled with verdict, table and chart of the recorded summary, and filling it again changes nothing', () => {
  const filled = withAnswers(page, '../../reports', () => summary);

  expect(filled).toMatch(/^Before\.[^]*After\.\n$/);
  expect(filled).toContain('\n\n> Prefer load-balancer');
  expect(filled).toMatch(/^\| half are back after \|/m);
  expect(filled).toContain('(../../reports/crash/charts/events.svg)');
  expect(withAnswers(filled, '../../reports', () => summary)).toBe(filled);
  expect(answersOf(filled)).toEqual(['crash']);
});

test('a chart that no report has, and a summary without a verdict, are mistakes', () => {
  expect(() => withAnswers(page.replace('events', 'nothing'), '.', () => summary)).toThrow('no chart nothing');
  expect(() => withAnswers(page, '.', () => 'empty')).toThrow('has no verdict');
});
