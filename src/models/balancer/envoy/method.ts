// What a policy of Envoy is: it chooses among the hosts that are healthy, or among all of them in a panic.
import type { Target, TargetSession } from '../targets.ts';
import type { Hash } from '../trace.ts';

/** The memory of one worker. */
export interface Method {
  /** @param hosts at least one; the same array as long as nothing has changed. @param hash of the session. */
  choose(hosts: readonly Target[], session: TargetSession, hash: bigint): Target;
  /** Of methods that hash: where a hash belongs, and the host there. Asked by onlookers alone. */
  placeOf?(hosts: readonly Target[], hash: bigint): { readonly at: Hash; readonly host: Target };
}

export function sumOf(hosts: readonly Target[]): number {
  return hosts.reduce((sum, { weight }) => sum + weight, 0);
}

export function haveEqualWeights(hosts: readonly Target[]): boolean {
  return hosts.every(({ weight }) => weight === hosts[0]!.weight);
}

/** What Envoy calls a host: `address:port`. */
export function hostKey({ options: { address, port } }: Target): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
