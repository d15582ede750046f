// What became of the events.
import { lossCauses, lostTotal, type EventCounts, type LossCause } from '../models/ledger.ts';
import { agentsOf, groupsOf, type RunView, type Selection } from './selection.ts';

function selected({ books }: RunView, selection: Selection): readonly EventCounts[] {
  return groupsOf(books.groups, selection);
}

function sum(counts: readonly EventCounts[], of: (count: EventCounts) => number): number {
  return counts.reduce((total, count) => total + of(count), 0);
}

export function events(run: RunView, selection: Selection, what: string): number {
  const counts = selected(run, selection);
  switch (what) {
    case 'produced':
      return sum(counts, ({ produced }) => produced);
    case 'delivered':
      return sum(counts, ({ delivered }) => delivered);
    case 'lost':
      return sum(counts, lostTotal);
    case 'pending':
      return sum(counts, ({ pending }) => pending);
    default:
      throw new Error(`unknown metric events.${what}`);
  }
}

export function lostShare(run: RunView, selection: Selection): number | null {
  const counts = selected(run, selection);
  const produced = sum(counts, (count) => count.produced);
  return produced === 0 ? null : sum(counts, lostTotal) / produced;
}

export function lostByCause(run: RunView, selection: Selection, cause: LossCause): number {
  return sum(selected(run, selection), ({ lost }) => lost[cause]);
}

/** Events lost ÷ events per second of the agents that had an outage: how long a gap they have. `null`: nobody had one. */
export function lostSeconds(run: RunView, selection: Selection): number | null {
  const { outages, agentRate } = run.books;
  const { from, to } = agentsOf(run.world, selection);
  const affected = new Set<number>();
  for (const agent of outages.agent) if (agent >= from && agent < to) affected.add(agent);
  let rate = 0;
  for (let agent = from; agent < to; agent++) if (affected.has(agent)) rate += agentRate[agent]!;
  return rate === 0 ? null : (sum(selected(run, selection), lostTotal) / rate) * 1e6;
}

export function isCause(name: string): name is LossCause {
  return (lossCauses as readonly string[]).includes(name);
}
