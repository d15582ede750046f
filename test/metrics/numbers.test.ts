import { expect, test } from 'vitest';
import { numbersOf, referenceKey } from '../../src/metrics/numbers.ts';
import { metricNames } from '../../src/scenario/metricNames.ts';
import type { MetricReference } from '../../src/scenario/scenario.ts';
import { aRun } from '../support/books.ts';

const run = aRun({
  world: { groups: [{ count: 2 }, { count: 2, list: [1, 2] }] },
  counts: [{ produced: 100, lost: { path: 3 } }, { produced: 50 }],
  faults: [
    ['kill', ['worker01'], 2, 4, 1],
    ['hang', ['worker02'], 3, 5, 0],
  ],
  outages: [
    { agent: 0, from: 1, to: 2, brokenAt: 2, parts: [1, 10, 2], attempts: 3 },
    { agent: 2, from: 1, brokenAt: 2, healedAfter: 4, froze: true },
    { agent: 3, fault: 1, from: 2, brokenAt: 3, noticedAfter: 60, attempts: 7 },
  ],
  connected: [
    [0, 0, 1, 3, 1, 2],
    [3, 3, 3, 1, 1, 1],
    [1, 1, 0, 0, 2, 1],
  ],
  nodes: [{ delivered: 9 }, { refused: 4 }, { connectsPeakPerSecond: 2 }],
  notes: ['This mode has no balancer.'],
});

test('a replication is reduced to every metric, those with selectors that were asked for, and the causes', () => {
  const asked: MetricReference[] = [
    { mode: 'm', metric: 'reconnect.max', selector: { node: 'worker01', group: 'group0' } },
    { mode: 'm', metric: 'reconnect.max', selector: { node: 'worker09' } },
  ];
  const { metrics, selected, lossByCause, replication, kernelEvents, notes } = numbersOf(run, 4, asked);

  expect(Object.keys(metrics)).toEqual(metricNames);
  expect(metrics['reconnect.max']).toBe(Infinity);
  expect(selected).toEqual({ 'reconnect.max{group=group0,node=worker01}': 13e6, 'reconnect.max{node=worker09}': null });
  expect(lossByCause).toMatchObject({ path: 3, ring: 0 });
  expect({ replication, kernelEvents, notes }).toEqual({
    replication: 4,
    kernelEvents: 15,
    notes: ['This mode has no balancer.'],
  });
});

test('the order in which selectors are written does not matter', () => {
  const key = (selector: Record<string, string>): string => referenceKey({ mode: 'm', metric: 'a.b', selector });

  expect(key({ node: 'n', group: 'g' })).toBe(key({ group: 'g', node: 'n' }));
  expect(key({ node: 'n' })).not.toBe(key({ group: 'n' }));
});

test('the load of a node before the first fault, until the last end, and at the end', () => {
  // Faults from 2 s to 5 s: steps 0 and 1, steps 2 to 4, step 5.
  const [master, worker01, worker02] = numbersOf(run, 0, []).nodes;

  expect(master).toMatchObject({ agents: [0, 5 / 3, 2], delivered: 9 });
  expect(worker01).toMatchObject({ agents: [3, 5 / 3, 1], refused: 4 });
  expect(worker02).toMatchObject({ agents: [1, 2 / 3, 1], connectsPeakPerSecond: 2 });
});

test('the story of each group: how its outages ended, and how they were noticed', () => {
  const [first, second] = numbersOf(run, 0, []).groups;

  expect(first).toEqual({
    group: 'group0',
    outages: 1,
    healed: 0,
    unfinished: 0,
    froze: 0,
    awakeDetectUs: 1e6,
    frozenDetectUs: null,
  });
  expect(second).toMatchObject({
    outages: 2,
    healed: 1,
    unfinished: 1,
    froze: 1,
    awakeDetectUs: 60e6,
    frozenDetectUs: null,
  });
});

test('what is kept crosses threads unchanged', () => {
  const numbers = numbersOf(run, 0, []);

  expect(structuredClone(numbers)).toEqual(numbers);
});
