// One replication of one mode.
import type { Books } from '../models/ledger.ts';
import { runWorld } from '../models/world.ts';
import { Marks } from '../models/world/marks.ts';
import type { WorldProbe } from '../models/world/state.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import { numbersOf, type ReplicationNumbers } from '../metrics/numbers.ts';
import type { MetricReference, Observed } from '../scenario/scenario.ts';
import { recorder, type Keeping, type Recording } from './recording.ts';

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
  /** Write down what happens; absent: nobody asks. */
  readonly record?: Keeping | undefined;
}

/** What comes back of a replication; plain data that crosses threads. */
export interface PlayedReplication {
  readonly numbers: ReplicationNumbers;
  /** `null`: nobody asked. */
  readonly recording: Recording | null;
}

export function runReplication(task: ReplicationTask): ReplicationNumbers {
  return playReplication(task).numbers;
}

export function playReplication(task: ReplicationTask): PlayedReplication {
  const { world, seed, replication, asked, observed, record } = task;
  const luck = { seed, replication };
  // The first one is replayed in the report: it is looked at.
  const marks = replication === 0 ? new Marks(world) : null;
  const recording = record ? recorder(record) : null;
  const books: Books = runWorld(world, luck, both(marks?.probe, recording?.probe));
  const run = { books, world, observed };
  const numbers = marks
    ? numbersOf(run, replication, asked, marks.book(books.timeline))
    : numbersOf(run, replication, asked);
  return { numbers, recording: recording?.finish(books) ?? null };
}

/** A probe for two that listen; what only one of them hears is heard by it alone. */
function both(one: WorldProbe = {}, two: WorldProbe = {}): WorldProbe {
  const joined: WorldProbe = { ...one, ...two };
  const shared = Object.keys(one).filter((name) => name in two);
  if (shared.some((name) => name !== 'changed' && name !== 'peerTurned')) {
    throw new Error(`two listen to ${shared.join(', ')}`);
  }
  joined.changed = (...told) => {
    one.changed?.(...told);
    two.changed?.(...told);
  };
  joined.peerTurned = (...told) => {
    one.peerTurned?.(...told);
    two.peerTurned?.(...told);
  };
  return joined;
}
