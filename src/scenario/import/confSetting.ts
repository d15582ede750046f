// What a scenario or the command line changes in a balancer's configuration: a directive by its path, before anything is made of it.
import type { SourcePosition } from '../scenario.ts';

/** `server[1514]`, `proxy_timeout`. */
export interface ConfStep {
  readonly name: string;
  /** What stands in brackets; `*`: all of them. */
  readonly selector: string | null;
}

export interface ConfSetting {
  /** Behind the product. */
  readonly steps: readonly ConfStep[];
  /** `true`: the directive alone, or on; `false`: off; `null`: taken out. */
  readonly value: string | boolean | null;
  readonly position: SourcePosition;
  /** Kept by the readers: whether it has found its place in any file, and what there was in the last one where it has not. */
  readonly outcome: { found: boolean; missing: string | null };
}

/** As it is written. */
export function stepsText(steps: readonly ConfStep[]): string {
  return steps.map(({ name, selector }) => (selector === null ? name : `${name}[${selector}]`)).join('.');
}

/** What a path could have named; `null` when it has found something. */
export function missing(what: string, there: readonly string[]): string {
  const shown = there.length > 12 ? [...there.slice(0, 12), `and ${there.length - 12} more`] : there;
  return `there is no ${what}. There ${shown.length === 1 ? 'is' : 'are'}: ${shown.length === 0 ? 'none' : shown.join(', ')}.`;
}
