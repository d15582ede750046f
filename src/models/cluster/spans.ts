// Stretches of time in which something held, in order, and the ticks of a period that fall into them.

export class Spans {
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  get count(): number {
    return this.#from.length;
  }

  get isOpen(): boolean {
    return this.count > 0 && this.#to[this.count - 1] === Infinity;
  }

  fromUs(index: number): number {
    return this.#from[index]!;
  }

  /** Infinity: not over. */
  toUs(index: number): number {
    return this.#to[index]!;
  }

  /** From `atUs` on, which may still be to come. */
  open(atUs: number): void {
    if (this.isOpen) return;
    this.#from.push(atUs);
    this.#to.push(Infinity);
  }

  /** Until `atUs`. What was to begin later never did. */
  close(atUs: number): void {
    if (!this.isOpen) return;
    if (this.#from[this.count - 1]! >= atUs) {
      this.#from.pop();
      this.#to.pop();
      return;
    }
    this.#to[this.count - 1] = atUs;
  }

  /** Index of the last span that began at or before `atUs`, -1: none. */
  indexAt(atUs: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#from[middle]! <= atUs) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  has(atUs: number): boolean {
    const index = this.indexAt(atUs);
    return index >= 0 && atUs < this.#to[index]!;
  }

  /** Last tick at or before `atUs` that falls into a span, -Infinity: none. Ticks are at phase + k × period. */
  lastTick(phaseUs: number, periodUs: number, atUs: number): number {
    for (let index = this.indexAt(atUs); index >= 0; index--) {
      const endUs = this.#to[index]!;
      let tick = tickBefore(phaseUs, periodUs, Math.min(atUs, endUs));
      if (tick >= endUs) tick -= periodUs; // a span ends before its end
      if (tick >= this.#from[index]!) return tick;
    }
    return -Infinity;
  }

  /** First tick at or after `atUs` that falls into a span, Infinity: none. */
  nextTick(phaseUs: number, periodUs: number, atUs: number): number {
    for (let index = Math.max(0, this.indexAt(atUs)); index < this.count; index++) {
      const tick = tickFrom(phaseUs, periodUs, Math.max(atUs, this.#from[index]!));
      if (tick < this.#to[index]!) return tick;
    }
    return Infinity;
  }
}

/** Last tick at or before `atUs`. */
export function tickBefore(phaseUs: number, periodUs: number, atUs: number): number {
  return phaseUs + Math.floor((atUs - phaseUs) / periodUs) * periodUs;
}

/** First tick at or after `atUs`. */
export function tickFrom(phaseUs: number, periodUs: number, atUs: number): number {
  return phaseUs + Math.ceil((atUs - phaseUs) / periodUs) * periodUs;
}
