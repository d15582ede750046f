// Releases of nginx, of which 1.22.1 is the one that was measured: what later ones read otherwise.

/** The release that was read and measured, where a scenario names none. */
export const measuredRelease = '1.22.1';

/** Is a release at least another? Both are such as 1.27.3. */
export function isSince(version: string, first: string): boolean {
  const [a, b] = [version, first].map((text) => text.split('.').map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (a![index] ?? 0) - (b![index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
