// Chance for tests, from the engine's own counter-based draws: one number says everything that follows.
import { below, rootKey, uniform, type Key } from '../../../src/kernel/random.ts';

export class Dice {
  readonly #key: Key;
  #rolled = 0;

  constructor(seed: string) {
    this.#key = rootKey(seed, 0);
  }

  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    return below(n, this.#key, this.#rolled++, 0);
  }

  /** True in one of n. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  chance(share: number): boolean {
    return uniform(this.#key, this.#rolled++, 1) < share;
  }

  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  /** Some of them, at least one, in their order. */
  some<T>(of: readonly T[]): T[] {
    const chosen = of.filter(() => this.chance(0.5));
    return chosen.length > 0 ? chosen : [this.one(of)];
  }
}
