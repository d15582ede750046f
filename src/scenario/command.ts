// The command that simulates a scenario again, as a user would type it.
import { includesOutsideFlag } from './files.ts';
import type { FlagScenario } from './flags.ts';
import type { Overrides } from './load.ts';

/** What is said on the command line instead of in a file. */
export const flagNames = [
  'nginx',
  'haproxy',
  'release',
  'ossec',
  'cpus',
  'agents',
  'rate',
  'agentVersion',
  'node',
  'kill',
  'powerOff',
  'hang',
  'stop',
  'zombie',
  'at',
  'for',
  'duration',
] as const satisfies readonly (keyof FlagScenario)[];

export function fileCommand(file: string, overrides: Overrides): string {
  return command([file, ...overrideWords(overrides)]);
}

export function flagCommand(given: FlagScenario): string {
  const words = flagNames.flatMap((flag) =>
    [given[flag] ?? []].flat().flatMap((value) => [`--${kebab(flag)}`, String(value)]),
  );
  return command([...words, ...overrideWords(given.overrides ?? {})]);
}

function overrideWords({ set = [], includesOutside }: Overrides): string[] {
  const words = set.flatMap(({ path, value }) => ['--set', `${path}=${value}`]);
  return includesOutside === true ? [...words, includesOutsideFlag] : words;
}

function command(words: readonly string[]): string {
  return ['fleetfall', 'run', ...words].map(shellWord).join(' ');
}

/** `powerOff` as `power-off`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A word as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
