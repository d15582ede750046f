// Events per second that the agents connected to each node write: changes are collected as agents come and go, and what the
// hours of the day make of them is added at the end. Bursts are evened out: each agent has its own phase.
import { RateShape, type DayProfile } from './rateShape.ts';
import { addChange, addPart, runningSum, stepMeans, type Steps } from './timelines.ts';
import type { GroupOptions } from './worldOptions.ts';

/** Agents whose rates rise and fall together. */
interface Together {
  readonly profile: DayProfile | null;
  readonly changes: readonly Float64Array[];
  readonly parts: readonly Float64Array[];
}

export class NodeRates {
  readonly #steps: Steps;
  readonly #of: readonly Together[];

  constructor(groups: readonly GroupOptions[], nodeCount: number, steps: Steps) {
    this.#steps = steps;
    const known = new Map<string, Together>();
    this.#of = groups.map(({ events: { profile } }) => {
      const key = JSON.stringify(profile);
      let found = known.get(key);
      if (!found) {
        const lines = (): Float64Array[] => Array.from({ length: nodeCount }, () => new Float64Array(steps.count));
        found = { profile, changes: lines(), parts: lines() };
        known.set(key, found);
      }
      return found;
    });
  }

  /** @param change of the agents' rates without the day's factor, per second. */
  changed(group: number, node: number, atUs: number, change: number): void {
    const { changes, parts } = this.#of[group]!;
    addChange(changes[node]!, this.#steps, atUs, change);
    addPart(parts[node]!, this.#steps, atUs, change);
  }

  /** The rate at each step's instant, and its mean over each step. */
  ofNode(node: number): { readonly rate: Float64Array; readonly mean: Float64Array } {
    const { count, stepUs } = this.#steps;
    const rate = new Float64Array(count);
    const mean = new Float64Array(count);
    for (const { profile, changes, parts } of new Set(this.#of)) {
      const shape = profile && new RateShape(null, profile, new Float64Array(1));
      const values = runningSum(changes[node]!);
      const means = stepMeans(values, parts[node]!);
      for (let step = 0; step < count; step++) {
        const fromUs = step * stepUs;
        rate[step]! += values[step]! * (shape ? shape.factorAt(0, fromUs) : 1);
        const passed = shape ? shape.passed(0, fromUs + stepUs) - shape.passed(0, fromUs) : stepUs;
        mean[step]! += means[step]! * (passed / stepUs);
      }
    }
    return { rate, mean };
  }
}
