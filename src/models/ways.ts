// Which ways between two ends are cut. Ends are the groups of agents, then the places (the nodes in order, then the balancers), then
// each group as it is seen behind each balancer that forwards.

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

  readonly #places: number;
  readonly #forwarders: number;

  /** @param forwarders balancers that may stand between groups and places without ending a connection. */
  constructor(groups: number, places: number, forwarders = 0) {
    this.groups = groups;
    this.#places = places;
    this.#forwarders = forwarders;
    this.#ends = groups + places + groups * forwarders;
    this.#cuts = new Uint16Array(this.#ends * this.#ends);
    this.#sinceUs = new Float64Array(this.#ends * this.#ends);
  }

  endOfPlace(place: number): number {
    return this.groups + place;
  }

  /** A group as the places behind a forwarder see it: what is cut on either part of the way is cut from there. */
  endBehind(group: number, forwarder: number): number {
    return this.groups + this.#places + group * this.#forwarders + forwarder;
  }

  /** The group of an end behind a forwarder, and the forwarder. `null`: it is another end. */
  partsOf(end: number): { readonly group: number; readonly forwarder: number } | null {
    const at = end - this.groups - this.#places;
    return at < 0 ? null : { group: Math.floor(at / this.#forwarders), forwarder: at % this.#forwarders };
  }

  /** A way, and all ways behind a forwarder that lead over it. */
  *over({ from, to }: Way): Generator<Way> {
    yield { from, to };
    const first = this.groups + this.#places - this.#forwarders; // balancers come behind the nodes
    for (const [near, far, isThere] of [
      [from, to, true],
      [to, from, false],
    ] as const) {
      const way = (end: number, place: number): Way => (isThere ? { from: end, to: place } : { from: place, to: end });
      if (near < this.groups && far >= first) {
        // Between a group and the forwarder: to whatever stands behind it.
        const end = this.endBehind(near, far - first);
        for (let place = 0; place < this.#places; place++) {
          if (this.endOfPlace(place) !== far) yield way(end, this.endOfPlace(place));
        }
      } else if (near >= first && near < this.groups + this.#places && far >= this.groups) {
        for (let group = 0; group < this.groups; group++) yield way(this.endBehind(group, near - first), far);
      }
    }
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
