// Two results of the same question: what moved from one to the other, how sure that is, and what was set otherwise.
import type {
  Comparison,
  Estimate,
  ExpectationResult,
  GroupResult,
  MetricResult,
  ModeResult,
  Unit,
  Verdict,
} from './comparison.ts';
import { settingChanges, type SettingChange } from './settings.ts';
import { estimate, pairedDifference, welchDifference } from './statistics.ts';

/** Two results that say nothing about each other: which, why, and what to do. */
export class NotComparableError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotComparableError';
  }
}

/** One metric on both sides. */
export interface MetricChange {
  readonly mode: string;
  /** `null`: of all agents. */
  readonly group: string | null;
  readonly metric: string;
  readonly unit: Unit;
  readonly before: Estimate;
  readonly after: Estimate;
  /** after − before: of each replication where both sides meet the same luck; else `values` is empty and the interval is Welch's. */
  readonly difference: Estimate;
  /** The interval leaves no doubt that something moved: it does not touch 0, or every replication moved alike. */
  readonly certain: boolean;
  /** |after − before| ÷ the larger of the two, 0 … 2; what never ends on one side only is Infinity. The list is in its order. */
  readonly size: number;
}

export interface ExpectationChange {
  readonly text: string;
  /** `null`: only the other side expects it. */
  readonly before: Verdict | null;
  readonly after: Verdict | null;
  readonly detail: string;
}

/** Agents that start on one node in one result and on another in the other; `null` node: no session. First replication. */
export interface AgentMove {
  readonly mode: string;
  readonly group: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly agents: number;
}

export interface ModeSettings {
  /** Modes in which exactly this changes. */
  readonly modes: readonly string[];
  readonly changes: readonly SettingChange[];
}

export interface Change {
  readonly before: Comparison;
  readonly after: Comparison;
  /** Modes of both; others are not looked at. */
  readonly modes: readonly string[];
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  /** Replications that met the same luck on both sides and are compared one by one; 0: none, the intervals are Welch's. */
  readonly paired: number;
  /** Everything of which the means or a replication differ, the largest certain one first, then what may be chance. */
  readonly moved: readonly MetricChange[];
  /** The same by group; empty where there is one group. */
  readonly movedByGroup: readonly MetricChange[];
  /** How many metrics were compared and say the same, over all modes. */
  readonly unmoved: number;
  readonly expectations: readonly ExpectationChange[];
  readonly settings: readonly ModeSettings[];
  /** Agents of each mode that land elsewhere at time 0, most first; `null`: the sides have other luck, so agents are others. */
  readonly moves: readonly AgentMove[] | null;
}

/**
 * What moved from `before` to `after`.
 * @throws NotComparableError for results of other engines, fleets or modes.
 */
export function changeOf(before: Comparison, after: Comparison): Change {
  checkComparable(before, after);
  const names = ({ modes }: Comparison): string[] => modes.map(({ name }) => name);
  const common = names(before).filter((name) => names(after).includes(name));
  const paired = before.scenario.seed === after.scenario.seed ? Math.min(before.replications, after.replications) : 0;
  const pairs = common.map((name) => ({
    name,
    one: before.modes.find((mode) => mode.name === name)!,
    two: after.modes.find((mode) => mode.name === name)!,
  }));
  const all = pairs.flatMap(({ name, one, two }) => metricChanges(name, null, one.metrics, two.metrics, paired));
  const byGroup = pairs.flatMap(({ name, one, two }) =>
    one.groups.length < 2
      ? []
      : one.groups.flatMap(({ group, metrics }, index) =>
          metricChanges(name, group, metrics, two.groups[index]!.metrics, paired),
        ),
  );
  return {
    before,
    after,
    modes: common,
    onlyBefore: names(before).filter((name) => !common.includes(name)),
    onlyAfter: names(after).filter((name) => !common.includes(name)),
    paired,
    moved: largestFirst(all),
    movedByGroup: largestFirst(byGroup),
    unmoved: all.filter((each) => !hasMoved(each)).length,
    expectations: expectationChanges(before.expectations, after.expectations),
    settings: modeSettings(pairs),
    moves: paired > 0 ? pairs.flatMap(({ name, one, two }) => agentMoves(name, one, two)) : null,
  };
}

/** What of a result, or of a scenario that is still to be simulated, decides whether it can be compared. */
export interface Comparable {
  readonly engine: string;
  readonly scenario: { readonly name: string };
  readonly modes: readonly {
    readonly name: string;
    readonly groups: readonly Pick<GroupResult, 'group' | 'agents'>[];
  }[];
}

/** @throws NotComparableError as `changeOf` would. */
export function checkComparable(before: Comparable, after: Comparable): void {
  const one = before.scenario.name;
  const two = after.scenario.name;
  if (before.engine !== after.engine) {
    throw new NotComparableError(
      `${one} was made by fleetfall ${before.engine}, ${two} by ${after.engine}: what moves may be the simulator. Run both with one version.`,
    );
  }
  const modesOf = ({ modes }: Comparable): string => modes.map(({ name }) => name).join(', ');
  if (!before.modes.some(({ name }) => after.modes.some((mode) => mode.name === name))) {
    throw new NotComparableError(
      `no mode is in both: ${one} has ${modesOf(before)}; ${two} has ${modesOf(after)}. ` +
        'Modes are compared by name: call those alike that you want to compare.',
    );
  }
  const fleetOf = ({ modes }: Comparable): ReadonlyMap<string, number> =>
    new Map((modes[0]?.groups ?? []).map(({ group, agents }) => [group, agents]));
  const [fleet, other] = [fleetOf(before), fleetOf(after)];
  const groups = [...new Set([...fleet.keys(), ...other.keys()])];
  const differing = groups.filter((group) => fleet.get(group) !== other.get(group));
  const order = differing.length === 0 && [...fleet.keys()].some((group, index) => [...other.keys()][index] !== group);
  if (differing.length === 0 && !order) return;
  const said = (agents: number | undefined): string => (agents === undefined ? 'none' : String(agents));
  const what = order
    ? 'their groups stand in another order'
    : differing
        .slice(0, 3)
        .map(
          (group) =>
            `${group} has ${said(fleet.get(group))} agents in the first and ${said(other.get(group))} in the second`,
        )
        .join('; ') + (differing.length > 3 ? `; and ${differing.length - 3} more` : '');
  throw new NotComparableError(
    `the fleets differ (${what}), so their differences mean nothing. Compare results of one fleet; \`fleetfall run\` tells each by itself.`,
  );
}

