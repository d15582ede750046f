import { expect, test } from 'vitest';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything, type RunView, type Selection } from '../../src/metrics/selection.ts';
import { aRun } from '../support/books.ts';

const value = (run: RunView, name: string, selection: Partial<Selection> = {}): number | null =>
  metricValue(name, run, { ...everything, ...selection });

test('a storm: the busiest second of the busiest node, and what failed on all of them', () => {
  const run = aRun({
    nodes: [
      { connectsPeakPerSecond: 40, refused: 1, acceptQueueOverflow: 0 },
      { connectsPeakPerSecond: 90, refused: 20, acceptQueueOverflow: 5 },
      { connectsPeakPerSecond: 70, refused: 300, acceptQueueOverflow: 50 },
    ],
    attemptsFailed: 77,
  });
  const names = ['storm.connects', 'storm.refused', 'storm.overflow'];

  expect(names.map((name) => value(run, name))).toEqual([90, 321, 55]);
  expect(names.map((name) => value(run, name, { node: 2 }))).toEqual([70, 300, 50]);
  expect(value(run, 'storm.failed')).toBe(77);
});

test('a storm: keys refused on all nodes, the longest wait for a handler, and who drops events first', () => {
  const run = aRun({
    world: { groups: [{ count: 1 }], eventsPerSecond: 1_000 },
    nodes: [
      { keysRefused: 2, controlWaitPeakUs: 5e6, firstDropAtUs: -1 },
      { keysRefused: 0, controlWaitPeakUs: 70e6, firstDropAtUs: 90e6 },
      { keysRefused: 7, controlWaitPeakUs: 0, firstDropAtUs: 30e6 },
    ],
  });
  const names = ['storm.refusedKeys', 'storm.controlWait', 'headroom.firstDrop'];

  expect(names.map((name) => value(run, name))).toEqual([9, 70e6, 30e6]);
  expect(names.map((name) => value(run, name, { node: 0 }))).toEqual([2, 5e6, Infinity]);
  expect(value(run, 'headroom.firstDrop', { node: 1 })).toBe(90e6);
  expect(value(aRun(), 'headroom.firstDrop')).toBeNull(); // no capacity is given
});

test('draining: the longest backlog of the agents that are back', () => {
  const run = aRun({
    counts: [{}, {}, {}, {}],
    faults: [['kill', ['worker01'], 1, 2]],
    outages: [{ agent: 0, parts: [1, 1, 1] }, { agent: 1, healedAfter: 5 }, { agent: 3 }],
    drain: [2, 9, 50, 60],
  });

  expect(value(run, 'storm.drain')).toBe(9e6);
  expect(value(run, 'storm.drain', { group: 0 })).toBe(2e6);
  expect(value(run, 'storm.drain', { group: 3 })).toBeNull(); // not back
});

test('delay from production, over the delivered events', () => {
  // 60 up to 1 s, 35 up to 10 s, 5 up to 100 s.
  const run = aRun({
    delays: [
      [1, 60],
      [10, 35],
      [100, 5],
    ],
    delaySum: 400,
    delayMax: 80,
  });

  expect(['p50', 'p90', 'p95', 'p99', 'max', 'mean'].map((name) => value(run, `delay.${name}`))).toEqual([
    1e6, 10e6, 10e6, 80e6, 80e6, 4e6,
  ]);
  expect(value(aRun(), 'delay.p50')).toBeNull();
  // How long each has waited in a node is not known.
  const queued = aRun({ delays: [[1, 10]], delaySum: 10, delayMax: 1, nodes: [{ queuePeak: 5 }] });
  expect([value(queued, 'delay.p99'), value(queued, 'delay.mean')]).toEqual([null, 1e6]);
});

test('blindness: the longest gap of each agent that had one, without end for one that is not back', () => {
  const run = aRun({
    counts: [{}, {}, {}, {}, {}],
    faults: [['kill', ['worker01'], 1, 2]],
    outages: [{ agent: 4 }],
    blind: [0, 10, 30, 20, 0],
  });

  expect(['p50', 'max', 'mean'].map((name) => value(run, `blindness.${name}`))).toEqual([20e6, Infinity, Infinity]);
  expect(value(run, 'blindness.max', { group: 2 })).toBe(30e6);
  expect(value(run, 'blindness.max', { group: 4 })).toBe(Infinity);
  expect(value(run, 'blindness.max', { group: 0 })).toBeNull();
});

test('headroom: what the fullest survivor could still take while the node was gone', () => {
  // worker01 is gone from 2 s to 4 s, master from 5 s to 6 s; every node can analyse 100/s.
  const run = aRun({
    world: { groups: [{ count: 30 }], eventsPerSecond: 100 },
    faults: [
      ['kill', ['worker01'], 2, 4],
      ['powerOff', ['master'], 5, 6],
      ['kill', ['balancer'], 0, 1],
    ],
    nodeRate: [
      [99, 50, 60, 80, 50, 0, 50],
      [50, 50, 99, 99, 50, 70, 50],
      [50, 50, 75, 60, 50, 95, 50],
    ],
  });

  expect(value(run, 'headroom.n1', { node: 1 })).toBe(20);
  expect(value(run, 'headroom.n1', { node: 0 })).toBe(5);
  expect(value(run, 'headroom.n1')).toBe(5);
  expect(value(run, 'headroom.n1', { node: 2 })).toBeNull();
});

test('headroom may be negative; a survivor that nobody can reach has none to offer', () => {
  const run = aRun({
    world: { groups: [{ count: 30, list: [1, 2] }], eventsPerSecond: 100 },
    faults: [['kill', ['worker01'], 0, 2]],
    nodeRate: [
      [0, 0],
      [0, 0],
      [110, 130],
    ],
  });
  const alone = aRun({
    world: { groups: [{ count: 30, list: [1] }], eventsPerSecond: 100 },
    faults: [['kill', ['worker01'], 0, 2]],
    nodeRate: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  });

  expect(value(run, 'headroom.n1')).toBe(-30);
  expect(value(alone, 'headroom.n1')).toBeNull();
});

test('without a capacity there is no headroom to tell', () => {
  const run = aRun({
    world: { groups: [{ count: 30 }], eventsPerSecond: null },
    faults: [['kill', ['worker01'], 0, 2]],
    nodeRate: [
      [1, 1],
      [0, 0],
      [1, 1],
    ],
  });

  expect(value(run, 'headroom.n1', { node: 1 })).toBeNull();
});
