// `least-connections-member`: whoever has the fewest connections of this pool. Among equals the turn goes round: assumed, not published.
import type { Target } from '../targets.ts';
import type { Method } from './method.ts';
import { createRoundRobin } from './roundRobin.ts';

export function createLeastConnectionsMember(): Method {
  const turns = createRoundRobin();
  return {
    choose(members) {
      const least = members.reduce((fewest: number, { sessions }: Target) => Math.min(fewest, sessions), Infinity);
      return turns.choose(members.filter(({ sessions }) => sessions === least));
    },
  };
}
