// What of a run a metric looks at: all of it, or what a selector names.
import type { Books } from '../models/ledger.ts';
import type { WorldOptions } from '../models/worldOptions.ts';

/** A run and what it was a run of. */
export interface RunView {
  readonly books: Books;
  readonly world: WorldOptions;
}

export interface Selection {
  /** Index of the group, -1: all. */
  readonly group: number;
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
  const group = indexOf(groups, selector.group);
  const node = indexOf(nodes, selector.node);
  if (group === null || node === null) return null;
  return {
    group,
    node,
    fault: selector.fault === undefined ? everything.fault : Number(selector.fault) - 1,
    below: selector.below === undefined ? everything.below : Number(selector.below),
  };
}

/** First and last-plus-one index of a group's agents in the fleet. */
export function agentsOf({ groups }: WorldOptions, group: number): { readonly from: number; readonly to: number } {
  let from = 0;
  if (group < 0) return { from, to: groups.reduce((sum, { count }) => sum + count, 0) };
  for (let index = 0; index < group; index++) from += groups[index]!.count;
  return { from, to: from + groups[group]!.count };
}
