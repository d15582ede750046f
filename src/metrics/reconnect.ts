// How long agents were away: one sample an outage.
import { OutageEnd } from '../models/ledger.ts';
import { agentsOf, type RunView, type Selection } from './selection.ts';
import { percentile } from './statistics.ts';

export const percentiles: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

/** Indexes of the outages a selection means. A node selects by the node the agent was on. */
export function outagesOf({ books, world }: RunView, { group, fault, node }: Selection): number[] {
  const { outages, faults } = books;
  const { from, to } = agentsOf(world, group);
  const rows: number[] = [];
  for (let row = 0; row < outages.count; row++) {
    const agent = outages.agent[row]!;
    if (agent < from || agent >= to) continue;
    if (fault >= 0 && faults[outages.fault[row]!]!.faultIndex !== fault) continue;
    if (node >= 0 && outages.fromNode[row] !== node) continue;
    rows.push(row);
  }
  return rows;
}

/** Length of an outage in µs, Infinity while it has not ended. */
export function lengthOf({ outages }: RunView['books'], row: number): number {
  switch (outages.end[row]) {
    case OutageEnd.Healed:
      return outages.handshakeUs[row]!;
    case OutageEnd.Reconnected:
      return outages.detectUs[row]! + outages.retryUs[row]! + outages.handshakeUs[row]!;
    default:
      return Infinity;
  }
}

function lengths(run: RunView, rows: readonly number[], part: string): number[] {
  const { outages } = run.books;
  const samples: number[] = [];
  for (const row of rows) {
    if (part === '') samples.push(lengthOf(run.books, row));
    else if (outages.end[row] === OutageEnd.Unfinished) {
      const noticed = part === 'detect' && outages.detectUs[row]! >= 0;
      samples.push(noticed ? outages.detectUs[row]! : Infinity);
    } else if (outages.end[row] === OutageEnd.Reconnected) {
      const column = part === 'detect' ? outages.detectUs : part === 'retry' ? outages.retryUs : outages.handshakeUs;
      samples.push(column[row]!);
    } // a healed outage has no parts: nobody looked for a node
  }
  return samples.sort((a, b) => a - b);
}

/** @param name behind `reconnect.`: `p95`, `detect.mean`, `count` … */
export function reconnect(run: RunView, selection: Selection, name: string): number | null {
  const rows = outagesOf(run, selection);
  if (name === 'count') return rows.length;
  if (name === 'unfinished') return rows.filter((row) => run.books.outages.end[row] === OutageEnd.Unfinished).length;
  if (name === 'until95') return until95(run, rows);
  const [, part = '', statistic = ''] = /^(?:(detect|retry|handshake)\.)?(\w+)$/.exec(name) ?? [];
  const sorted = lengths(run, rows, part);
  if (sorted.length === 0) return null;
  if (statistic === 'max') return sorted.at(-1)!;
  if (statistic === 'mean') return sorted.reduce((a, b) => a + b, 0) / sorted.length;
  return percentile(sorted, percentiles[statistic]!);
}

/** From the start of a fault until 95 % of those it hit are back; the longest of several faults. */
function until95(run: RunView, rows: readonly number[]): number | null {
  const { outages, faults } = run.books;
  const byFault = new Map<number, number[]>();
  for (const row of rows) {
    const fault = outages.fault[row]!;
    const since = outages.brokenAtUs[row]! - faults[fault]!.startUs;
    const list = byFault.get(fault) ?? [];
    list.push(since + lengthOf(run.books, row));
    byFault.set(fault, list);
  }
  let longest: number | null = null;
  for (const list of byFault.values()) {
    const value = percentile(
      list.sort((a, b) => a - b),
      0.95,
    )!;
    if (longest === null || value > longest) longest = value;
  }
  return longest;
}
