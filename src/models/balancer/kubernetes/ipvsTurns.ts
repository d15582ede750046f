// `rr`, and `wrr` with equal weights: one after the other from the list's front. Linux, net/netfilter/ipvs/ip_vs_rr.c, ip_vs_wrr.c.
import type { Destination, Scheduler } from './ipvs.ts';

export function createTurns(): Scheduler {
  let last: Destination | null = null;
  let before: readonly Destination[] = [];
  return {
    choose(list) {
      // One that was removed hands its turn to whoever stood before it.
      if (last && !list.includes(last)) {
        const at = before.indexOf(last);
        last = before.slice(0, at).findLast((each) => list.includes(each)) ?? null;
      }
      const next: Destination = list[((last ? list.indexOf(last) : -1) + 1) % list.length]!;
      last = next;
      before = list;
      return next;
    },
  };
}
