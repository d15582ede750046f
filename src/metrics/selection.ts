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
}

export const everything: Selection = { group: -1, fault: -1, node: -1 };

/** @param selector names as in an expectation; faults are numbered from 1. The loader has checked them. */
export function selectionOf(selector: Readonly<Record<string, string>>, { groups, nodes }: WorldOptions): Selection {
  const { group, fault, node } = selector;
  return {
    group: group === undefined ? -1 : groups.findIndex(({ name }) => name === group),
    fault: fault === undefined ? -1 : Number(fault) - 1,
    node: node === undefined ? -1 : nodes.findIndex(({ name }) => name === node),
  };
}

/** First and last-plus-one index of a group's agents in the fleet. */
export function agentsOf({ groups }: WorldOptions, group: number): { readonly from: number; readonly to: number } {
  let from = 0;
  if (group < 0) return { from, to: groups.reduce((sum, { count }) => sum + count, 0) };
  for (let index = 0; index < group; index++) from += groups[index]!.count;
  return { from, to: from + groups[group]!.count };
}
