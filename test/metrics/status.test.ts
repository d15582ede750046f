// What the dashboard shows, as metrics.
import { expect, test } from 'vitest';
import { metricValue } from '../../src/metrics/metric.ts';
import { numbersOf } from '../../src/metrics/numbers.ts';
import { everything, type RunView } from '../../src/metrics/selection.ts';
import type { StatusBooks } from '../../src/models/ledger.ts';
import { aRun } from '../support/books.ts';
import { second } from '../support/worlds.ts';

const seconds = (...values: readonly number[]): Float64Array => Float64Array.from(values, (value) => value * second);
const line = (...agents: readonly number[]): Float64Array => Float64Array.from(agents);

function aDashboard(status: Partial<StatusBooks>): RunView {
  const run = aRun({
    counts: [{}, {}, {}],
    connected: [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    faults: [['kill', ['worker01'], 0, 1]],
    outages: [
      { agent: 0, parts: [1, 2, 3] },
      { agent: 1, healedAfter: 2 },
      { agent: 2, from: 2, noticedAfter: 1 },
    ],
  });
  const none = new Float64Array(3);
  const shown: StatusBooks = {
    knownUs: seconds(NaN, NaN, NaN),
    falseDisconnectedUs: none,
    falseActiveUs: none,
    alerts: [0, 0, 0],
    falseAlerts: [0, 0, 0],
    timeline: {
      active: [line(1, 0), line(2, 1), line(0, 0)],
      pending: line(0, 1),
      disconnected: line(0, 1),
      falseDisconnected: line(0, 1),
      falseActive: line(2, 1),
    },
    ...status,
  };
  return { ...run, books: { ...run.books, status: shown } };
}

const ask = (run: RunView, name: string, selection = {}) => metricValue(name, run, { ...everything, ...selection });

test('agents that were shown wrongly are counted, and for how long each', () => {
  const run = aDashboard({ falseDisconnectedUs: seconds(0, 30, 10), falseActiveUs: seconds(5, 0, 0) });

  expect(ask(run, 'status.falseDisconnected')).toBe(2);
  expect(ask(run, 'status.falseDisconnected', { group: 0 })).toBe(0);
  expect(ask(run, 'status.falseDisconnected.max')).toBe(30 * second);
  expect(ask(run, 'status.falseDisconnected.mean')).toBe(20 * second);
  expect(ask(run, 'status.falseDisconnected.peak')).toBe(1);
  expect(ask(run, 'status.falseActive')).toBe(1);
  expect(ask(run, 'status.falseActive.peak')).toBe(2);
  expect(ask(run, 'status.falseActive.max', { group: 1 })).toBeNull();
});

test('the time until an outage is known is infinite for one the dashboard never shows, and says nothing of one that healed', () => {
  const run = aDashboard({ knownUs: seconds(60, NaN, Infinity) });

  expect(ask(run, 'status.known.p50')).toBe(60 * second);
  expect(ask(run, 'status.known.max')).toBe(Infinity);
  expect(ask(run, 'status.known.max', { node: 1 })).toBe(60 * second);
  expect(ask(run, 'status.known.max', { group: 1 })).toBeNull();
});

test('alerts are counted by group', () => {
  const run = aDashboard({ alerts: [3, 0, 4], falseAlerts: [1, 0, 0] });

  expect(ask(run, 'status.alerts')).toBe(7);
  expect(ask(run, 'status.alerts', { group: 2 })).toBe(4);
  expect(ask(run, 'status.falseAlerts')).toBe(1);
});

test('where nobody is the master nothing is said', () => {
  const run = aRun();

  expect(ask(run, 'status.alerts')).toBeNull();
  expect(numbersOf(run, 0, []).timeline.shown).toBeNull();
  expect(numbersOf(run, 0, []).nodes[0]!.shownActive).toBeNull();
});

test('the time line has what the dashboard shows, and each node the agents shown on it', () => {
  const { timeline, nodes } = numbersOf(aDashboard({}), 0, []);

  expect(timeline.shown).toEqual({
    active: [3, 1],
    pending: [0, 1],
    disconnected: [0, 1],
    falseDisconnected: [0, 1],
    falseActive: [2, 1],
  });
  expect(nodes.map(({ shownActive }) => shownActive![2])).toEqual([0, 1, 0]);
});
