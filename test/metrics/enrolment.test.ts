// How newcomers fare, as metrics.
import { expect, test } from 'vitest';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything, type RunView } from '../../src/metrics/selection.ts';
import type { EnrolmentBooks } from '../../src/models/ledger.ts';
import { aRun } from '../support/books.ts';
import { second } from '../support/worlds.ts';

const seconds = (...values: readonly number[]): Float64Array => Float64Array.from(values, (value) => value * second);

/** Two groups: one that was there before, and three newcomers of which one never reports. */
function aRollout(changes: Partial<EnrolmentBooks> = {}): RunView {
  const run = aRun({
    world: {
      groups: [
        { count: 1, list: [0] },
        { count: 3, list: [0] },
      ],
    },
    counts: [{}, {}],
  });
  const enrolment: EnrolmentBooks = {
    startedUs: seconds(NaN, 100, 110, 120),
    keyUs: seconds(Infinity, 101, 115, Infinity),
    reportedUs: seconds(-50, 121, 150, Infinity),
    keyUnknown: Int32Array.of(0, 0, 2, 0),
    failed: Int32Array.of(0, 0, 1, 7),
    duplicates: Int32Array.of(3, 0, 1, 0),
    ...changes,
  };
  return { ...run, books: { ...run.books, enrolment } };
}

const ask = (run: RunView, name: string, selection = {}) =>
  metricValue(`enrolment.${name}`, run, { ...everything, ...selection });

test('newcomers report after their start, and one that does not is infinite', () => {
  const run = aRollout();

  expect(ask(run, 'agents')).toBe(3);
  expect(ask(run, 'unfinished')).toBe(1);
  expect(ask(run, 'firstReport.p50')).toBe(40 * second);
  expect(ask(run, 'firstReport.max')).toBe(Infinity);
  expect(ask(run, 'key.p50')).toBe(5 * second);
});

test('refusals are counted of all, the share of those who met a node without their key of newcomers', () => {
  const run = aRollout();

  expect(ask(run, 'keyUnknown')).toBe(2);
  expect(ask(run, 'keyUnknown.share')).toBeCloseTo(1 / 3, 12);
  expect(ask(run, 'failed')).toBe(8);
  expect(ask(run, 'duplicates')).toBe(4);
  expect(ask(run, 'duplicates', { group: 0 })).toBe(3);
});

test('where nobody comes without a key there is nothing to say about newcomers', () => {
  const run = aRollout();

  for (const name of ['unfinished', 'firstReport.p50', 'key.max', 'keyUnknown.share']) {
    expect(ask(run, name, { group: 0 }), name).toBeNull();
  }
  expect(ask(run, 'agents', { group: 0 })).toBe(0);
});
