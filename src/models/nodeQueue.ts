// What a node does with what arrives: remoted's queue, analysisd's ring and its capacity, on slices of equal width.
// Wazuh 4.14.7: src/remoted/queue.c, rem_msgpush() (a full queue drops); src/analysisd: ad_input_main() hands each event to a
// ring of 16,384 and drops it when the ring is full; it never makes remoted wait.

/** Events of one type that wait in analysisd. etc/internal_options.conf, analysisd.decode_event_queue_size. */
export const analysisRing = 16_384;

export interface NodeQueueInput {
  readonly sliceUs: number;
  /** Events that reach the node in each slice. */
  readonly inflow: Float64Array;
  readonly eventsPerSecond: number;
  /** remoted's queue in messages; one slot stays free. */
  readonly queueSize: number;
  /** Share of its capacity with which the node analyses in each slice; 0: not at all. */
  readonly works: Float64Array;
  /** 1 in the slices at whose start the processes are new: what waited in the old ones is lost. */
  readonly dies: Uint8Array;
  /** There: how long analysisd still works on what waits, before it ends with the rest. */
  readonly graceUs: Float64Array;
}

export interface NodeQueueOutput {
  /** Events dropped in each slice. */
  readonly droppedQueue: Float64Array;
  readonly droppedAnalysis: Float64Array;
  readonly died: Float64Array;
  readonly analysed: Float64Array;
  readonly waiting: number;
  readonly peak: number;
  readonly peakSlice: number;
  /** Sum over the events of the time they waited, and the longest wait, µs. */
  readonly waitSumUs: number;
  readonly waitMaxUs: number;
}

/** Plays the slices in order. Every event of the inflow ends in exactly one of the outputs. */
export function playNodeQueue(input: NodeQueueInput): NodeQueueOutput {
  const { sliceUs, inflow, eventsPerSecond, queueSize, works, dies, graceUs } = input;
  const slices = inflow.length;
  const droppedQueue = new Float64Array(slices);
  const droppedAnalysis = new Float64Array(slices);
  const died = new Float64Array(slices);
  const analysed = new Float64Array(slices);
  const capacity = (eventsPerSecond * sliceUs) / 1e6;
  let waiting = 0;
  let peak = 0;
  let peakSlice = 0;
  let waitSumUs = 0;
  let waitMaxUs = 0;
  for (let slice = 0; slice < slices; slice++) {
    if (dies[slice] === 1) {
      const last = Math.min(waiting, (eventsPerSecond * graceUs[slice]!) / 1e6);
      died[slice] = waiting - last;
      analysed[slice] = last;
      waiting = 0;
    }
    // remoted hands on within a slice what analysisd can do in it and what its queue holds; what comes on top is dropped.
    const taken = Math.min(inflow[slice]!, queueSize - 1 + capacity);
    droppedQueue[slice] = inflow[slice]! - taken;
    const done = Math.min(waiting + taken, capacity * works[slice]!);
    const left = waiting + taken - done;
    const kept = Math.min(left, analysisRing - 1);
    droppedAnalysis[slice] = left - kept;
    analysed[slice]! += done;
    // The mean of what waits at both ends of the slice, over the slice (Little).
    waitSumUs += ((waiting + kept) / 2) * sliceUs;
    waiting = kept;
    if (waiting > peak) {
      peak = waiting;
      peakSlice = slice;
    }
    const pace = eventsPerSecond * (works[slice]! > 0 ? works[slice]! : 1);
    if (pace > 0) waitMaxUs = Math.max(waitMaxUs, (waiting / pace) * 1e6);
  }
  return { droppedQueue, droppedAnalysis, died, analysed, waiting, peak, peakSlice, waitSumUs, waitMaxUs };
}

/**
 * Spreads a whole number over shares by largest remainder; ties go to the first.
 * @param limits no part exceeds its limit; the sum of the limits is at least `total`.
 */
export function spread(total: number, shares: readonly number[], limits: readonly number[]): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  if (total === 0 || sum <= 0) return shares.map(() => 0);
  const exact = shares.map((share) => (total * share) / sum);
  const parts = exact.map((value, index) => Math.min(limits[index]!, Math.floor(value)));
  let rest = total - parts.reduce((a, b) => a + b, 0);
  const order = exact.map((value, index) => ({ index, remainder: value - Math.floor(value) }));
  order.sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  while (rest > 0) {
    let given = 0;
    for (const { index } of order) {
      if (rest === 0) break;
      if (parts[index]! >= limits[index]!) continue;
      parts[index]! += 1;
      rest -= 1;
      given += 1;
    }
    if (given === 0) break;
  }
  return parts;
}
