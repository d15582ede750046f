// The page as text: what is in it, and what can never be.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../../src/metrics/comparison.ts';
import { metricNames } from '../../../src/scenario/metricNames.ts';
import { pageData, type PageData } from '../../../src/report/html/data.ts';
import { reportHtml } from '../../../src/report/html/report.ts';
import { aComparison, loadBalancer, nastyName } from '../../support/comparison.ts';

const page = reportHtml(aComparison());

/** Every script and style of a page that is run or applied. */
function parts(text: string, tag: 'script' | 'style'): string[] {
  const found = [...text.matchAll(new RegExp(`<${tag}(?: type="module")?>([^]*?)</${tag}>`, 'g'))];
  return found.map(([, inner]) => inner!);
}

/** The page without what the libraries and our script bring along. */
function markupOf(text: string): string {
  return parts(text, 'script').reduce((rest, script) => rest.replace(script, () => ''), text);
}

function embedded(text: string): PageData {
  return JSON.parse(/<script type="application\/json" id="data">(.*)<\/script>/.exec(text)![1]!) as PageData;
}

test('the same comparison gives the same bytes', () => {
  expect(reportHtml(aComparison())).toBe(page);
});

describe('its content security policy', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;

  test('forbids everything that it does not name, and names nothing remote or made from text', () => {
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect(policy).not.toMatch(/unsafe|http|\*|'self'/);
  });

  test.each(['script', 'style'] as const)('names the hash of each %s in the page', (tag) => {
    const texts = parts(page, tag);
    const hashes = texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);

    expect(texts.length).toBe(tag === 'script' ? 4 : 1);
    for (const hash of hashes) expect(policy).toContain(hash);
  });
});

test('nothing in it is loaded from anywhere', () => {
  const ownMarkup = markupOf(page);

  expect(ownMarkup).not.toMatch(/ (src|srcset|action|style)="|url\(|@import|https?:/);
  expect([...ownMarkup.matchAll(/ href="([^"]*)"/g)].filter(([, to]) => !/^(#|data:,$)/.test(to!))).toEqual([]);
});

test('every link within it leads somewhere', () => {
  const targets = [...page.matchAll(/ href="#([^"]*)"/g)].map(([, to]) => to!);

  expect(targets.length).toBeGreaterThan(20);
  for (const target of new Set(targets)) expect(page).toContain(` id="${target}"`);
});

test('what it embeds is what the numbers of the comparison say, once', () => {
  const comparison = aComparison();
  const data = embedded(page);

  expect(data).toEqual(JSON.parse(JSON.stringify(pageData(comparison))));
  expect(page.split('id="data"')).toHaveLength(2);
  expect(data.modes.map(({ timeline }) => timeline.connected)).toEqual(
    comparison.modes.map(({ timeline }) => timeline.connectedByNode),
  );
  for (const [index, mode] of comparison.modes.entries()) {
    const { survival, losses } = data.modes[index]!;
    expect(survival.outages).toBe(mode.reconnects.length);
    expect(survival.unfinished).toBe(mode.reconnects.filter(({ totalUs }) => totalUs === null).length);
    expect(losses.map(({ mean }) => mean)).toEqual(
      mode.lossByCause.map(({ estimate }) => Number(estimate.mean!.toFixed(2))),
    );
  }
});

test('who has not noticed stands on the node that was lost, and they add up', () => {
  const { modes, nodes } = pageData(aComparison());

  for (const { replay } of modes) {
    const lost = replay.unawareOn.map((line) => Math.max(...line));
    expect(lost.flatMap((most, node) => (most > 0 ? [nodes[node]!.name] : []))).toEqual(['worker01']);
  }
});

test('the verdict, what was expected and every mode stand in the page without its script', () => {
  const text = page.slice(page.indexOf('<main>'), page.indexOf('<script type'));

  expect(text).toContain('worker01 is killed at 10 min for 10 min');
  for (const { expectation } of aComparison().expectations) expect(text).toContain(expectation.text.split(' ')[0]);
  for (const { name } of aComparison().modes) expect(text).toContain(`${name}</th>`);
});

test('the metrics of the run are explained, each once', () => {
  for (const { metric } of aComparison().modes[0]!.metrics) {
    expect(metricNames).toContain(metric);
    expect(page.split(` id="metric-${metric}"`)).toHaveLength(2);
  }
});

test('names that somebody hostile has chosen are text', () => {
  const nasty = `${nastyName}\u202e"'--></script><img src=x onerror=alert(1)>`;
  const hostile: Comparison = {
    ...aComparison({
      title: nasty,
      modes: [{ ...loadBalancer, name: nasty, description: nasty }],
      nodes: [nasty, 'b'],
      faults: [{ text: `${nasty} is killed`, fromMinute: 10, toMinute: 20 }],
    }),
  };
  const whole = reportHtml(hostile);
  const text = markupOf(whole);

  expect(parts(whole, 'script').length).toBe(parts(page, 'script').length);
  expect(text).not.toContain('<img');
  expect(text.split('<script').length).toBe(markupOf(page).split('<script').length);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
  expect(text).toContain('&lt;script&gt;alert(');
  expect(embedded(whole).modes[0]!.name).toContain('<script>');
});
