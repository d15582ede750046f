// remoted's queue where control messages hold up its handlers: one queue for all messages, first come first served, so an event
// waits for the work that stands before it. Wazuh up to 4.12.0, src/remoted/queue.c, rem_msgpush(), rem_msgpop().

export interface RemotedQueueInput {
  readonly sliceUs: number;
  /** Events that reach the node in each slice. */
  readonly inflow: Float64Array;
  /** Work of control messages that waits at the start of each slice, µs. */
  readonly workUs: Float64Array;
  /** Work of one of them, µs. */
  readonly controlUs: number;
  /** remoted's queue in messages; one slot stays free. */
  readonly queueSize: number;
  /** 0 in the slices in which the handlers stand still. */
  readonly works: Float64Array;
  /** Not 0 in the slices at whose start the processes are new. */
  readonly ends: Uint8Array;
}

export interface RemotedQueueOutput {
  /** Events handed on in each slice, and those of them that had to wait. */
  readonly passed: Float64Array;
  readonly late: Float64Array;
  readonly dropped: Float64Array;
  readonly died: Float64Array;
  /** Events that wait at the end of each slice, and at the end of all. */
  readonly queued: Float64Array;
  readonly waiting: number;
  readonly waitSumUs: number;
  readonly waitMaxUs: number;
}

/** Plays the slices in order. Every event of the inflow ends in exactly one of the outputs. */
export function playRemotedQueue(input: RemotedQueueInput): RemotedQueueOutput {
  const { sliceUs, inflow, workUs, controlUs, queueSize, works, ends } = input;
  const slices = inflow.length;
  const passed = new Float64Array(slices);
  const late = new Float64Array(slices);
  const dropped = new Float64Array(slices);
  const died = new Float64Array(slices);
  const queued = new Float64Array(slices);
  const kept = new Float64Array(slices);
  /** Time the handlers have worked before each slice. */
  const worked = new Float64Array(slices);
  let head = 0;
  let waiting = 0;
  let waitSumUs = 0;
  let waitMaxUs = 0;
  for (let slice = 0; slice < slices; slice++) {
    if (slice > 0) worked[slice] = worked[slice - 1]! + (works[slice - 1] === 0 ? 0 : sliceUs);
    if (ends[slice] !== 0) {
      died[slice] = waiting;
      waiting = 0;
      head = slice;
    }
    const work = workUs[slice] ?? 0;
    const room = queueSize - 1 - waiting - work / controlUs;
    // Without work before them events pass within the slice, as many as come.
    kept[slice] = work === 0 ? inflow[slice]! : Math.min(inflow[slice]!, Math.max(0, room));
    dropped[slice] = inflow[slice]! - kept[slice]!;
    waiting += kept[slice]!;
    for (; head <= slice; head++) {
      const ownUs = workUs[head] ?? 0;
      if (works[slice] === 0 || worked[slice]! - worked[head]! < ownUs) break;
      passed[slice]! += kept[head]!;
      if (head < slice) late[slice]! += kept[head]!;
      waitSumUs += kept[head]! * ownUs;
      if (kept[head]! > 0) waitMaxUs = Math.max(waitMaxUs, ownUs);
      waiting -= kept[head]!;
    }
    if (head > slice) waiting = 0;
    queued[slice] = waiting;
  }
  return { passed, late, dropped, died, queued, waiting, waitSumUs, waitMaxUs };
}
