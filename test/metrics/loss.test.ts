import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metricValue } from '../../src/metrics/metric.ts';
import { everything } from '../../src/metrics/selection.ts';
import { lossCauses, type LossCause } from '../../src/models/ledger.ts';
import { aRun, type CountsSketch } from '../support/books.ts';

const two = aRun({
  counts: [
    { produced: 1_000, pending: 10, lost: { path: 30, nodeMemory: 5 } },
    { produced: 3_000, pending: 0, lost: { path: 4, ring: 1 } },
  ],
});
const of = (name: string, group = -1): number | null => metricValue(name, two, { ...everything, group });

test('every event ends in one place, of all agents or of a group', () => {
  const names = ['events.produced', 'events.delivered', 'events.lost', 'events.pending'];

  expect(names.map((name) => of(name))).toEqual([4_000, 3_950, 40, 10]);
  expect(names.map((name) => of(name, 0))).toEqual([1_000, 955, 35, 10]);
  expect(names.map((name) => of(name, 1))).toEqual([3_000, 2_995, 5, 0]);
});

test('the share of loss is of what was produced; the causes add up to it', () => {
  expect(of('loss.share')).toBe(0.01);
  expect(of('loss.share', 0)).toBe(0.035);
  expect(Object.fromEntries(lossCauses.map((cause) => [cause, of(`loss.${cause}`)]))).toEqual({
    path: 34,
    sendError: 0,
    ring: 1,
    logcollector: 0,
    agentRestart: 0,
    nodeQueue: 0,
    analysis: 0,
    nodeMemory: 5,
    zombie: 0,
    keyInUse: 0,
  });
  expect(of('loss.path', 1)).toBe(4);
});

test('a group that writes nothing has no share of loss', () => {
  expect(metricValue('loss.share', aRun({ counts: [{ produced: 0 }] }), everything)).toBeNull();
});

test('loss in seconds: what was lost over the rate of the agents that were cut off, each counted once', () => {
  // Agents 0 (2/s) and 1 (3/s) were cut off, agent 0 twice; agent 2 (100/s) was not. 40 lost ÷ 5/s.
  const run = aRun({
    counts: [{ produced: 500, lost: { path: 30 } }, { produced: 500, lost: { ring: 10 } }, { produced: 9_000 }],
    rates: [2, 3, 100],
    faults: [['kill', ['worker01'], 1, 2]],
    outages: [
      { agent: 0, parts: [1, 1, 1] },
      { agent: 0, parts: [1, 1, 1] },
      { agent: 1, parts: [1, 1, 1] },
    ],
  });

  expect(metricValue('loss.seconds', run, everything)).toBe(8e6);
  expect(metricValue('loss.seconds', run, { ...everything, group: 1 })).toBe(10e6 / 3);
  expect(metricValue('loss.seconds', run, { ...everything, group: 2 })).toBeNull();
});

test('a longer run dilutes the share of loss and leaves its seconds alone', () => {
  const after = (produced: number): (number | null)[] => {
    const run = aRun({
      counts: [{ produced, lost: { path: 20 } }],
      rates: [2],
      faults: [['kill', ['worker01'], 1, 2]],
      outages: [{ agent: 0, parts: [1, 1, 1] }],
    });
    return ['loss.share', 'loss.seconds'].map((name) => metricValue(name, run, everything));
  };

  expect(after(1_000)).toEqual([0.02, 10e6]);
  expect(after(10_000)).toEqual([0.002, 10e6]);
});

test('more losses never lower a metric of loss', () => {
  const counts: fc.Arbitrary<CountsSketch> = fc.record({
    produced: fc.integer({ min: 100, max: 1_000_000 }),
    lost: fc.record({ path: fc.nat(10), ring: fc.nat(10), analysis: fc.nat(10) }),
  });
  const cause = fc.constantFrom<LossCause[]>('path', 'ring', 'analysis', 'keyInUse');
  fc.assert(
    fc.property(fc.array(counts, { minLength: 1, maxLength: 3 }), cause, fc.nat(20), (groups, which, more) => {
      const cut = {
        faults: [['kill', ['worker01'], 1, 2]] as const,
        outages: [{ agent: 0, parts: [1, 1, 1] as const }],
      };
      const before = aRun({ ...cut, counts: groups });
      const [first, ...rest] = groups;
      const lost = { ...first!.lost, [which]: (first!.lost![which] ?? 0) + more };
      const after = aRun({ ...cut, counts: [{ ...first, lost }, ...rest] });
      for (const name of ['events.lost', 'loss.share', 'loss.seconds', `loss.${which}`]) {
        expect(metricValue(name, after, everything)!).toBeGreaterThanOrEqual(metricValue(name, before, everything)!);
      }
    }),
    { seed: 1 },
  );
});
