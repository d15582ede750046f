// How the rate of an agent changes with time: bursts and the hours of the day. Events follow each other in operational time,
// of which as much passes as the agent writes; the way there and back is piecewise linear, so nothing has to be integrated.

/** Part of the events comes in bursts, again and again; every agent has its own phase. */
export interface BurstOptions {
  readonly everyUs: number;
  /** Below `everyUs`. */
  readonly lengthUs: number;
  /** Share of all events that is written during the bursts, of one. */
  readonly share: number;
}

/** The rate in the course of a day, as multiples of the rate that is given. The same day comes again. */
export interface DayProfile {
  /** Time of the day at the end of the warm-up. */
  readonly startsAtUs: number;
  /** Times of the day from which each factor holds: whole µs, ascending, the first is 0. */
  readonly fromUs: readonly number[];
  /** At least one is above 0. */
  readonly factors: readonly number[];
}

export const dayUs = 86_400_000_000;

/**
 * Operational time of the agents of a group. Both ways round to the same events: `instantOf` is the last instant at which no
 * more operational time has passed than asked, so an event lies before t exactly when its operational time is below that of t.
 */
export class RateShape {
  readonly #everyUs: number;
  readonly #lengthUs: number;
  /** Operational time of a burst, and the two slopes. */
  readonly #inBurst: number;
  readonly #high: number;
  readonly #low: number;
  readonly #phaseUs: Float64Array;
  readonly #phasePassed: Float64Array;
  readonly #profile: DayProfile | null;
  /** Operational time of the day up to each entry of the profile, and of the whole day. */
  readonly #passed: Float64Array;
  readonly #passedAtStart: number;

  /** @param phaseUs whole µs of a period that have passed at instant 0, one an agent; unused without bursts. */
  constructor(burst: BurstOptions | null, profile: DayProfile | null, phaseUs: Float64Array) {
    this.#everyUs = burst?.everyUs ?? 0;
    this.#lengthUs = burst?.lengthUs ?? 0;
    this.#inBurst = burst ? burst.share * burst.everyUs : 0;
    this.#high = burst ? this.#inBurst / burst.lengthUs : 1;
    this.#low = burst ? (burst.everyUs - this.#inBurst) / (burst.everyUs - burst.lengthUs) : 1;
    this.#phaseUs = phaseUs;
    this.#phasePassed = phaseUs.map((phase) => (burst ? this.#burstPassed(phase) : 0));
    this.#profile = profile;
    this.#passed = new Float64Array((profile?.factors.length ?? 0) + 1);
    if (profile) {
      const { fromUs, factors } = profile;
      factors.forEach((factor, at) => {
        this.#passed[at + 1] = this.#passed[at]! + ((fromUs[at + 1] ?? dayUs) - fromUs[at]!) * factor;
      });
    }
    this.#passedAtStart = profile ? this.#dayPassed(profile, profile.startsAtUs) : 0;
  }