function metricChanges(
  mode: string,
  group: string | null,
  before: readonly MetricResult[],
  after: readonly MetricResult[],
  paired: number,
): MetricChange[] {
  const others = new Map(after.map((result) => [result.metric, result]));
  return before.flatMap(({ metric, unit, estimate: one }): MetricChange[] => {
    const two = others.get(metric)?.estimate;
    if (two === undefined) return [];
    // Of other replications than the common ones nothing is told where these are compared one by one.
    const side = (of: Estimate): Estimate =>
      paired > 0 && paired < of.values.length ? estimate(of.values.slice(0, paired)) : of;
    const [left, right] = [side(one), side(two)];
    const difference =
      paired > 0 ? pairedDifference(right.values, left.values) : welchDifference(right.values, left.values);
    return [{ mode, group, metric, unit, before: left, after: right, difference, ...weighed(left, right, difference) }];
  });
}

/** How much a metric moved, and whether that may be chance. */
function weighed(before: Estimate, after: Estimate, difference: Estimate): Pick<MetricChange, 'certain' | 'size'> {
  // Said by one side only, or without an end on one side only: no interval, but no doubt either.
  if ((before.mean === null) !== (after.mean === null)) return { certain: true, size: Infinity };
  const { mean, halfWidth, values, min, max } = difference;
  if (mean === null) return { certain: false, size: 0 };
  if (!Number.isFinite(mean))
    return { certain: values.every((value) => value !== null && value === mean), size: Infinity };
  const alike = halfWidth !== null && min === max && values.length > 1;
  const certain = mean !== 0 && (alike || (halfWidth !== null && Math.abs(mean) > halfWidth));
  const scale = Math.max(Math.abs(before.mean ?? 0), Math.abs(after.mean ?? 0), Math.abs(mean));
  return { certain, size: scale === 0 ? 0 : Math.abs(mean) / scale };
}

function hasMoved({ before, after, difference, size }: MetricChange): boolean {
  if (size > 0) return true;
  if (difference.values.length > 0) return difference.values.some((value) => value !== 0 && value !== null);
  return before.min !== after.min || before.max !== after.max;
}

/** Certain ones first, by their size; of equal ones in the order of modes and metrics. */
function largestFirst(changes: readonly MetricChange[]): MetricChange[] {
  return changes
    .filter(hasMoved)
    .toSorted((a, b) => Number(b.certain) - Number(a.certain) || (a.size === b.size ? 0 : b.size - a.size));
}

function expectationChanges(
  before: readonly ExpectationResult[],
  after: readonly ExpectationResult[],
): ExpectationChange[] {
  const rest = [...after];
  const changes = before.map(({ expectation: { text }, verdict, detail }): ExpectationChange => {
    const at = rest.findIndex(({ expectation }) => expectation.text === text);
    const [other] = at < 0 ? [] : rest.splice(at, 1);
    return { text, before: verdict, after: other?.verdict ?? null, detail: other?.detail ?? detail };
  });
  return [
    ...changes,
    ...rest.map(({ expectation: { text }, verdict, detail }) => ({ text, before: null, after: verdict, detail })),
  ];
}

function modeSettings(
  pairs: readonly { readonly name: string; readonly one: ModeResult; readonly two: ModeResult }[],
): ModeSettings[] {
  const found = new Map<string, { readonly modes: string[]; readonly changes: readonly SettingChange[] }>();
  for (const { name, one, two } of pairs) {
    for (const change of settingChanges(one.settings, two.settings)) {
      const key = JSON.stringify([change.path, String(change.before), String(change.after)]);
      const known = found.get(key) ?? { modes: [], changes: [change] };
      known.modes.push(name);
      found.set(key, known);
    }
  }
  const byModes = new Map<string, { readonly modes: readonly string[]; readonly changes: SettingChange[] }>();
  for (const { modes, changes } of found.values()) {
    const key = JSON.stringify(modes);
    const known = byModes.get(key) ?? { modes, changes: [] };
    known.changes.push(...changes);
    byModes.set(key, known);
  }
  return [...byModes.values()].sort((a, b) => b.modes.length - a.modes.length);
}

function agentMoves(mode: string, before: ModeResult, after: ModeResult): AgentMove[] {
  const nodeOf = ({ nodes }: ModeResult, index: number | undefined): string | null => nodes[index ?? -1]?.node ?? null;
  const counts = new Map<string, { group: string; from: string | null; to: string | null; agents: number }>();
  let agent = 0;
  for (const { group, agents } of before.groups) {
    for (const end = agent + agents; agent < end; agent++) {
      const from = nodeOf(before, before.landing.start[agent]);
      const to = nodeOf(after, after.landing.start[agent]);
      if (from === to) continue;
      const key = JSON.stringify([group, from, to]);
      const known = counts.get(key) ?? { group, from, to, agents: 0 };
      known.agents += 1;
      counts.set(key, known);
    }
  }
  return [...counts.values()].map((move) => ({ mode, ...move })).sort((a, b) => b.agents - a.agents);
}
