// How long agents were away: one sample an outage.
import { OutageEnd, type Outages } from '../models/ledger.ts';
import { agentsOf, type RunView, type Selection } from './selection.ts';
import { percentile, statistic } from './statistics.ts';

/** Indexes of the outages a selection means. A node selects by the node the agent was on. */
export function outagesOf({ books, world }: RunView, selection: Selection): number[] {
  const { fault, node } = selection;
  const { outages, faults } = books;
  const { from, to } = agentsOf(world, selection);
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
export function lengthOf(outages: Outages, row: number): number {
  switch (outages.end[row]) {
    case OutageEnd.Healed:
      return outages.handshakeUs[row]!;
    case OutageEnd.Reconnected:
      return outages.detectUs[row]! + outages.retryUs[row]! + outages.handshakeUs[row]!;
    default:
      return Infinity;
  }
}

function lengths(run: RunView, rows: readonly number[], part: string): Float64Array {
  const { outages } = run.books;
  const samples: number[] = [];
  for (const row of rows) {
    if (part === '') samples.push(lengthOf(outages, row));
    else if (outages.end[row] === OutageEnd.Unfinished) {
      const noticed = part === 'detect' && outages.detectUs[row]! >= 0;
      samples.push(noticed ? outages.detectUs[row]! : Infinity);
    } else if (outages.end[row] === OutageEnd.Reconnected) {
      const column = part === 'detect' ? outages.detectUs : part === 'retry' ? outages.retryUs : outages.handshakeUs;
      samples.push(column[row]!);
    } // a healed outage has no parts: nobody looked for a node
  }
  return Float64Array.from(samples).sort();
}

/** @param name behind `reconnect.`: `p95`, `detect.mean`, `count` … @returns `null`, but for the counts, when nobody was hit. */
export function reconnect(run: RunView, selection: Selection, name: string): number | null {
  const { outages } = run.books;
  const rows = outagesOf(run, selection);
  const ended = (end: number): number | null =>
    rows.length === 0 ? null : rows.filter((row) => outages.end[row] === end).length;
  switch (name) {
    case 'count':
      return rows.length;
    case 'agents':
      return new Set(rows.map((row) => outages.agent[row])).size;
    case 'healed':
      return ended(OutageEnd.Healed);
    case 'unfinished':
      return ended(OutageEnd.Unfinished);
    default: {
      const [, percent] = /^until(\d+)$/.exec(name) ?? [];
      if (percent !== undefined) return until(run, rows, Number(percent) / 100);
      const [, part = '', of = ''] = /^(?:(detect|retry|handshake)\.)?(\w+)$/.exec(name) ?? [];
      return statistic(lengths(run, rows, part), of);
    }
  }
}

/** From the start of a fault until this share of those it hit is back; the longest of its occurrences and of several faults. */
function until(run: RunView, rows: readonly number[], share: number): number | null {
  const { outages, faults } = run.books;
  const byFault = new Map<number, number[]>();
  for (const row of rows) {
    const fault = outages.fault[row]!;
    const since = outages.brokenAtUs[row]! - faults[fault]!.startUs;
    const list = byFault.get(fault) ?? [];
    list.push(since + lengthOf(outages, row));
    byFault.set(fault, list);
  }
  let longest: number | null = null;
  for (const list of byFault.values()) {
    const value = percentile(Float64Array.from(list).sort(), share)!;
    if (longest === null || value > longest) longest = value;
  }
  return longest;
}
