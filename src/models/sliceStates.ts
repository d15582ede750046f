// How far a node works in each of the slices on which its queue is computed, when its processes end, and when they write what they
// have analysed. analysisd flushes once a second: wazuh 4.14.7, src/analysisd, w_log_flush(); the phase of its seconds is assumed.
import { End, type NodeQueueInput } from './nodeQueue.ts';
import { PlaceState } from './place.ts';

export interface PlaceChange {
  readonly atUs: number;
  readonly state: PlaceState;
  /** How the processes ended that were there before. */
  readonly end: End;
  /** How long what has come in is still analysed, µs. */
  readonly graceUs: number;
}

/** A share of its capacity is left from then on. */
export interface Slowed {
  readonly atUs: number;
  readonly share: number;
}

export function sliceStates(
  changes: readonly PlaceChange[],
  slowed: readonly Slowed[],
  flushPhaseUs: number,
  sliceUs: number,
  slices: number,
): Pick<NodeQueueInput, 'works' | 'ends' | 'graceUs' | 'flushes'> {
  const works = new Float64Array(slices);
  const ends = new Uint8Array(slices);
  const graceUs = new Float64Array(slices);
  const flushes = new Float64Array(slices).fill(-1);
  const paces = [{ atUs: -Infinity, share: 1 }, ...slowed];
  /** It works between two instants, as quickly as it may. */
  const runs = (fromUs: number, toUs: number): void => {
    paces.forEach(({ atUs, share }, at) => {
      const untilUs = Math.min(toUs, paces[at + 1]?.atUs ?? Infinity);
      addShare(works, sliceUs, share, Math.max(0, fromUs, atUs), untilUs);
    });
    let flushUs = Math.ceil((Math.max(0, fromUs) - flushPhaseUs) / 1e6) * 1e6 + flushPhaseUs;
    for (; flushUs < toUs; flushUs += 1e6) {
      const slice = Math.floor(flushUs / sliceUs);
      flushes[slice] = flushUs / sliceUs - slice;
    }
  };
  let state: PlaceState = PlaceState.Up;
  let sinceUs = 0;
  for (const { atUs, state: next, end, graceUs: ownUs } of changes) {
    if (state === PlaceState.Up) runs(sinceUs, atUs);
    const slice = Math.max(0, Math.ceil(atUs / sliceUs));
    if (end !== End.None && slice < slices) {
      ends[slice] = end;
      graceUs[slice] = ownUs;
    }
    state = next;
    sinceUs = atUs;
  }
  if (state === PlaceState.Up) runs(sinceUs, slices * sliceUs);
  return { works, ends, graceUs, flushes };
}

/** Adds a share of the time between two instants to the slices it lies in. */
function addShare(slices: Float64Array, sliceUs: number, share: number, fromUs: number, toUs: number): void {
  const end = Math.min(slices.length, Math.ceil(toUs / sliceUs));
  for (let slice = Math.floor(fromUs / sliceUs); slice < end; slice++) {
    const lengthUs = Math.min(toUs, (slice + 1) * sliceUs) - Math.max(fromUs, slice * sliceUs);
    if (lengthUs > 0) slices[slice]! += (share * lengthUs) / sliceUs;
  }
}
