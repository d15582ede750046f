import { expect, test } from 'vitest';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything, type RunView, type Selection } from '../../src/metrics/selection.ts';
import { aRun } from '../support/books.ts';

const seconds = (run: RunView, name: string, selection: Partial<Selection> = {}): number | null => {
  const us = metricValue(`reconnect.${name}`, run, { ...everything, ...selection });
  return us === null ? null : us / 1e6;
};
const number = (run: RunView, name: string, selection: Partial<Selection> = {}): number | null =>
  metricValue(`reconnect.${name}`, run, { ...everything, ...selection });

// Four agents of worker01 killed at 100 s: three are back after 11, 21 and 31 s, one goes on over its old session after 7 s.
const killed = aRun({
  counts: [{}, {}, {}, {}],
  faults: [['kill', ['worker01'], 100, 200]],
  outages: [
    { agent: 0, brokenAt: 100, parts: [1, 9, 1] },
    { agent: 1, brokenAt: 100, parts: [2, 16, 3] },
    { agent: 2, brokenAt: 100, parts: [3, 23, 5] },
    { agent: 3, brokenAt: 100, healedAfter: 7 },
  ],
});

test('an outage is as long as detection, search and handshake together, or as its old session stood still', () => {
  // Sorted: 7, 11, 21, 31. Nearest ranks of four: 2nd, 4th, 4th, 4th.
  expect(['p50', 'p90', 'p95', 'p99', 'max', 'mean'].map((name) => seconds(killed, name))).toEqual([
    11, 31, 31, 31, 31, 17.5,
  ]);
  expect(['count', 'agents', 'healed', 'unfinished'].map((name) => number(killed, name))).toEqual([4, 4, 1, 0]);
});

test('the parts are those of agents that looked for a node', () => {
  expect(['p50', 'max', 'mean'].map((name) => seconds(killed, `detect.${name}`))).toEqual([2, 3, 2]);
  expect(['p50', 'max', 'mean'].map((name) => seconds(killed, `retry.${name}`))).toEqual([16, 23, 16]);
  expect(['p50', 'max', 'mean'].map((name) => seconds(killed, `handshake.${name}`))).toEqual([3, 5, 3]);
});

test('who is not back counts as infinite, so a percentile is breached when too many are not', () => {
  const run = aRun({
    counts: [{}, {}, {}, {}],
    faults: [['powerOff', ['worker01'], 100, Infinity]],
    outages: [
      { agent: 0, parts: [1, 9, 1] },
      { agent: 1, parts: [2, 16, 3] },
      { agent: 2, noticedAfter: 50 }, // still looks for a node
      { agent: 3 }, // has not noticed
    ],
  });

  expect(['p50', 'p90', 'mean'].map((name) => seconds(run, name))).toEqual([21, Infinity, Infinity]);
  expect(number(run, 'unfinished')).toBe(2);
  expect(['p50', 'p90'].map((name) => seconds(run, `detect.${name}`))).toEqual([2, Infinity]);
  expect(seconds(run, 'detect.p50', { group: 2 })).toBe(50);
  expect(seconds(run, 'retry.p50')).toBe(16);
  expect(seconds(run, 'retry.p90')).toBe(Infinity);
});

test('where nobody was hit there is nothing to say, but for the counts', () => {
  const calm = aRun({ counts: [{}] });

  for (const name of ['p50', 'max', 'mean', 'detect.p99', 'until95', 'unfinished', 'healed']) {
    expect(number(calm, name), name).toBeNull();
  }
  expect(number(calm, 'count')).toBe(0);
  expect(number(calm, 'agents')).toBe(0);
});

test('selectors: the group of the agent, the fault in the list, the node the agent was on', () => {
  // Fault 1 of the list strikes twice, fault 2 once: three occurrences.
  const run = aRun({
    counts: [{}, {}],
    faults: [
      ['kill', ['worker01'], 100, 110, 0],
      ['kill', ['worker01'], 300, 310, 0],
      ['hang', ['master'], 500, 510, 1],
    ],
    outages: [
      { agent: 0, fault: 0, from: 1, brokenAt: 100, parts: [0, 1, 0] },
      { agent: 0, fault: 1, from: 1, brokenAt: 300, parts: [0, 2, 0] },
      { agent: 0, fault: 2, from: 0, brokenAt: 500, parts: [0, 4, 0] },
      { agent: 1, fault: 2, from: 0, brokenAt: 500, parts: [0, 8, 0] },
    ],
  });

  expect(seconds(run, 'mean')).toBe(3.75);
  expect(seconds(run, 'mean', { group: 0 })).toBe(7 / 3);
  expect(seconds(run, 'mean', { fault: 0 })).toBe(1.5);
  expect(seconds(run, 'mean', { fault: 1 })).toBe(6);
  expect(seconds(run, 'mean', { node: 1 })).toBe(1.5);
  expect(seconds(run, 'mean', { node: 0, group: 1 })).toBe(8);
  expect(seconds(run, 'mean', { node: 2 })).toBeNull();
  expect([number(run, 'count', { group: 0 }), number(run, 'agents', { group: 0 })]).toEqual([3, 1]);
});

test('until 95 % are back: from the start of the fault, of the worst of its occurrences', () => {
  // Twenty agents break 5 s into the fault and are back 1 … 20 s later: the 19th after 24 s. The second time it takes 3 s.
  const outages = Array.from({ length: 20 }, (_, agent) => ({
    agent,
    brokenAt: 105,
    parts: [0, agent + 1, 0] as const,
  }));
  const run = aRun({
    counts: Array.from({ length: 20 }, () => ({})),
    faults: [
      ['kill', ['worker01'], 100, 200, 0],
      ['kill', ['worker01'], 300, 400, 0],
    ],
    outages: [...outages, { agent: 0, fault: 1, brokenAt: 300, parts: [1, 1, 1] }],
  });

  expect(seconds(run, 'until95')).toBe(24);
  expect(seconds(run, 'until95', { group: 0 })).toBe(6);
  expect([50, 90, 99, 100].map((percent) => seconds(run, `until${percent}`))).toEqual([15, 23, 25, 25]);
});
