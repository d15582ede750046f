// One replication of one mode.
import { runWorld } from '../models/world.ts';
import { Marks } from '../models/world/marks.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import { numbersOf, type ReplicationNumbers } from '../metrics/numbers.ts';
import type { MetricReference, Observed } from '../scenario/scenario.ts';

/** What a replication needs; plain data that crosses threads. */
export interface ReplicationTask {
  readonly world: WorldOptions;
  readonly seed: string;
  /** From 0. */
  readonly replication: number;
  /** Metrics with selectors to compute besides the others. */
  readonly asked: readonly MetricReference[];
  /** What was seen in reality. */
  readonly observed?: Observed | null;
}

export function runReplication({ world, seed, replication, asked, observed }: ReplicationTask): ReplicationNumbers {
  const luck = { seed, replication };
  if (replication > 0) return numbersOf({ books: runWorld(world, luck), world, observed }, replication, asked);
  // The one that is replayed: it is looked at.
  const marks = new Marks(world);
  const books = runWorld(world, luck, marks.probe);
  return numbersOf({ books, world, observed }, replication, asked, marks.book(books.timeline));
}
