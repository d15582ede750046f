// Options that several commands have, and how their texts are read.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { includesOutsideFlag } from '../scenario/files.ts';

export const helpText = 'print this help';

/** The text of a whole number within limits. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

export function seedText(text: string): string {
  if (text !== '' && text.length <= 200) return text;
  throw new InvalidArgumentError('Expected a number or a text of up to 200 characters.');
}

/** How an empty list of a repeatable option reads; left out of the help. */
export const nothing = 'none';

/** An option that may be given again and again. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; repeatable`)
    .argParser((text: string, known: readonly string[]) => [...known, text])
    .default([], nothing);
}

/** `--set path=value`. */
export interface SetFlag {
  readonly path: string;
  readonly value: string;
}

function setting(text: string, known: readonly SetFlag[]): SetFlag[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected path=value, such as fleet.servers.count=500.');
  return [...known, { path: text.slice(0, at), value: text.slice(at + 1) }];
}

export function setOption(
  flags = '--set <path=value>',
  description = 'change any place of the scenario, such as faults[0].at=5m; repeatable',
): Option {
  return new Option(flags, description).argParser(setting).default([], nothing);
}

export const anonymiseFlag = '--anonymise';

export function anonymiseOption(): Option {
  return new Option(anonymiseFlag, 'replace every name and address that is yours; numbers stay as they are');
}

export function includesOption(): Option {
  return new Option(includesOutsideFlag, 'configurations may include files that are not below their own folder');
}

/** `--agents 9000` or `--agents branch=300`. */
export interface Counted {
  readonly group: string | null;
  readonly count: number;
}

export function agentCount(text: string, known: readonly Counted[]): Counted[] {
  const match = /^(?:([^=]+)=)?([1-9]\d{0,6})$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected a number such as 9000, or group=number.');
  return [...known, { group: match[1] ?? null, count: Number(match[2]) }];
}

/** Which runs a command plays, and in how many threads. @param whose the scenario's luck, as a genitive. */
export function playOptions(command: Command, whose = 'the scenario’s'): Command {
  return command
    .addOption(repeatable('--mode <name>', 'only this mode'))
    .option('--seed <seed>', `root of all chance, instead of ${whose}`, seedText)
    .option('--replications <n>', `runs with luck drawn anew, instead of ${whose}`, wholeNumber(1, 1000))
    .option('--jobs <n>', 'worker threads (default: one a processor)', wholeNumber(1, 256));
}
