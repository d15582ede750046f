// The EPS limit of analysisd: credits for `maximum` × `timeframe` events; each second those that were spent in the oldest second of
// the window come back. Wazuh 4.4.0 to 4.14.7, src/analysisd/limits.c, load_limits(), update_limits(), get_eps_credit().
import type { EpsLimit } from './node.ts';

export class EpsCredits {
  readonly #all: number;
  readonly #spent: Float64Array;
  #second = 0;
  #left: number;

  constructor({ maximum, timeframeSeconds }: EpsLimit) {
    this.#all = maximum * timeframeSeconds;
    this.#left = this.#all;
    this.#spent = new Float64Array(timeframeSeconds);
  }

  get left(): number {
    return this.#left;
  }

  spend(events: number): void {
    this.#left -= events;
    this.#spent[this.#second]! += events;
  }

  /** A second is over. */
  tick(): void {
    this.#second = (this.#second + 1) % this.#spent.length;
    this.#left += this.#spent[this.#second]!;
    this.#spent[this.#second] = 0;
  }

  /** The process is new. */
  reset(): void {
    this.#left = this.#all;
    this.#spent.fill(0);
  }
}
