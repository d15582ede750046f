import { expect, test } from 'vitest';
import type { MetricResult, ModeResult, Unit } from '../../src/metrics/comparison.ts';
import { headlinesOf } from '../../src/report/words.ts';
import { aComparison } from '../support/comparison.ts';

function result(metric: string, unit: Unit, value: number): MetricResult {
  return { metric, unit, estimate: { values: [value], mean: value, halfWidth: null, min: value, max: value } };
}

function modeWith(...results: readonly MetricResult[]): ModeResult {
  const [mode] = aComparison().modes;
  return { ...mode!, metrics: [...results, result('events.lost', 'events', 0)] };
}

const labels = (...modes: readonly ModeResult[]): string[] => headlinesOf(modes).map(({ label }) => label);

test('where nobody is cut off and nothing is lost, no row tells of returns or causes', () => {
  expect(labels(modeWith(result('reconnect.count', 'count', 0)))).toEqual([
    'outages of agents',
    'events lost',
    'share of events lost',
    'skew before / during / after',
  ]);
});

test('newcomers have rows of their own, as soon as one mode has some', () => {
  const rollout = modeWith(
    result('enrolment.agents', 'agents', 500),
    result('enrolment.firstReport.p50', 'us', 20e6),
    result('enrolment.keyUnknown.share', 'share', 0.0512),
  );
  const rows = headlinesOf([modeWith(), rollout]);

  expect(rows.find(({ label }) => label === 'half report after')!.value(rollout)).toBe('20.0 s');
  expect(rows.find(({ label }) => label === 'met a node without their key')!.value(rollout)).toBe('5.12 %');
  expect(labels(modeWith())).not.toContain('newcomers');
});

test('full accept queues and a dashboard that errs are told where they occur', () => {
  const storm = modeWith(
    result('storm.overflow', 'count', 3_141),
    result('status.falseDisconnected.peak', 'agents', 12),
  );

  expect(labels(storm)).toContain('SYNs dropped by full accept queues');
  expect(labels(storm)).toContain('shown as disconnected though heard, most');
});
