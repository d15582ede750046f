// One replication of one mode.
import { runWorld } from '../models/world.ts';
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
  const books = runWorld(world, { seed, replication });
  return numbersOf({ books, world, observed }, replication, asked);
}
