// What releases of HAProxy do differently. Source: tags v2.6.0 to v3.4.0 of the public repository; Debian's 2.6.12 and 3.0.11.

/** Release branches. */
export const haproxyBranches = ['2.6', '2.7', '2.8', '2.9', '3.0', '3.1', '3.2', '3.3', '3.4'] as const;
export type HaproxyBranch = (typeof haproxyBranches)[number];

/** A release. */
export interface HaproxyVersion {
  readonly branch: HaproxyBranch;
  /** `null`: the newest one. */
  readonly patch: number | null;
  /**
   * How the `id` of a server becomes its points: 4096·id + j, or avalanche(id) + j, hashed once more. The latter was a mistake of
   * 3.0.0 that upstream's commit 03e9a5a1e (October 2025, in 3.3.0) took back; a patch release of 3.0 to 3.2 may have it.
   */
  readonly ring: 'id' | 'hashedId';
}

/** The line that Wazuh's documentation installs (4.14, load-balancers.rst). */
export const documentedVersion: HaproxyVersion = haproxyVersion('2.8');

export function haproxyVersion(branch: HaproxyBranch, patch: number | null = null): HaproxyVersion {
  const hashed = branch === '3.0' || branch === '3.1' || branch === '3.2';
  return { branch, patch, ring: hashed ? 'hashedId' : 'id' };
}

/** @param text such as `2.8` or `2.6.12`. @returns `null`: no release that is known. */
export function parseHaproxyVersion(text: string): HaproxyVersion | null {
  const match = /^(\d+\.\d+)(?:\.(\d+))?$/.exec(text);
  const branch = haproxyBranches.find((known) => known === match?.[1]);
  return branch === undefined ? null : haproxyVersion(branch, match![2] === undefined ? null : Number(match![2]));
}

/** True for `branch` and all later ones. */
export function isSince(version: HaproxyVersion, branch: HaproxyBranch): boolean {
  return haproxyBranches.indexOf(version.branch) >= haproxyBranches.indexOf(branch);
}

/** Before 2.6.3 a failure was counted before it was asked whether any retry is left: one fewer. Source: CHANGELOG of 2.6.12. */
export function countsRetriesFirst({ branch, patch }: HaproxyVersion): boolean {
  return branch === '2.6' && patch !== null && patch < 3;
}

/** Before 2.6.7 only `roundrobin`, `static-rr` and `random` went to another server at once. Source: CHANGELOG of 2.6.12. */
export function redispatchesTurnsOnly({ branch, patch }: HaproxyVersion): boolean {
  return branch === '2.6' && patch !== null && patch < 7;
}
