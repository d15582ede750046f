// `round-robin`: the next member of the pool behind the one that had the last connection.
import type { Target } from '../targets.ts';
import type { Method } from './method.ts';

export function createRoundRobin(): Method {
  let last = -1;
  return {
    choose(members) {
      const next: Target = members.find(({ index }) => index > last) ?? members[0]!;
      last = next.index;
      return next;
    },
  };
}
