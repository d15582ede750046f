import { expect, test } from 'vitest';
import { changeOf, NotComparableError } from '../../src/metrics/change.ts';
import type { Comparison, MetricResult } from '../../src/metrics/comparison.ts';
import { estimate, welchDifference } from '../../src/metrics/statistics.ts';
import { aComparison, failover, loadBalancer } from '../support/comparison.ts';

const base = aComparison({ modes: [loadBalancer, failover], agents: 30, replications: 4, minutes: 21 });

/** The same result with other values of a metric of the first mode. */
function withValues(metric: string, values: readonly number[], of: Comparison = base): Comparison {
  const changed = (result: MetricResult): MetricResult =>
    result.metric === metric ? { ...result, estimate: estimate(values) } : result;
  return {
    ...of,
    replications: values.length,
    modes: of.modes.map((mode, index) =>
      index > 0 ? mode : { ...mode, metrics: mode.metrics.filter((each) => each.metric === metric).map(changed) },
    ),
  };
}
const lost = (...values: readonly number[]): Comparison => withValues('events.lost', values);
const otherSeed = (of: Comparison): Comparison => ({ ...of, scenario: { ...of.scenario, seed: '2' } });

function refusal(before: Comparison, after: Comparison): string {
  try {
    changeOf(before, after);
  } catch (error) {
    if (error instanceof NotComparableError) return error.message;
    throw error;
  }
  return 'compared';
}

test('a result against itself: nothing moved', () => {
  const change = changeOf(base, base);

  expect([change.moved, change.movedByGroup, change.settings, change.moves]).toEqual([[], [], [], []]);
  expect(change.unmoved).toBe(base.modes.flatMap(({ metrics }) => metrics).length);
});

test('the same seed: differences replication by replication, so a small move among large values is certain', () => {
  const { moved, paired } = changeOf(lost(100, 200, 300, 400), lost(101, 202, 301, 402));

  expect(paired).toBe(4);
  expect(moved[0]).toMatchObject({ metric: 'events.lost', certain: true });
  expect(moved[0]!.difference.values).toEqual([1, 2, 1, 2]);
});

test('another seed: Welch, and the same numbers may be chance', () => {
  const { moved, paired, moves } = changeOf(lost(100, 200, 300, 400), otherSeed(lost(101, 202, 301, 402)));

  expect([paired, moves]).toEqual([0, null]);
  expect(moved[0]).toMatchObject({ metric: 'events.lost', certain: false });
  // Freedom a hair below 6, taken as 5: t = 2.570582; both means have a variance of some 4,170.
  expect(moved[0]!.difference.halfWidth).toBeCloseTo(234.9, 1);
});

test('Welch’s interval is the textbook’s', () => {
  // Variances of the means 5/3 and 3; freedom 4.01, taken as 4: t = 2.776445.
  const { mean, halfWidth } = welchDifference([2, 4, 6, 8], [9, 12, 15]);

  expect(mean).toBe(-7);
  expect(halfWidth).toBeCloseTo(2.776445 * Math.sqrt(20 / 3 / 4 + 3), 4);
});

test('fewer replications on one side: the common ones are compared', () => {
  const { moved, paired } = changeOf(lost(100, 200, 300, 400), lost(150, 250));

  expect(paired).toBe(2);
  expect(moved[0]).toMatchObject({ before: { mean: 150 }, after: { mean: 200 }, certain: true });
});

