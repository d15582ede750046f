// What a node does with what arrives: remoted's queue, analysisd's ring and its capacity, on slices of equal width.
// Wazuh 4.14.7: src/remoted/queue.c, rem_msgpush() (a full queue drops); src/analysisd: ad_input_main() hands each event to a
// ring of 16,384 and drops it when the ring is full; it never makes remoted wait.
import { EpsCredits } from './epsCredits.ts';
import type { EpsLimit } from './node.ts';
import { playRemotedQueue } from './remotedQueue.ts';

export interface NodeQueueInput {
  readonly sliceUs: number;
  /** Events that reach the node in each slice. */
  readonly inflow: Float64Array;
  /** `Infinity`: not judged. */
  readonly eventsPerSecond: number;
  readonly epsLimit: EpsLimit | null;
  /** Events that wait in analysisd (`analysisd.decode_event_queue_size`); one slot stays free. */
  readonly analysisQueueSize: number;
  /** remoted's queue in messages; one slot stays free. */
  readonly queueSize: number;
  /** Work of control messages that holds up the handlers at the start of each slice, µs; empty: none ever. */
  readonly workUs: Float64Array;
  /** Work of one of them, µs. */
  readonly controlUs: number;
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
  const { sliceUs, eventsPerSecond, epsLimit, analysisQueueSize, queueSize, works, dies, graceUs } = input;
  const slices = input.inflow.length;
  const remoted = input.workUs.length === 0 ? null : playRemotedQueue(input);
  const inflow = remoted?.passed ?? input.inflow;
  const droppedQueue = remoted?.dropped ?? new Float64Array(slices);
  const droppedAnalysis = new Float64Array(slices);
  const died = remoted?.died ?? new Float64Array(slices);
  const credits = epsLimit && new EpsCredits(epsLimit);
  const ratePerSecond = Math.min(eventsPerSecond, epsLimit?.maximum ?? Infinity);
  const slicesPerSecond = 1e6 / sliceUs;
  const analysed = new Float64Array(slices);
  const capacity = (eventsPerSecond * sliceUs) / 1e6;
  let waiting = 0;
  let peak = 0;
  let peakSlice = 0;
  let waitSumUs = remoted?.waitSumUs ?? 0;
  let waitMaxUs = remoted?.waitMaxUs ?? 0;
  for (let slice = 0; slice < slices; slice++) {
    if (dies[slice] === 1) {
      const last = graceUs[slice] === 0 ? 0 : Math.min(waiting, (ratePerSecond * graceUs[slice]!) / 1e6);
      died[slice]! += waiting - last;
      analysed[slice] = last;
      waiting = 0;
      credits?.reset();
    } else if (works[slice]! > 0 && slice % slicesPerSecond === 0) {
      credits?.tick();
    }
    // remoted hands on within a slice what analysisd can do in it and what its queue holds; what comes on top is dropped.
    const taken = Math.min(inflow[slice]!, queueSize - 1 + capacity);
    droppedQueue[slice]! += inflow[slice]! - taken;
    const able = works[slice] === 0 ? 0 : Math.min(capacity * works[slice]!, credits?.left ?? Infinity);
    const done = Math.min(waiting + taken, able);
    credits?.spend(done);
    const left = waiting + taken - done;
    const kept = Math.min(left, analysisQueueSize - 1);
    droppedAnalysis[slice] = left - kept;
    analysed[slice]! += done;
    // The mean of what waits at both ends of the slice, over the slice (Little).
    waitSumUs += ((waiting + kept) / 2) * sliceUs;
    waiting = kept;
    const all = waiting + (remoted?.queued[slice] ?? 0);
    if (all > peak) {
      peak = all;
      peakSlice = slice;
    }
    const pace = ratePerSecond * (works[slice]! > 0 ? works[slice]! : 1);
    if (pace > 0) waitMaxUs = Math.max(waitMaxUs, (waiting / pace) * 1e6);
  }
  waiting += remoted?.waiting ?? 0;
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
