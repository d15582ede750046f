// `lc`, `wlc`, `sed` and `nq`: with equal weights all of them take the first in the list of those with the fewest connections. Linux,
// net/netfilter/ipvs/ip_vs_lc.c, ip_vs_wlc.c, ip_vs_sed.c, ip_vs_nq.c. Connections that are being closed, 1/256 each, are not counted.
import type { Destination, Scheduler } from './ipvs.ts';

export function createLeast(): Scheduler {
  return { choose: (list) => list.reduce((least: Destination, each) => (each.active < least.active ? each : least)) };
}
