// Does what came out meet what was expected?
import { formatCount, formatDuration, formatShare } from '../kernel/units.ts';
import { metricDefinition } from '../scenario/metricNames.ts';
import type { Expectation, ExpectationOp, MetricReference } from '../scenario/scenario.ts';
import type { Estimate, ExpectationResult, Unit } from './comparison.ts';
import { estimate } from './statistics.ts';

/** A value for people, in its unit. */
export function formatValue(unit: Unit, value: number): string {
  switch (unit) {
    case 'us':
      return formatDuration(value);
    case 'share':
      return formatShare(value);
    case 'perSecond':
      return `${formatCount(value)}/s`;
    case 'events':
    case 'agents':
    case 'count':
    case 'ratio':
      return formatCount(value);
    default:
      return unit satisfies never;
  }
}

function holds(left: number, op: ExpectationOp, right: number): boolean {
  switch (op) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '==':
      return left === right;
    default:
      return op satisfies never;
  }
}

const opposite: Readonly<Record<ExpectationOp, string>> = {
  '<': 'not below',
  '<=': 'above',
  '>': 'not above',
  '>=': 'below',
  '==': 'not equal to',
};
const said: Readonly<Record<ExpectationOp, string>> = {
  '<': 'below',
  '<=': 'at most',
  '>': 'above',
  '>=': 'at least',
  '==': 'equal to',
};

/** @param valuesOf one value a replication of a metric, by its reference. */
export function judge(expectation: Expectation, valuesOf: (reference: MetricReference) => Estimate): ExpectationResult {
  const { left, op, right } = expectation;
  const { unit } = metricDefinition(left.metric)!;
  const found = valuesOf(left);
  const compared = right.kind === 'metric' ? valuesOf(right.reference) : null;
  const limits = (index: number): number | null => {
    if (right.kind === 'value') return right.value;
    const value = compared!.values[index] ?? null;
    return value === null ? null : right.factor * value;
  };
  const margins = estimate(
    found.values.map((value, index) => {
      const limit = limits(index);
      if (value === null || limit === null) return null;
      // Two infinite values are equally unfinished.
      return value === limit ? 0 : value - limit;
    }),
  );
  if (margins.mean === null) {
    return { expectation, verdict: 'vacuous', detail: 'this run says nothing about it: nobody was affected.' };
  }
  const shown = `${formatValue(unit, found.mean!)}${found.halfWidth ? ` ± ${formatValue(unit, found.halfWidth)}` : ''}`;
  const limitText =
    right.kind === 'value'
      ? formatValue(unit, right.value)
      : `${right.factor === 1 ? '' : `${right.factor} × `}${formatValue(unit, compared!.mean!)} (${right.reference.mode})`;
  const met = holds(margins.mean, op, 0);
  const half = margins.halfWidth ?? 0;
  // The interval straddles the limit when its two ends answer differently; equality needs every replication.
  const ends =
    op === '=='
      ? [margins.values.every((value) => value === null || value === 0)]
      : [holds(margins.mean - half, op, 0), holds(margins.mean + half, op, 0)];
  const verdict = ends.every((end) => end === met)
    ? met
      ? 'pass'
      : 'breached'
    : op === '=='
      ? 'breached'
      : 'inconclusive';
  const words =
    verdict === 'pass' ? `is ${said[op]}` : verdict === 'breached' ? `is ${opposite[op]}` : 'cannot be told from';
  return { expectation, verdict, detail: `${shown} ${words} ${limitText}` };
}
