// Where agents of an inventory land, compared with where they were seen.
import { agentsOf, groupsOf, type RunView, type Selection } from './selection.ts';

/**
 * Agents by the node they were seen on and the node they have a session on at time 0: [seen][predicted], the last column for
 * those without a session. `null`: no inventory says where anybody was seen.
 */
export function placementTable(run: RunView, selection: Selection): number[][] | null {
  const { groups, nodes } = run.world;
  let agent = agentsOf(run.world, selection).from;
  let table: number[][] | null = null;
  for (const group of groupsOf(groups, selection)) {
    const { observedNode, count } = group;
    for (let i = 0; i < count; i++, agent++) {
      const seen = observedNode?.[i] ?? -1;
      if (seen < 0) continue;
      table ??= nodes.map(() => new Array<number>(nodes.length + 1).fill(0));
      const predicted = run.books.nodeAtStart[agent]!;
      table[seen]![predicted < 0 ? nodes.length : predicted]! += 1;
    }
  }
  return table;
}

/** Share of the agents with a known node that are on that node at time 0. `null`: of nobody it is known. */
export function placementAgreement(run: RunView, selection: Selection): number | null {
  const table = placementTable(run, selection);
  if (table === null) return null;
  let same = 0;
  let all = 0;
  table.forEach((row, seen) => {
    same += row[seen]!;
    all += row.reduce((sum, count) => sum + count, 0);
  });
  return all === 0 ? null : same / all;
}
