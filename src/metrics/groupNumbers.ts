// What became of each group's agents and events in one replication, in one pass over the books: a fleet may have hundreds of groups.
import { lostTotal } from '../models/ledger.ts';
import { lengthOf } from './reconnect.ts';
import type { RunView } from './selection.ts';
import { percentile } from './statistics.ts';

export interface GroupNumbers {
  readonly produced: number;
  readonly lost: number;
  readonly outages: number;
  readonly unfinished: number;
  /** Length of the outages, µs; Infinity: not over; `null`: nobody had one. */
  readonly p50Us: number | null;
  readonly p95Us: number | null;
}

/** In the order of the world's groups. */
export function groupNumbers({ books, world }: RunView): GroupNumbers[] {
  const { outages, groups } = books;
  const group = new Uint16Array(books.nodeAtEnd.length);
  let first = 0;
  world.groups.forEach(({ count }, index) => {
    group.fill(index, first, first + count);
    first += count;
  });
  const lengths = world.groups.map((): number[] => []);
  for (let row = 0; row < outages.count; row++) lengths[group[outages.agent[row]!]!]!.push(lengthOf(outages, row));
  return lengths.map((own, index) => {
    const sorted = Float64Array.from(own).sort();
    return {
      produced: groups[index]!.produced,
      lost: lostTotal(groups[index]!),
      outages: own.length,
      unfinished: own.filter((length) => length === Infinity).length,
      p50Us: percentile(sorted, 0.5),
      p95Us: percentile(sorted, 0.95),
    };
  });
}
