// How long outages last when some of them have not ended: those say how long at least.

export interface Survival {
  /**
   * Where the curve falls: duration in µs, ascending; share of the outages that last longer, as Kaplan and Meier estimate it; how
   * many were still watched just before.
   */
  readonly steps: readonly { readonly us: number; readonly share: number; readonly atRisk: number }[];
  /** Outages that had not ended when watching them did, by how long they had lasted: ascending. */
  readonly censored: readonly { readonly us: number; readonly share: number; readonly count: number }[];
}

/**
 * E. L. Kaplan and P. Meier, "Nonparametric Estimation from Incomplete Observations", JASA 53 (1958): at each end the share falls by
 * the part of those still watched that end there. One that ends at the instant at which another is lost from sight ends first.
 */
export function kaplanMeier(endedUs: readonly number[], watchedUs: readonly number[]): Survival {
  const ends = Float64Array.from(endedUs).sort();
  const lost = Float64Array.from(watchedUs).sort();
  const steps: { us: number; share: number; atRisk: number }[] = [];
  const censored: { us: number; share: number; count: number }[] = [];
  let share = 1;
  let ended = 0;
  let left = 0;
  const loseUntil = (us: number): void => {
    while (left < lost.length && lost[left]! < us) {
      const first = left;
      while (left < lost.length && lost[left] === lost[first]) left += 1;
      censored.push({ us: lost[first]!, share, count: left - first });
    }
  };
  while (ended < ends.length) {
    const us = ends[ended]!;
    loseUntil(us);
    const atRisk = ends.length - ended + lost.length - left;
    const first = ended;
    while (ended < ends.length && ends[ended] === us) ended += 1;
    share *= 1 - (ended - first) / atRisk;
    steps.push({ us, share, atRisk });
  }
  loseUntil(Infinity);
  return { steps, censored };
}
