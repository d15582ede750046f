// The settings a mode was run with, as a flat list: what two results can be told apart by. Never a text of a configuration.
import { createHash } from 'node:crypto';
import type { WorldOptions } from '../models/worldOptions.ts';
import { pathText, type Path } from '../scenario/wording.ts';

export type SettingValue = string | number | boolean | null;

/** One value that the simulation reads. Times end in `Us` or `Seconds` and are in that unit. */
export interface Setting {
  /** Members of a list by their name where they have one: `groups.servers.agent.notifyTimeSeconds`, `faults[0].atUs.fromUs`. */
  readonly path: string;
  readonly value: SettingValue;
}

/** Longer lists of numbers are told by their length and a digest. */
const listedNumbers = 16;

/**
 * What an nginx.conf computes with its own words: they may be anybody's secrets. As a digest they still tell that something changed.
 * All other texts are names, addresses, methods and the like.
 */
const sealed: readonly string[] = ['variables', 'sets', 'route'];

/** Every value of a mode's world, in the order in which the models declare them. */
export function settingsOf(world: WorldOptions): readonly Setting[] {
  const settings: Setting[] = [];
  walk(world, [], settings);
  return settings;
}

function walk(value: unknown, at: Path, into: Setting[]): void {
  if (value === undefined) return;
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') {
    into.push({ path: pathText(at), value });
    return;
  }
  if (ArrayBuffer.isView(value)) {
    into.push({ path: pathText(at), value: numbersText(Array.from(value as Float64Array)) }); // numbers of any width
    return;
  }
  if (Array.isArray(value)) {
    walkList(value, at, into);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (sealed.includes(key)) {
      if (inner !== undefined) {
        into.push({ path: pathText([...at, key]), value: `sha256 ${digest(JSON.stringify(inner))}` });
      }
    } else walk(inner, [...at, key], into);
  }
}

function walkList(list: readonly unknown[], at: Path, into: Setting[]): void {
  if (list.every((item) => typeof item === 'number')) {
    into.push({ path: pathText(at), value: numbersText(list) });
    return;
  }
  if (list.every((item) => typeof item === 'string')) {
    into.push({ path: pathText(at), value: list.join(', ') });
    return;
  }
  into.push({ path: pathText([...at, 'length']), value: list.length });
  const taken = new Map<string, number>();
  list.forEach((item, index) => {
    const name = nameOf(item);
    if (name === null) {
      walk(item, [...at, index], into);
      return;
    }
    const copies = (taken.get(name) ?? 0) + 1;
    taken.set(name, copies);
    walk(item, [...at, copies > 1 ? `${name} #${copies}` : name], into);
  });
}

/** By what a person tells members of a list apart; `null`: by their place. */
function nameOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null) return null;
  const { name, serverText, text } = item as Readonly<Record<string, unknown>>;
  const found = name ?? serverText ?? text;
  return typeof found === 'string' ? found : null;
}

function numbersText(numbers: readonly number[]): string {
  if (numbers.length <= listedNumbers) return numbers.join(', ');
  return `${numbers.length} numbers, sha256 ${digest(numbers.join(','))}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** A setting with two values; `undefined`: it is on the other side only. */
export interface SettingChange {
  readonly path: string;
  readonly before: SettingValue | undefined;
  readonly after: SettingValue | undefined;
}

/** What differs, in the order of `before`, then what only `after` has. */
export function settingChanges(before: readonly Setting[], after: readonly Setting[]): readonly SettingChange[] {
  const other = new Map(after.map(({ path, value }) => [path, value]));
  const changes: SettingChange[] = [];
  for (const { path, value } of before) {
    const now = other.get(path);
    other.delete(path);
    if (!Object.is(now, value)) changes.push({ path, before: value, after: now });
  }
  for (const [path, value] of other) changes.push({ path, before: undefined, after: value });
  return changes;
}
