// When each fault happens in one replication, and where.
import { deriveKey, uniform, type Key } from '../../../src/kernel/random.ts';
import { balancerPlace, type PlaceFault } from '../../../src/models/fault.ts';
import { Purpose } from '../../../src/models/workload.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';

/** Faults the oracle plays. */
export type OracleFault = Extract<PlaceFault, { kind: 'kill' | 'powerOff' | 'hang' }>;

export interface Occurrence {
  readonly fault: OracleFault;
  /** Index over the occurrences: faults in order, then repetitions. */
  readonly index: number;
  /** Nodes by index; the balancer is the number of nodes. */
  readonly places: readonly number[];
  readonly startUs: number;
  readonly endUs: number;
}

export function occurrencesOf(options: WorldOptions, root: Key): readonly Occurrence[] {
  const occurrences: Occurrence[] = [];
  const names = options.nodes.map(({ name }) => name);
  if (options.balancer) names.push(balancerPlace);
  options.faults.forEach((fault, faultIndex) => {
    if (fault.kind !== 'kill' && fault.kind !== 'powerOff' && fault.kind !== 'hang') {
      throw new Error(`the oracle does not play ${fault.kind} yet`);
    }
    const places = fault.places.map((name) => names.indexOf(name)).filter((index) => index >= 0);
    if (places.length === 0) return;
    for (let time = 0; time < fault.times; time++) {
      const laterUs = time * (fault.everyUs ?? 0);
      // Down from the start means: from the start of the warm-up, and `for` counts from its end.
      let firstUs = -options.warmupUs;
      if (fault.atUs) {
        const { fromUs, toUs } = fault.atUs;
        const drawn = uniform(deriveKey(root, Purpose.FaultInstant, faultIndex), time, 0);
        firstUs = fromUs + Math.floor(drawn * (toUs - fromUs + 1));
      }
      const startUs = firstUs + laterUs;
      if (startUs >= options.durationUs) continue;
      const endUs = fault.forUs === null ? Infinity : (fault.atUs ? startUs : laterUs) + fault.forUs;
      occurrences.push({ fault, index: occurrences.length, places, startUs, endUs });
    }
  });
  return occurrences;
}
