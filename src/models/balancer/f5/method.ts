// What a method of an F5 pool is.
import type { Target } from '../targets.ts';

export interface Method {
  /** @param members available ones with room, at least one, in the order of the pool. */
  choose(members: readonly Target[]): Target;
}
