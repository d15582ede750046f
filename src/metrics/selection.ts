// What of a run a metric looks at: all of it, or what a selector names.
import type { Books } from '../models/ledger.ts';
import type { GroupOptions, WorldOptions } from '../models/worldOptions.ts';
import type { Observed } from '../scenario/scenario.ts';

/** A run and what it was a run of. */
export interface RunView {
  readonly books: Books;
  readonly world: WorldOptions;
  /** What was seen in reality; absent: nothing. */
  readonly observed?: Observed | null | undefined;
}

export interface Selection {
  /** Index of the group, -1: all. */
  readonly group: number;
  /** So many groups from that one on, the parts of an inventory; absent: one. */
  readonly groupCount?: number;
  /** Index in the scenario's list of faults, -1: all. */
  readonly fault: number;
  /** Index of the node, -1: all. */
  readonly node: number;
  /** Below this skew the load counts as even. */
  readonly below: number;
}

/** 1.1 is the definition of `rebalanced.after` where a selector says nothing else. */
export const everything: Selection = { group: -1, fault: -1, node: -1, below: 1.1 };

/**
 * @param selector names as in an expectation; faults are numbered from 1. The loader has checked them.
 * @returns `null` when this mode has no such group or node: a mode may change the cluster for itself.
 */
export function selectionOf(
  selector: Readonly<Record<string, string>>,
  { groups, nodes }: WorldOptions,
): Selection | null {
  const indexOf = (list: readonly { readonly name: string }[], wanted: string | undefined): number | null => {
    if (wanted === undefined) return -1;
    const index = list.findIndex(({ name }) => name === wanted);
    return index < 0 ? null : index;
  };
  const wanted = selector.group;
  const first =
    wanted === undefined ? -1 : groups.findIndex(({ name, labels }) => name === wanted || labels?.includes(wanted));
  const group = wanted !== undefined && first < 0 ? null : first;
  let groupCount = 1;
  while (wanted !== undefined && groups[first + groupCount]?.labels?.includes(wanted)) groupCount += 1;
  const node = indexOf(nodes, selector.node);
  if (group === null || node === null) return null;
  return {
    group,
    ...(groupCount > 1 ? { groupCount } : {}),
    node,
    fault: selector.fault === undefined ? everything.fault : Number(selector.fault) - 1,
    below: selector.below === undefined ? everything.below : Number(selector.below),
  };
}

type SelectedGroups = Pick<Selection, 'group' | 'groupCount'>;

/** What a selection of groups means in a list that has one entry a group. */
export function groupsOf<T>(list: readonly T[], { group, groupCount = 1 }: SelectedGroups): readonly T[] {
  return group < 0 ? list : list.slice(group, group + groupCount);
}

/** First and last-plus-one index of the agents of the selected groups in the fleet. */
export function agentsOf(
  { groups }: { readonly groups: readonly Pick<GroupOptions, 'count'>[] },
  selected: SelectedGroups,
): { readonly from: number; readonly to: number } {
  const agents = (list: readonly Pick<GroupOptions, 'count'>[]): number =>
    list.reduce((sum, { count }) => sum + count, 0);
  const from = selected.group < 0 ? 0 : agents(groups.slice(0, selected.group));
  return { from, to: from + agents(groupsOf(groups, selected)) };
}
