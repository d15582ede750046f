// Texts of an ossec.conf as the readers take them, and the mistakes they find.
import type { ConfText } from '../../src/scenario/import/ossecReader.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';

export const file = 'ossec.conf';

export function conf(text: string, version = '4.14.7'): ConfText {
  return { file, text, version };
}

/** `line:column  text` of every mistake. */
export function mistakes(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ position, text }) =>
      position === null ? text : `${position.line}:${position.column}  ${text}`,
    );
  }
  return [];
}
