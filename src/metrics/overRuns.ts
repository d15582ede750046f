// One number for all replications of a mode, for sentences.
import type { ReplicationNumbers } from './numbers.ts';
import { percentile } from './statistics.ts';

export function mean(runs: readonly ReplicationNumbers[], of: (run: ReplicationNumbers) => number): number {
  return runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
}

/** Median over the replications that say something finite; `null`: none does. */
export function half(
  runs: readonly ReplicationNumbers[],
  of: (run: ReplicationNumbers) => number | null,
): number | null {
  const found = runs.flatMap((run) => of(run) ?? []).filter(Number.isFinite);
  return percentile(Float64Array.from(found).sort(), 0.5);
}
