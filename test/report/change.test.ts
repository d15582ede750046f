// What moved, as text, card and document: verdict first, and names as text everywhere.
import { expect, test } from 'vitest';
import { changeOf, type Change } from '../../src/metrics/change.ts';
import type { Comparison } from '../../src/metrics/comparison.ts';
import { changeJson } from '../../src/report/changeJson.ts';
import { changeMarkdown } from '../../src/report/changeMarkdown.ts';
import { changeText } from '../../src/report/changeText.ts';
import { settingLines } from '../../src/report/settingLines.ts';
import { estimate } from '../../src/metrics/statistics.ts';
import { aComparison, failover, loadBalancer, nastyName } from '../support/comparison.ts';

const before = aComparison({ modes: [loadBalancer, failover], agents: 30, replications: 3, minutes: 21 });

/** Everything that can move has moved. */
function moved(of: Comparison): Comparison {
  return {
    ...of,
    modes: of.modes.map((mode) => ({
      ...mode,
      metrics: mode.metrics.map((each) => ({
        ...each,
        estimate: estimate(each.estimate.values.map((value) => (value === null ? null : value * 2 + 1))),
      })),
      landing: { ...mode.landing, start: mode.landing.start.map(() => 0) },
      settings: mode.settings.map(({ path, value }) => ({
        path,
        value: typeof value === 'number' ? value + 1 : value,
      })),
    })),
    expectations: of.expectations.map((each) => ({ ...each, verdict: 'breached' as const })),
  };
}
const change = changeOf(before, moved(before));
const text = (of: Change): string => changeText(of, { colour: false, width: 80 });

test('the text begins with the verdict: what it breaks, then what moved most', () => {
  const [first, second] = text(change).split('\n');

  expect(first).toBe('It breaks 1 expectation: load-balancer.reconnect.p50 <= 11s.');
  expect(second).toMatch(/^load-balancer: .* before /);
  expect(
    Math.max(
      ...text(change)
        .split('\n')
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(80);
});

test('nothing that moved is said as such', () => {
  expect(text(changeOf(before, before))).toBe(
    `load-balancer: nothing moved.
failover: nothing moved.

What was set otherwise
  nothing that the simulation reads

The same luck on both sides: 3 replications compared one by one. Intervals are
95 % each by itself: of many metrics a few may seem to move by chance.
`,
  );
});

test('the card has verdict, expectations, settings, numbers and agents that move', () => {
  const card = changeMarkdown(change);

  for (const heading of [
    '# What moves: worker01 is killed and comes back after ten minutes',
    '- **It breaks 1 expectation: load-balancer.reconnect.p50 &lt;= 11s.**',
    '| pass → BREACHED | load-balancer.reconnect.p50 &lt;= 11s |',
    '| warmupUs | 2 min 0 s | 2 min 0 s |',
    '## What moved',
    '## Agents that land elsewhere',
    '- **load-balancer**: 20 of 30 agents',
    '  - 10 of servers: worker01 → master',
  ]) {
    expect(card).toContain(heading);
  }
});

test('the document has every move with its interval, in seconds', () => {
  const document = JSON.parse(changeJson(change)) as {
    format: string;
    moved: { metric: string; mode: string; before: { unit: string; mean: number }; difference: { values: number[] } }[];
    agentsThatMove: unknown[];
  };

  expect(document.format).toBe('fleetfall-change/1');
  expect(document.moved.length).toBe(change.moved.length);
  const p50 = document.moved.find(({ metric, mode }) => metric === 'reconnect.p50' && mode === 'load-balancer')!;
  expect(p50.before.unit).toBe('seconds');
  expect(p50.before.mean).toBeCloseTo(10.5, 0);
  expect(p50.difference.values).toHaveLength(3);
  expect(document.agentsThatMove.length).toBeGreaterThan(0);
});

test('settings: what groups share once, what is on one side only by its beginning', () => {
  const lines = settingLines({
    modes: ['lb'],
    changes: [
      { path: 'groups.a.agent.notifyTimeSeconds', before: 10, after: 20 },
      { path: 'groups["b.c"].agent.notifyTimeSeconds', before: 10, after: 20 },
      { path: 'groups.d.agent.notifyTimeSeconds', before: 10, after: 30 },
      { path: 'faults[1].kind', before: undefined, after: 'kill' },
      { path: 'faults[1].forUs', before: undefined, after: null },
      { path: 'nodes["172.0.0.9"].role', before: 'worker', after: undefined },
      { path: 'durationUs', before: 60e6, after: Infinity },
    ],
  });

  expect(lines.map(({ path, before: one, after: two }) => `${path}: ${one} → ${two}`)).toEqual([
    'groups.*.agent.notifyTimeSeconds (2 groups): 10 → 20',
    'groups.d.agent.notifyTimeSeconds: 10 → 30',
    'faults[1] (2 settings): – → added',
    'nodes["172.0.0.9"]: removed → –',
    'durationUs: 60.0 s → never',
  ]);
});

test('names are text, whatever stands in them', () => {
  const hostile = (nodes: readonly string[]): Comparison =>
    aComparison({
      modes: [{ ...loadBalancer, name: nastyName }],
      group: nastyName,
      nodes,
      agents: 30,
      title: nastyName,
    });
  const nasty = changeOf(hostile(['a', nastyName, '|b|']), moved(hostile(['a', nastyName, '|b|'])));
  const [shown, card] = [text(nasty), changeMarkdown(nasty)];

  expect(shown).toContain('␊');
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(card).toContain('&lt;script&gt;');
  expect(card).not.toMatch(/<script|[\u0000-\u0009\u000b-\u001f\u202e]/);
  const table = card.split('\n').filter((line) => line.startsWith('| ='));
  for (const line of table) expect(line.match(/(?<!\\)\|/g)).toHaveLength(7); // no cell has become two
  expect(JSON.parse(changeJson(nasty))).toHaveProperty('modes', [nastyName]);
});
