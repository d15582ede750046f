// Mistakes and warnings as a user sees them: each once, in the order of the file, the warnings in few lines.
import { idleText } from './import/ossecReader.ts';
import type { Problem } from './problem.ts';
import type { SourcePosition, Warning } from './scenario.ts';
import { enumerate } from './wording.ts';

/** Once each: those without a place, of the file itself, of the others. */
export function sorted(problems: readonly Problem[], file: string): Problem[] {
  const rank = ({ position }: Problem): number => (position === null ? 0 : position.file === file ? 1 : 2);
  return unique(problems).sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.position && b.position
        ? compareText(a.position.file, b.position.file) ||
          a.position.line - b.position.line ||
          a.position.column - b.position.column
        : 0),
  );
}

/** Warnings in few lines: directives that decide nothing are named once, and what is said of several places is said once. */
export function folded(given: readonly Warning[]): Warning[] {
  const warnings = unique(given);
  const idle = warnings.filter((warning) => warning.idle !== undefined);
  const names = [...new Set(idle.flatMap((warning) => warning.idle ?? []))];
  const lines = new Map<string, Warning[]>();
  for (const warning of warnings) {
    const text = warning.idle === undefined ? warning.text : idleText(names);
    lines.set(text, [...(lines.get(text) ?? []), warning]);
  }
  return [...lines].map(([text, [first, ...others]]) => {
    const files = [...new Set(others.map(({ position }) => position?.file))].filter((file) => file !== undefined);
    const elsewhere = files.filter((file) => file !== first!.position?.file);
    const also = elsewhere.length === 0 ? '' : ` Likewise in ${enumerate(elsewhere)}.`;
    return { position: first!.position, text: `${text}${also}` };
  });
}

/** Of what is said twice of one place, the first. */
function unique<T extends { readonly position: SourcePosition | null; readonly text: string }>(
  items: readonly T[],
): T[] {
  const seen = new Set<string>();
  return items.filter(({ position, text }) => {
    const key = `${position?.file ?? ''}:${position?.line ?? 0}:${position?.column ?? 0}:${text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
