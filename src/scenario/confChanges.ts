// What a scenario's `set`, and `--set`, change in configurations of balancers.
import { confValue, parseConfPath, type ConfPath } from './confPath.ts';
import type { ConfSetting } from './import/confSetting.ts';
import type { Problem } from './problem.ts';
import type { SourcePosition, Warning } from './scenario.ts';
import { quote, show } from './wording.ts';

export interface ConfChange {
  readonly path: ConfPath;
  /** As written, for messages: `--set nginx.server[1514].proxy_timeout`. */
  readonly text: string;
  readonly setting: ConfSetting;
}

/** Stands for the file of what the command line has set: it has no place in any. */
const fromCommandLine = '--set ';

/**
 * @param position `null`: the command line has set it.
 * @returns `null` when it is a path of the scenario itself, a text when something is wrong with it.
 */
export function confChange(key: string, value: unknown, position: SourcePosition | null): ConfChange | string | null {
  const path = parseConfPath(key);
  if (path === null || typeof path === 'string') return path;
  const usable = confValue(value);
  if (usable === undefined) {
    return `${key} takes a word or several, a number, yes or no, got ${show(value)}.`;
  }
  const text = position === null ? `${fromCommandLine}${key}` : key;
  const place = position ?? { file: text, line: 1, column: 1 };
  return {
    path,
    text,
    setting: { steps: path.steps, value: usable, position: place, outcome: { found: false, missing: null } },
  };
}

/** Of what the command line has set: without a place in a file, and with its name instead. */
export function placed<T extends Problem | Warning>(item: T): T {
  if (item.position?.file.startsWith(fromCommandLine) !== true) return item;
  return { ...item, position: null, text: `${item.position.file}: ${item.text}` };
}

/** Those that have found no place in any configuration. @param modes that were built. */
export function unplaced(changes: readonly ConfChange[], modes: readonly string[]): Problem[] {
  return changes.flatMap(({ path, text, setting }) => {
    const { found, missing } = setting.outcome;
    if (found || (path.mode !== null && !modes.includes(path.mode))) return [];
    const whose = path.mode === null ? 'no mode has a balancer' : `mode ${quote(path.mode)} has no balancer`;
    const called = path.balancer === null ? '' : ` called ${path.balancer}`;
    const nothing = `${whose} of ${path.product}${called}.`;
    const isSet = text.startsWith(fromCommandLine);
    return [{ position: isSet ? null : setting.position, text: `${text}: ${missing ?? nothing}` }];
  });
}
