// Which ways between two ends are cut. Ends are the groups of agents, then the places: the nodes in order, then the balancer.

/** One direction between two ends. */
export interface Way {
  readonly from: number;
  readonly to: number;
}

export class Ways {
  readonly groups: number;
  readonly #ends: number;
  /** Cuts in force, [from × ends + to], and since when there are any. */
  readonly #cuts: Uint16Array;
  readonly #sinceUs: Float64Array;
  /** Ways that are cut now. */
  #cutWays = 0;

  constructor(groups: number, places: number) {
    this.groups = groups;
    this.#ends = groups + places;
    this.#cuts = new Uint16Array(this.#ends * this.#ends);
    this.#sinceUs = new Float64Array(this.#ends * this.#ends);
  }

  endOfPlace(place: number): number {
    return this.groups + place;
  }

  /** True while nothing at all is cut. */
  get whole(): boolean {
    return this.#cutWays === 0;
  }

  isCut(from: number, to: number): boolean {
    return this.#cutWays > 0 && this.#cuts[from * this.#ends + to]! > 0;
  }

  /** Since when no packet comes from one end to the other, or none comes back; Infinity: both ways are open. */
  sinceUs(end: number, other: number): number {
    return Math.min(this.wayCutSinceUs(end, other), this.wayCutSinceUs(other, end));
  }

  /** Since when no packet comes from one end to the other; Infinity: they come. */
  wayCutSinceUs(from: number, to: number): number {
    const at = from * this.#ends + to;
    return this.#cuts[at]! > 0 ? this.#sinceUs[at]! : Infinity;
  }

  cut({ from, to }: Way, nowUs: number): void {
    const at = from * this.#ends + to;
    if (this.#cuts[at] === 0) {
      this.#cutWays += 1;
      this.#sinceUs[at] = nowUs;
    }
    this.#cuts[at]! += 1;
  }

  mend({ from, to }: Way): void {
    const at = from * this.#ends + to;
    this.#cuts[at]! -= 1;
    if (this.#cuts[at] === 0) this.#cutWays -= 1;
  }
}
