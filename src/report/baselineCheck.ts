// A scenario held against its baseline: the same to the last event, or within a tolerance, or what is otherwise and where it began.
import { changeOf, NotComparableError, type Change } from '../metrics/change.ts';
import type { Comparison } from '../metrics/comparison.ts';
import { settingChanges, settingsOf } from '../metrics/settings.ts';
import { firstDivergence, isAlike, type Divergence } from '../run/divergence.ts';
import type { Keeping, Recording } from '../run/recording.ts';
import { comparisonOf, playAll, type SimulateOptions } from '../run/replications.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Baseline } from './baseline.ts';
import { printable } from './escape.ts';
import { settingLines } from './settingLines.ts';

/**
 * Whole numbers and instants are exact. Sums of fractions (means, shares, ratios) may differ in their last digits from one machine to
 * another: in no figure that anybody reads.
 */
const lastDigits = 1e-9;

/** A baseline of another scenario than the one that is checked: what changed, and what to do. */
export class StaleBaselineError extends Error {
  constructor(name: string, changes: readonly string[], save: string) {
    super(
      [
        `${printable(name)}: the baseline is of other input, so nothing can be said of the simulation. What changed:`,
        ...changes.map((line) => `  ${printable(line)}`),
        `If that is meant, remember the new one: ${printable(save)}`,
      ].join('\n'),
    );
    this.name = 'StaleBaselineError';
  }
}

export interface ValueDifference {
  readonly mode: string;
  readonly metric: string;
  /** From 0; -1: the mean over all. */
  readonly replication: number;
  readonly before: number | null;
  readonly after: number | null;
}

export interface BaselineCheck {
  readonly differs: boolean;
  /** Relative; `null`: exact. */
  readonly tolerance: number | null;
  /** The first event that differs, though all may be within the tolerance; `null`: every event is alike. */
  readonly divergence: Divergence | null;
  /** Replications, of all modes, in which an event differs, and all there are. */
  readonly divergent: number;
  readonly replications: number;
  readonly events: number;
  /** Values beyond the tolerance. */
  readonly values: readonly ValueDifference[];
  /** What moved, the largest first. */
  readonly change: Change;
}

const everything: Keeping = { connections: 'some', counts: 'some' };
const digests: Keeping = { connections: 'none', counts: 'none' };

export interface Recorded {
  readonly comparison: Comparison;
  /** By mode and replication. */
  readonly recordings: readonly (readonly Recording[])[];
}

/** Plays a scenario and writes down what happens in it, to be remembered. @throws as `simulate`. */
export async function record(scenario: Scenario, options: SimulateOptions = {}): Promise<Recorded> {
  const played = await playAll(scenario, options, everything);
  return {
    comparison: comparisonOf(scenario, played),
    recordings: played.map((runs) => runs.map(({ recording }) => recording!)),
  };
}

/**
 * Plays a scenario again and holds it against its baseline.
 * @param tolerance relative, of the means over the replications; `null`: every event and every value has to be the same.
 * @throws StaleBaselineError when the scenario or a configuration is not what it was.
 */
export async function checkBaseline(
  scenario: Scenario,
  baseline: Baseline,
  { tolerance = null, ...options }: SimulateOptions & { readonly tolerance?: number | null } = {},
): Promise<BaselineCheck> {
  const changes = inputChanges(scenario, baseline.comparison);
  if (changes.length > 0) {
    throw new StaleBaselineError(
      scenario.name,
      changes,
      scenario.command.replace(/^fleetfall run/, 'fleetfall baseline save'),
    );
  }
  const played = await playAll(scenario, options, digests);
  const comparison = comparisonOf(scenario, played);
  let change: Change;
  try {
    change = changeOf(baseline.comparison, comparison);
  } catch (error) {
    if (error instanceof NotComparableError) throw new Error(`the same input, but ${error.message}`, { cause: error });
    throw error;
  }
  const divergence = firstDivergence(scenario, played, baseline.recordings);
  const pairs = played.flatMap((runs, mode) =>
    runs.map(({ recording }, replication) => [recording!, baseline.recordings[mode]![replication]!] as const),
  );
  const values = tolerance === null ? exactly(change) : within(change, tolerance);
  const judged = change.expectations.some(({ before, after }) => before !== after);
  return {
    differs: values.length > 0 || judged || (tolerance === null && divergence !== null),
    tolerance,
    divergence,
    divergent: pairs.filter(([now, then]) => !isAlike(now, then)).length,
    replications: pairs.length,
    events: pairs.reduce((sum, [{ connections }]) => sum + connections.rows, 0),
    values,
    change,
  };
}