test('the largest certain move comes first, what may be chance last; what never ends is largest', () => {
  const values = (of: Record<string, readonly number[]>): Comparison => ({
    ...base,
    modes: base.modes.slice(0, 1).map((mode) => ({
      ...mode,
      metrics: Object.entries(of).map(([metric, list]) => ({ metric, unit: 'us' as const, estimate: estimate(list) })),
    })),
  });
  const before = values({ small: [100, 100], large: [100, 100], chance: [100, 200], ends: [5, 5], same: [7, 7] });
  const after = values({
    small: [101, 101],
    large: [300, 301],
    chance: [300, 100],
    ends: [Infinity, Infinity],
    same: [7, 7],
  });

  const { moved, unmoved } = changeOf(before, after);
  expect(moved.map(({ metric, certain }) => [metric, certain])).toEqual([
    ['ends', true],
    ['large', true],
    ['small', true],
    ['chance', false],
  ]);
  expect(unmoved).toBe(1);
});

test('one replication on both sides: a move, but nothing is certain', () => {
  expect(changeOf(lost(100), lost(200)).moved[0]).toMatchObject({ certain: false, size: 0.5 });
});

test('agents that land elsewhere are counted by group and way', () => {
  const after: Comparison = {
    ...base,
    modes: base.modes.map((mode, index) =>
      index > 0
        ? mode
        : {
            ...mode,
            landing: {
              ...mode.landing,
              start: mode.landing.start.map((node) => (node === 1 ? 2 : node === 2 ? -1 : node)),
            },
          },
    ),
  };

  expect(changeOf(base, after).moves).toEqual([
    { mode: 'load-balancer', group: 'servers', from: 'worker01', to: 'worker02', agents: 10 },
    { mode: 'load-balancer', group: 'servers', from: 'worker02', to: null, agents: 10 },
  ]);
});

test('settings that differ are told once for all modes that they differ in', () => {
  const set = (comparison: Comparison, path: string, value: number, modes: readonly number[]): Comparison => ({
    ...comparison,
    modes: comparison.modes.map((mode, index) =>
      modes.includes(index)
        ? { ...mode, settings: [...mode.settings.filter((each) => each.path !== path), { path, value }] }
        : mode,
    ),
  });
  const after = set(set(base, 'warmupUs', 60e6, [0, 1]), 'balancers.length', 3, [0]);

  expect(changeOf(base, after).settings).toEqual([
    { modes: ['load-balancer', 'failover'], changes: [{ path: 'warmupUs', before: 120e6, after: 60e6 }] },
    { modes: ['load-balancer'], changes: [{ path: 'balancers.length', before: 1, after: 3 }] },
  ]);
});

test('an expectation is followed by its text', () => {
  const [first, second] = base.expectations;
  const after: Comparison = { ...base, expectations: [{ ...first!, verdict: 'breached' }] };

  expect(changeOf(base, after).expectations.map(({ before, after: then }) => [before, then])).toEqual([
    ['pass', 'breached'],
    [second!.verdict, null],
  ]);
});

test('what cannot be compared says which and what to do', () => {
  const renamed = { ...base, modes: base.modes.map((mode) => ({ ...mode, name: `${mode.name}2` })) };
  const larger = aComparison({ modes: [loadBalancer, failover], agents: 40, replications: 4, minutes: 21 });

  expect(refusal(base, { ...base, engine: '0.2.0' })).toBe(
    'worker-crash was made by fleetfall 0.1.0, worker-crash by 0.2.0: what moves may be the simulator. Run both with one version.',
  );
  expect(refusal(base, renamed)).toBe(
    'no mode is in both: worker-crash has load-balancer, failover; worker-crash has load-balancer2, failover2. ' +
      'Modes are compared by name: call those alike that you want to compare.',
  );
  expect(refusal(base, larger)).toBe(
    'the fleets differ (servers has 30 agents in the first and 40 in the second), so their differences mean nothing. ' +
      'Compare results of one fleet; `fleetfall run` tells each by itself.',
  );
});

test('modes of one side only are named and left out', () => {
  const { modes, onlyBefore, onlyAfter } = changeOf(base, { ...base, modes: base.modes.slice(1) });

  expect({ modes, onlyBefore, onlyAfter }).toEqual({
    modes: ['failover'],
    onlyBefore: ['load-balancer'],
    onlyAfter: [],
  });
});
