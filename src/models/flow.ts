// Amounts that flow at a steady rate between two instants, collected per step of equal width.

export interface Flow {
  readonly stepUs: number;
  readonly direct: Float64Array;
  /** Change of the rate per full step. */
  readonly slope: Float64Array;
}

export function newFlow(stepUs: number, steps: number): Flow {
  return { stepUs, direct: new Float64Array(steps + 1), slope: new Float64Array(steps + 2) };
}

/** Adds `amount`, spread evenly over [fromUs, toUs); all at once when they are equal. Instants before 0 count as 0. */
export function addFlow(flow: Flow, amount: number, fromUs: number, toUs: number): void {
  if (amount === 0) return;
  const last = flow.direct.length - 1;
  const first = Math.min(last, Math.max(0, Math.floor(fromUs / flow.stepUs)));
  const final = Math.min(last, Math.max(first, Math.floor(toUs / flow.stepUs)));
  if (final === first || toUs <= fromUs) {
    flow.direct[first]! += amount;
    return;
  }
  const perUs = amount / (toUs - fromUs);
  const head = ((first + 1) * flow.stepUs - fromUs) * perUs;
  const tail = final === last ? 0 : (toUs - final * flow.stepUs) * perUs;
  flow.direct[first]! += head;
  flow.direct[final]! += tail;
  const whole = flow.stepUs * perUs;
  flow.slope[first + 1]! += whole;
  flow.slope[final]! -= whole;
  if (final === last) flow.direct[final]! += amount - head - whole * (final - first - 1);
}

/** Amount of each step. */
export function flowAmounts(flow: Flow): Float64Array {
  const amounts = new Float64Array(flow.direct.length);
  let running = 0;
  for (let step = 0; step < amounts.length; step++) {
    running += flow.slope[step]!;
    amounts[step] = flow.direct[step]! + running;
  }
  return amounts;
}
