// Entry of a worker thread: one task in, its numbers out.
import { runReplication, type ReplicationTask } from './single.ts';
import type { ReplicationNumbers } from '../metrics/numbers.ts';

export default function work(task: ReplicationTask): ReplicationNumbers {
  return runReplication(task);
}
