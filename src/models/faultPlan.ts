// When each fault of a scenario happens in one replication.
import { deriveKey, uniform, type Key } from '../kernel/random.ts';
import { balancerPlace, type FaultOptions } from './fault.ts';
import type { FaultOccurrence } from './ledger.ts';
import { Purpose } from './workload.ts';
import type { WorldOptions } from './worldOptions.ts';

export interface PlannedFault extends FaultOccurrence {
  readonly options: FaultOptions;
  /** Nodes by index; the balancer is the number of nodes. */
  readonly placeIndexes: readonly number[];
}

export interface FaultPlan {
  readonly faults: readonly PlannedFault[];
  readonly notes: readonly string[];
}

/**
 * Occurrences in the order of the scenario's list, then of repetition. Instants in µs since the end of the warm-up; a place
 * that is down from the start is hit at the start of the warm-up. Occurrences that begin at or after the end are left out.
 */
export function planFaults(options: WorldOptions, root: Key): FaultPlan {
  const faults: PlannedFault[] = [];
  const notes = new Set<string>();
  options.faults.forEach((fault, faultIndex) => {
    const key = deriveKey(root, Purpose.FaultInstant, faultIndex);
    const places: string[] = [];
    const placeIndexes: number[] = [];
    for (const place of fault.places) {
      const node = options.nodes.findIndex(({ name }) => name === place);
      if (node < 0 && (place !== balancerPlace || options.balancer === null)) {
        notes.add(`This mode has no ${place}: ${fault.kind} ${place} does nothing here.`);
        continue;
      }
      places.push(place);
      placeIndexes.push(node < 0 ? options.nodes.length : node);
    }
    if (places.length === 0) return;
    for (let time = 0; time < fault.times; time++) {
      const drawn = fault.atUs
        ? fault.atUs.fromUs + Math.floor(uniform(key, time, 0) * (fault.atUs.toUs - fault.atUs.fromUs + 1))
        : -options.warmupUs;
      const startUs = drawn + time * (fault.everyUs ?? 0);
      if (startUs >= options.durationUs) continue;
      const endUs =
        fault.forUs === null ? Infinity : (fault.atUs ? startUs : time * (fault.everyUs ?? 0)) + fault.forUs;
      const index = faults.length;
      faults.push({ index, faultIndex, kind: fault.kind, places, startUs, endUs, options: fault, placeIndexes });
    }
  });
  return { faults, notes: [...notes] };
}
