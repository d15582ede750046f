// Entry of a worker thread: one task in, what came of it out.
import { playReplication, type PlayedReplication, type ReplicationTask } from './single.ts';

export default function work(task: ReplicationTask): PlayedReplication {
  return playReplication(task);
}
