// Who is connected where, over time: changes are collected per step and summed up at the end.

export interface Steps {
  readonly stepUs: number;
  readonly count: number;
}

/** About 600 instants over the run, whole seconds apart. */
export function stepsOf(durationUs: number): Steps {
  const stepUs = Math.max(1, Math.ceil(durationUs / 600_000_000)) * 1_000_000;
  return { stepUs, count: Math.floor(durationUs / stepUs) + 1 };
}

/** Adds `change` from `atUs` on; the value of step k is the one at instant k × stepUs. Past the end nothing is kept. */
export function addChange(changes: Float64Array, steps: Steps, atUs: number, change: number): void {
  const step = Math.max(0, Math.ceil(atUs / steps.stepUs));
  if (step < steps.count) changes[step]! += change;
}

/** Adds what `change` at `atUs` makes of the mean over the step it falls into, beside the value at that step's instant. */
export function addPart(parts: Float64Array, steps: Steps, atUs: number, change: number): void {
  const step = Math.floor(atUs / steps.stepUs);
  if (step >= 0 && step < steps.count) parts[step]! += change * (Math.ceil(atUs / steps.stepUs) - atUs / steps.stepUs);
}

/** Mean over each step: its value at the step's instant, and what changed within the step. */
export function stepMeans(values: Float64Array, parts: Float64Array): Float64Array {
  return values.map((value, step) => Math.max(0, value + parts[step]!));
}

export function runningSum(changes: Float64Array): Float64Array {
  const values = new Float64Array(changes.length);
  let sum = 0;
  for (let step = 0; step < changes.length; step++) {
    sum += changes[step]!;
    values[step] = Math.abs(sum) < 1e-6 ? 0 : sum;
  }
  return values;
}

/** Cumulated amounts of slices at the instants of the steps. */
export function cumulated(amounts: Float64Array, sliceUs: number, steps: Steps): Float64Array {
  const values = new Float64Array(steps.count);
  let sum = 0;
  let slice = 0;
  for (let step = 0; step < steps.count; step++) {
    const until = Math.min(amounts.length, Math.floor((step * steps.stepUs) / sliceUs));
    for (; slice < until; slice++) sum += amounts[slice]!;
    values[step] = sum;
  }
  return values;
}
