// `ratio-member`: connections in proportion to the ratios. In which order is not published; here whoever has fewest of them for its ratio
// since the members last changed is next, the first in the pool among equals, so that after each round the ratios are met exactly.
import type { Target } from '../targets.ts';
import type { Method } from './method.ts';

export function createRatioMember(): Method {
  let given = new Map<Target, number>();
  let known = '';
  return {
    choose(members) {
      const names = members.map(({ index, weight }) => `${index}:${weight}`).join(' ');
      if (names !== known) given = new Map();
      known = names;
      const loadOf = (member: Target): number => ((given.get(member) ?? 0) + 1) / member.weight;
      const next = members.reduce((least, each) => (loadOf(each) < loadOf(least) ? each : least));
      given.set(next, (given.get(next) ?? 0) + 1);
      return next;
    },
  };
}
