// What an operator should know of the configurations of a mode before anything falls.
import type { Remark } from '../scenario.ts';
import type { LintInput } from './rule.ts';
import { rules } from './rules.ts';

export function lint(input: LintInput, mode: string): Remark[] {
  return rules.flatMap((rule) => rule.find(input).map((finding) => ({ ...finding, rule: rule.name, modes: [mode] })));
}

/** What is said in several modes is said once. */
export function merged(remarks: readonly Remark[]): Remark[] {
  const known = new Map<string, Remark>();
  for (const remark of remarks) {
    const { position, text, rule, modes } = remark;
    const key = `${position?.file ?? ''}:${position?.line ?? 0}:${position?.column ?? 0}:${rule}:${text}`;
    const before = known.get(key);
    known.set(key, before ? { ...before, modes: [...new Set([...before.modes, ...modes])] } : remark);
  }
  return [...known.values()];
}
