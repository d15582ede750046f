// Whether two samples can be of one distribution: where a program draws, its single choices cannot be compared.

/** A difference is found where there is none in fewer than one comparison of a million. */
const deviations = 4.75;

/** Cells with less than this of both samples are taken together: χ² is no good for them. */
const leastInCell = 20;

/** χ² of two samples. @param a how often each outcome was seen. @returns deviations from what chance gives, at most `limit` if they agree. */
export function distance(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): { readonly deviations: number; readonly limit: number } {
  const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);
  const ratio = Math.sqrt(total(b) / total(a));
  const cells: [number, number][] = [];
  let rest: [number, number] = [0, 0];
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const cell: [number, number] = [a.get(name) ?? 0, b.get(name) ?? 0];
    if (cell[0] + cell[1] >= leastInCell) cells.push(cell);
    else rest = [rest[0] + cell[0], rest[1] + cell[1]];
  }
  if (rest[0] + rest[1] > 0) cells.push(rest);
  const chiSquare = cells.reduce((sum, [x, y]) => sum + (ratio * x - y / ratio) ** 2 / (x + y), 0);
  const freedom = cells.length - 1;
  if (freedom === 0) return { deviations: 0, limit: deviations };
  // Wilson and Hilferty (1931): the cube root of χ² over its degrees of freedom is nearly normal.
  const spread = 2 / (9 * freedom);
  return { deviations: (Math.cbrt(chiSquare / freedom) - (1 - spread)) / Math.sqrt(spread), limit: deviations };
}

export function countsOf(outcomes: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return counts;
}

export function inWords(counts: ReadonlyMap<string, number>): string {
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, n]) => `${name || 'closed'} ${((100 * n) / total).toFixed(1)} %`)
    .join(', ');
}
