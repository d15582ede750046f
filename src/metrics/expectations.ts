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

function shownMean(unit: Unit, { mean }: Estimate): string {
  return mean === null ? 'nothing' : formatValue(unit, mean);
}

function shownInterval(unit: Unit, estimated: Estimate): string {
  const { halfWidth } = estimated;
  return `${shownMean(unit, estimated)}${halfWidth ? ` ± ${formatValue(unit, halfWidth)}` : ''}`;
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

/** Why a run may say nothing about a metric, by the first word of its name. */
const silences: Readonly<Record<string, string>> = {
  loss: 'nobody was affected.',
  reconnect: 'nobody was affected.',
  skew: 'no node that the mode can reach carried anything then.',
  rebalanced: 'there is no fault that ends.',
  storm: 'nobody was affected.',
  delay: 'no event was delivered.',
  blindness: 'nobody was affected.',
  placement: 'no inventory says on which of these nodes an agent was seen.',
  backtest: 'nothing was observed on nodes of this mode.',
  headroom: 'no survivor of a fault has an eventsPerSecond.',
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
  if (margins.values.every((value) => value === null)) {
    const silent = right.kind === 'metric' && found.mean !== null ? right.reference.metric : left.metric;
    const why = silences[silent.split('.')[0]!] ?? 'there is nothing to compare.';
    return { expectation, unit, found, margins, verdict: 'vacuous', detail: `this run says nothing about it: ${why}` };
  }
  const shown = right.kind === 'value' ? shownInterval(unit, found) : shownMean(unit, found);
  const limitText =
    right.kind === 'value'
      ? formatValue(unit, right.value)
      : `${right.factor === 1 ? '' : `${right.factor} × `}${shownMean(unit, compared!)} (${right.reference.mode})` +
        // What decides: both vary with the luck of a replication, their difference hardly.
        (margins.mean !== null && Number.isFinite(margins.mean)
          ? `, the difference is ${shownInterval(unit, margins)}`
          : '');
  if (margins.mean === null) {
    // Infinite in some replications on one side, in some on the other.
    return {
      expectation,
      unit,
      found,
      margins,
      verdict: 'inconclusive',
      detail: `${shown} cannot be told from ${limitText}`,
    };
  }
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
  return { expectation, unit, found, margins, verdict, detail: `${shown} ${words} ${limitText}` };
}
