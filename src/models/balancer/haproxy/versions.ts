// What releases of HAProxy do differently. Source: tags v2.6.0 to v3.4.0 of the public repository; Debian's 2.6.12 and 3.0.11.

/** Release branches. */
export const haproxyBranches = ['2.6', '2.7', '2.8', '2.9', '3.0', '3.1', '3.2', '3.3', '3.4'] as const;
export type HaproxyBranch = (typeof haproxyBranches)[number];

/** A release. */
export interface HaproxyVersion {
  readonly branch: HaproxyBranch;
  readonly patch: number;
  /**
   * How the `id` of a server becomes its points: 4096·id + j, or avalanche(id) + j, hashed once more. The latter was a mistake of
   * 3.0.0 that upstream's commit 03e9a5a1e (October 2025, in 3.3.0) took back; a patch release of 3.0 to 3.2 may have it.
   */
  readonly ring: 'id' | 'hashedId';
}

/** The line that Wazuh's documentation installs (4.14, load-balancers.rst). */
export const documentedVersion: HaproxyVersion = haproxyVersion('2.8', 0);

export function haproxyVersion(branch: HaproxyBranch, patch = 0): HaproxyVersion {
  const hashed = branch === '3.0' || branch === '3.1' || branch === '3.2';
  return { branch, patch, ring: hashed ? 'hashedId' : 'id' };
}

/** @param text such as `2.8` or `2.6.12`. @returns `null`: no release that is known. */
export function parseHaproxyVersion(text: string): HaproxyVersion | null {
  const match = /^(\d+\.\d+)(?:\.(\d+))?$/.exec(text);
  const branch = haproxyBranches.find((known) => known === match?.[1]);
  return branch === undefined ? null : haproxyVersion(branch, Number(match![2] ?? 0));
}

/** True for `branch` and all later ones. */
export function isSince(version: HaproxyVersion, branch: HaproxyBranch): boolean {
  return haproxyBranches.indexOf(version.branch) >= haproxyBranches.indexOf(branch);
}

/** Not the very first 2.6: retries and redispatch were mended in one of its patch releases (2.6.12 is measured). */
export function hasRetriesAsIn28(version: HaproxyVersion): boolean {
  return version.branch !== '2.6' || version.patch > 0;
}
