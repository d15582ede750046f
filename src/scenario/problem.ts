// A mistake in a user's file: what is wrong, where, and how to mend it. All of a file's mistakes are reported at once.
import type { SourcePosition } from './scenario.ts';

export interface Problem {
  /** `null` when the mistake is not at a place in a file (a missing file, a wrong option). */
  readonly position: SourcePosition | null;
  /** One sentence or two: what is wrong and how to mend it. */
  readonly text: string;
}

/** Thrown by everything that reads what a user wrote. The command line turns it into exit code 2. */
export class ScenarioError extends Error {
  readonly source: string;
  readonly problems: readonly Problem[];

  /** @param source file or command the problems were found in, as the user named it. */
  constructor(source: string, problems: readonly Problem[]) {
    super(formatProblems(source, problems));
    this.name = 'ScenarioError';
    this.source = source;
    this.problems = problems;
  }
}

/** Ours: nobody reads more at once. */
const mostShown = 100;

/** One line a problem, the first hundred; a problem in another file than `source` (an included configuration) names that file. */
export function formatProblems(source: string, problems: readonly Problem[]): string {
  const lines = problems.slice(0, mostShown).map(({ position, text }) => {
    if (position === null) return `  ${text}`;
    const place = `${position.line}:${position.column}`;
    return position.file === source ? `  ${place}  ${text}` : `  ${position.file}:${place}  ${text}`;
  });
  if (problems.length > mostShown) lines.push(`  and ${problems.length - mostShown} more`);
  return [`${source}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`, ...lines].join('\n');
}

/** The known name nearest to a mistyped one, if one is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 64) return undefined; // no slip of the finger, and slow to compare
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