  /** Operational time up to `atUs` ≥ 0, in µs; never falls. */
  passed(agent: number, atUs: number): number {
    const smooth =
      this.#everyUs === 0 ? atUs : this.#burstPassed(atUs + this.#phaseUs[agent]!) - this.#phasePassed[agent]!;
    if (this.#profile === null) return smooth;
    return this.#dayPassed(this.#profile, smooth + this.#profile.startsAtUs) - this.#passedAtStart;
  }

  /** Last whole µs up to which no more than `passedUs` of operational time has passed. */
  instantOf(agent: number, passedUs: number): number {
    const smooth = this.#profile === null ? passedUs : this.#dayInstant(this.#profile, passedUs + this.#passedAtStart);
    let at = Math.max(
      0,
      Math.floor(
        this.#everyUs === 0 ? smooth : this.#burstInstant(smooth + this.#phasePassed[agent]!) - this.#phaseUs[agent]!,
      ),
    );
    // The inverse is right to within rounding; the definition has the last word.
    if (this.passed(agent, at) > passedUs) {
      let step = 1;
      while (at - step > 0 && this.passed(agent, at - step) > passedUs) step *= 2;
      at = Math.max(0, at - step);
    }
    let step = 1;
    while (this.passed(agent, at + step) <= passedUs) {
      at += step;
      step *= 2;
    }
    for (; step >= 1; step = Math.floor(step / 2)) if (this.passed(agent, at + step) <= passedUs) at += step;
    return at;
  }

  /** How many times the given rate the agent writes at, from `atUs` until the next change. */
  factorAt(agent: number, atUs: number): number {
    let factor = 1;
    if (this.#everyUs > 0) {
      const into = (atUs + this.#phaseUs[agent]!) % this.#everyUs;
      factor = into < this.#lengthUs ? this.#high : this.#low;
    }
    return factor * this.dayFactorAt(agent, atUs);
  }

  /** The same with the bursts evened out. */
  dayFactorAt(agent: number, atUs: number): number {
    if (this.#profile === null) return 1;
    const smooth =
      this.#everyUs === 0 ? atUs : this.#burstPassed(atUs + this.#phaseUs[agent]!) - this.#phasePassed[agent]!;
    const ofDay = (Math.max(0, smooth) + this.#profile.startsAtUs) % dayUs;
    return this.#profile.factors[lastUpTo(this.#profile.fromUs, this.#profile.fromUs.length, ofDay)]!;
  }

  /** Largest factor there is. */
  peak(): number {
    const ofDay = this.#profile === null ? 1 : Math.max(...this.#profile.factors);
    return Math.max(this.#high, this.#low) * ofDay;
  }

  /** First instant after `atUs` at which the factor may change; Infinity: never. */
  nextChangeUs(agent: number, atUs: number): number {
    let next = Infinity;
    if (this.#everyUs > 0) {
      const into = (atUs + this.#phaseUs[agent]!) % this.#everyUs;
      next = atUs - into + (into < this.#lengthUs ? this.#lengthUs : this.#everyUs);
    }
    return Math.min(next, this.nextDayChangeUs(agent, atUs));
  }

  /** The same with the bursts evened out. */
  nextDayChangeUs(agent: number, atUs: number): number {
    if (this.#profile === null) return Infinity;
    const { fromUs, startsAtUs } = this.#profile;
    const smooth =
      this.#everyUs === 0 ? atUs : this.#burstPassed(atUs + this.#phaseUs[agent]!) - this.#phasePassed[agent]!;
    const at = smooth + startsAtUs;
    const days = Math.floor(at / dayUs);
    const entry = lastUpTo(fromUs, fromUs.length, at - days * dayUs);
    const changeUs = days * dayUs + (fromUs[entry + 1] ?? dayUs) - startsAtUs;
    const ownUs =
      this.#everyUs === 0
        ? changeUs
        : Math.ceil(this.#burstInstant(changeUs + this.#phasePassed[agent]!) - this.#phaseUs[agent]!);
    return Math.max(atUs + 1, ownUs);
  }

  #burstPassed(atUs: number): number {
    const cycles = Math.floor(atUs / this.#everyUs);
    const into = atUs - cycles * this.#everyUs;
    const passed =
      into < this.#lengthUs
        ? Math.min(this.#inBurst, into * this.#high)
        : Math.min(this.#everyUs, this.#inBurst + (into - this.#lengthUs) * this.#low);
    return cycles * this.#everyUs + passed;
  }

  /** The last instant at which this much has passed. */
  #burstInstant(passedUs: number): number {
    const cycles = Math.floor(passedUs / this.#everyUs);
    const into = passedUs - cycles * this.#everyUs;
    const at =
      into < this.#inBurst
        ? into / this.#high
        : Math.min(
            this.#everyUs,
            this.#lengthUs + (this.#low === 0 ? this.#everyUs : (into - this.#inBurst) / this.#low),
          );
    return cycles * this.#everyUs + at;
  }

  #dayPassed({ fromUs, factors }: DayProfile, atUs: number): number {
    const days = Math.floor(atUs / dayUs);
    const into = atUs - days * dayUs;
    const entry = lastUpTo(fromUs, factors.length, into);
    const passed = Math.min(this.#passed[entry + 1]!, this.#passed[entry]! + (into - fromUs[entry]!) * factors[entry]!);
    return days * this.#passed[factors.length]! + passed;
  }

  #dayInstant({ fromUs, factors }: DayProfile, passedUs: number): number {
    const aDay = this.#passed[factors.length]!;
    const days = Math.floor(passedUs / aDay);
    const into = passedUs - days * aDay;
    // The last entry at whose beginning no more has passed: an hour in which nothing is written is over then.
    const entry = lastUpTo(this.#passed, factors.length, into);
    const factor = factors[entry]!;
    const within = factor === 0 ? 0 : (into - this.#passed[entry]!) / factor;
    return days * dayUs + fromUs[entry]! + within;
  }
}

/** Index of the last of the first `count` ascending values that is at most `limit`; 0 when none is. */
function lastUpTo(values: ArrayLike<number>, count: number, limit: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (values[middle]! <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
