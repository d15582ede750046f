// Time lines and distributions thinned to what a picture can show.

/**
 * Instants that several lines need to keep their shape together (Ramer, Douglas and Peucker): between the ones kept, no line
 * strays from its chord by more than `tolerance`.
 * @returns indexes, ascending, first and last included.
 */
export function keptIndexes(lines: readonly (readonly number[])[], tolerance: number): number[] {
  const length = Math.max(0, ...lines.map((line) => line.length));
  const kept = new Set<number>();
  if (length === 0) return [];
  kept.add(0);
  kept.add(length - 1);
  for (const line of lines) {
    const open: [number, number][] = [[0, line.length - 1]];
    for (let part = open.pop(); part !== undefined; part = open.pop()) {
      const [from, to] = part;
      const slope = (line[to]! - line[from]!) / (to - from);
      let farthest = tolerance;
      let at = -1;
      for (let index = from + 1; index < to; index++) {
        const distance = Math.abs(line[index]! - line[from]! - slope * (index - from));
        if (distance > farthest) {
          farthest = distance;
          at = index;
        }
      }
      if (at < 0) continue;
      kept.add(at);
      open.push([from, at], [at, to]);
    }
  }
  return [...kept].sort((a, b) => a - b);
}

export interface Rate {
  readonly fromIndex: number;
  readonly toIndex: number;
  /** Increase per step of the line. */
  readonly perStep: number;
}

/** A cumulated line as its mean increase over at most `bins` stretches of equal length (the last may be shorter). */
export function rates(cumulated: readonly number[], bins: number): Rate[] {
  const last = cumulated.length - 1;
  const stride = Math.max(1, Math.ceil(last / bins));
  const found: Rate[] = [];
  for (let from = 0; from < last; from += stride) {
    const to = Math.min(last, from + stride);
    found.push({ fromIndex: from, toIndex: to, perStep: (cumulated[to]! - cumulated[from]!) / (to - from) });
  }
  return found;
}

export interface CurvePoint {
  readonly value: number;
  /** Share of all samples, infinite ones included, that are at or below `value`. */
  readonly share: number;
}

/** The empirical distribution as steps, thinned so that no step left out is higher than 1/`resolution`. Infinite samples never arrive. */
export function distribution(samples: readonly number[], resolution: number): CurvePoint[] {
  const finite = Float64Array.from(samples.filter(Number.isFinite)).sort();
  const points: CurvePoint[] = [];
  let drawn = 0;
  for (let index = 0; index < finite.length; index++) {
    const value = finite[index]!;
    if (index + 1 < finite.length && finite[index + 1] === value) continue;
    const share = (index + 1) / samples.length;
    const nextValue = finite[index + 1];
    // Before a gap in time the exact height matters: a flat stretch is what the eye reads.
    const beforeGap = nextValue === undefined || nextValue > value * 1.1;
    if (points.length === 0 || share - drawn >= 1 / resolution || beforeGap) {
      points.push({ value, share });
      drawn = share;
    }
  }
  return points;
}
