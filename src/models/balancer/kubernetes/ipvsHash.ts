// `sh` and `dh`: 256 buckets dealt out to the destinations in turn, and a multiplicative hash of an address. `dh` hashes the address of
// the Service, which is the same for all agents: all of them get one endpoint.
// Source: Linux, net/netfilter/ipvs/ip_vs_sh.c, ip_vs_dh.c; include/linux/hash.h, hash_32() (the hash is that of 4.18 and later).
import type { TargetSession } from '../targets.ts';
import { bytesOf, sourceKey } from '../haproxy/key.ts';
import type { Destination, Scheduler } from './ipvs.ts';

export function bucketOf(address: string): number {
  return Math.imul(sourceKey(bytesOf(address)), 0x61c88647) >>> 24;
}

export function createBuckets(keyOf: (session: TargetSession) => string): Scheduler {
  return { choose: (list: readonly Destination[], session) => list[bucketOf(keyOf(session)) % list.length]! };
}
