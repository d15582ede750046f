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
  /** Share of its capacity with which the node analyses in each slice, on average over it; 0: not at all. */
  readonly works: Float64Array;
  /** How the processes ended that are new at the start of a slice: what waited in the old ones is lost. */
  readonly ends: Uint8Array;
  /** There: how long analysisd still works on what waits, before it ends with the rest. */
  readonly graceUs: Float64Array;
  /** Where in each slice, as a share of it, what is analysed is written for the last time; negative: it is not. */
  readonly flushes: Float64Array;
}

/** How processes end: not at all, killed, in order (what they have analysed is written), or as a zombie that throws it away. */
export const End = { None: 0, Killed: 1, InOrder: 2, Zombie: 3 } as const;
export type End = (typeof End)[keyof typeof End];

export interface NodeQueueOutput {
  /** Events dropped in each slice. */
  readonly droppedQueue: Float64Array;
  readonly droppedAnalysis: Float64Array;
  readonly died: Float64Array;
  /** Of a node that turns into a zombie: analysed, and not written. */
  readonly wasted: Float64Array;
  readonly analysed: Float64Array;
  readonly waiting: number;
  /** Analysed and not written at the end of all. */
  readonly unwritten: number;
  readonly peak: number;
  readonly peakSlice: number;
  /** Sum over the events of the time they waited, and the longest wait, µs. */
  readonly waitSumUs: number;
  readonly waitMaxUs: number;
}

/** Plays the slices in order. Every event of the inflow ends in exactly one of the outputs. */
export function playNodeQueue(input: NodeQueueInput): NodeQueueOutput {
  const { sliceUs, eventsPerSecond, epsLimit, analysisQueueSize, queueSize, works, ends, graceUs, flushes } = input;
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
  const wasted = new Float64Array(slices);
  let unwritten = 0;
  const capacity = (eventsPerSecond * sliceUs) / 1e6;
  const isPaced = ratePerSecond < Infinity;
  /** What analysisd still can do that outlives remoted for a moment: it needs credits, and a second may end meanwhile. */
  const outlives = (slice: number, share: number): number => {
    const own = graceUs[slice]!;
    if ((slicesPerSecond - (slice % slicesPerSecond)) % slicesPerSecond < own / sliceUs) credits?.tick();
    return Math.min((eventsPerSecond * share * own) / 1e6, credits?.left ?? Infinity);
  };
  let waiting = 0;
  let peak = 0;
  let peakSlice = 0;
  let waitSumUs = remoted?.waitSumUs ?? 0;
  let waitMaxUs = remoted?.waitMaxUs ?? 0;
  for (let slice = 0; slice < slices; slice++) {
    if (ends[slice] !== End.None) {
      const share = Math.max(works[slice - 1] ?? 1, works[slice - 2] ?? 1);
      const last = graceUs[slice] === 0 ? 0 : Math.min(waiting, outlives(slice, share > 0 ? share : 1));
      died[slice]! += waiting - last;
      analysed[slice] = last;
      waiting = 0;
      if (ends[slice] === End.Killed) died[slice]! += unwritten;
      else if (ends[slice] === End.Zombie) wasted[slice] = unwritten;
      unwritten = 0;
      credits?.reset();
    } else if (works[slice]! > 0 && slice % slicesPerSecond === 0) {
      credits?.tick();
    }
    // remoted hands on within a slice what analysisd can do in it and what its queue holds; what comes on top is dropped.
    const able = works[slice] === 0 ? 0 : Math.min(capacity * works[slice]!, credits?.left ?? Infinity);
    const taken = Math.min(inflow[slice]!, queueSize - 1 + able);
    droppedQueue[slice]! += inflow[slice]! - taken;
    const done = Math.min(waiting + taken, able);
    credits?.spend(done);
    const left = waiting + taken - done;
    const kept = Math.min(left, analysisQueueSize - 1);
    droppedAnalysis[slice] = left - kept;
    analysed[slice]! += done;
    // A node that is quick enough writes what it gets at once, but for what had to wait, as its agents are told (WorldBooks.lastFlushUs).
    const fresh = isPaced ? done : (remoted?.late[slice] ?? 0);
    unwritten = flushes[slice]! < 0 ? unwritten + fresh : fresh * (1 - flushes[slice]!);
    // The mean of what waits at both ends of the slice, over the slice (Little).
    waitSumUs += ((waiting + kept) / 2) * sliceUs;
    waiting = kept;
    const all = waiting + (remoted?.queued[slice] ?? 0);
    if (all > peak) {
      peak = all;
      peakSlice = slice;
    }
    // A slice in which it works in part says nothing about its pace.
    const share = Math.max(works[slice]!, works[slice - 1] ?? 0, works[slice + 1] ?? 0);
    const pace = ratePerSecond * (share > 0 ? share : 1);
    if (pace > 0) waitMaxUs = Math.max(waitMaxUs, (waiting / pace) * 1e6);
  }
  waiting += remoted?.waiting ?? 0;
  return {
    droppedQueue,
    droppedAnalysis,
    died,
    wasted,
    analysed,
    waiting,
    unwritten,
    peak,
    peakSlice,
    waitSumUs,
    waitMaxUs,
  };
}

/**
 * Spreads a whole number over shares by largest remainder; ties go to the first. Who has no share gets a part only when the others are full.
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
  let sharers = true;
  while (rest > 0) {
    let given = 0;
    for (const { index } of order) {
      if (rest === 0) break;
      if (parts[index]! >= limits[index]! || (sharers && shares[index] === 0)) continue;
      parts[index]! += 1;
      rest -= 1;
      given += 1;
    }
    if (given === 0 && !sharers) break;
    if (given === 0) sharers = false;
  }
  return parts;
}
