// "How to read the report" and the report itself: the page goes through every part, under the name the part has.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { simulate, summaryMarkdown, type Comparison } from '../src/index.ts';
import { reportHtml } from '../src/report/html/report.ts';
import { causeWords, verdictWords } from '../src/report/words.ts';
import { load, scenarioText } from './support/scenarios.ts';

const page = readFileSync(fileURLToPath(new URL('../docs/HOW-TO-READ.md', import.meta.url)), 'utf8');

let comparison: Comparison;
beforeAll(async () => {
  const modes = '{ lb: { nginx: nginx.conf }, list: { ossec: ossec.conf } }';
  const expected = 'replications: 2\nexpect: [lb.reconnect.p95 <= 1m]\n';
  comparison = await simulate(load(scenarioText({ modes, more: expected })));
});

test('every part of report.html is explained under its own title, in the order of the report', () => {
  const html = reportHtml(comparison).replaceAll(/<script[^]*?<\/script>/g, '');
  const titles = [...html.matchAll(/<h2[^>]*>([^<]+)<\/h2>/g)].map(([, title]) => title!.trim());
  const explained = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title!);

  expect(titles.length).toBeGreaterThan(12);
  expect(explained.slice(0, titles.length)).toEqual(titles);
});

test('the parts of summary.md are named', () => {
  const titles = [...summaryMarkdown(comparison).matchAll(/^## (.+)$/gm)].map(([, title]) => title!);

  expect(titles.length).toBeGreaterThan(2);
  expect(titles.filter((title) => !page.includes(title.replace(/^Against .*/, 'Against')))).toEqual([]);
});

test('every word of a verdict and every cause of a loss has its line', () => {
  for (const word of [...Object.values(verdictWords), ...Object.values(causeWords)])
    expect(page).toContain(`| ${word} |`);
});