/** In lines what a scenario has otherwise than the one that a baseline is of; nothing: all that the simulation reads is the same. */
export function inputChanges(
  scenario: Scenario,
  { scenario: then, replications, modes, expectations }: Comparison,
): string[] {
  const lines: string[] = [];
  const changed = (what: string, before: unknown, after: unknown): void => {
    if (before !== after) lines.push(`${what}: ${String(before)} → ${String(after)}`);
  };
  changed('seed', then.seed, scenario.seed);
  changed('replications', replications, scenario.replications);
  const names = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => name).join(', ');
  changed('modes', names(modes), names(scenario.modes));
  const texts = (list: readonly string[]): string => list.join('; ') || 'none';
  changed(
    'expect',
    texts(expectations.map(({ expectation }) => expectation.text)),
    texts(scenario.expectations.map(({ text }) => text)),
  );
  for (const { name, world } of scenario.modes) {
    const mode = modes.find((each) => each.name === name);
    if (mode === undefined) continue;
    const changes = settingChanges(mode.settings, settingsOf(world));
    const told = settingLines({ modes: [name], changes });
    lines.push(...told.slice(0, 8).map(({ path, before, after }) => `${name}: ${path}: ${before} → ${after}`));
    if (told.length > 8) lines.push(`${name}: and ${told.length - 8} more settings`);
  }
  return lines;
}

function exactly({ before, after }: Change): ValueDifference[] {
  return eachMetric(before, after, (mode, metric, one, two) =>
    one.values.flatMap((value, replication) => {
      const other = two.values[replication] ?? null;
      return same(value, other, lastDigits) ? [] : [{ mode, metric, replication, before: value, after: other }];
    }),
  );
}

/** Who writes what is luck, not the model: it stays exact. */
function within(change: Change, tolerance: number): ValueDifference[] {
  const means = eachMetric(change.before, change.after, (mode, metric, one, two) =>
    same(one.mean, two.mean, tolerance, true)
      ? []
      : [{ mode, metric, replication: -1, before: one.mean, after: two.mean }],
  );
  return [...exactly(change).filter(({ metric }) => metric === 'events.produced'), ...means];
}

function same(one: number | null, two: number | null, tolerance: number, whole = false): boolean {
  if (Object.is(one, two)) return true;
  if (one === null || two === null || !Number.isFinite(one) || !Number.isFinite(two)) return false;
  if (!whole && Number.isInteger(one) && Number.isInteger(two)) return false;
  return Math.abs(one - two) <= tolerance * Math.max(Math.abs(one), Math.abs(two));
}

type Side = Comparison['modes'][number]['metrics'][number]['estimate'];

function eachMetric(
  before: Comparison,
  after: Comparison,
  of: (mode: string, metric: string, one: Side, two: Side) => readonly ValueDifference[],
): ValueDifference[] {
  return before.modes.flatMap(({ name, metrics }) => {
    const others = new Map(
      after.modes.find((mode) => mode.name === name)?.metrics.map(({ metric, estimate }) => [metric, estimate]),
    );
    return metrics.flatMap(({ metric, estimate }) => {
      const other = others.get(metric);
      return other === undefined ? [] : of(name, metric, estimate, other);
    });
  });
}
