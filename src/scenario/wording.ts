// How values, names and paths of a user's file appear in a message about them.

/** One step into a scenario: the key of a mapping or the index of a list. */
export type Step = string | number;
export type Path = readonly Step[];

/** `faults[0].kill`, `cluster.nodes["172.0.0.4"].startup`: the form `set` and `--set` take, too. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z0-9_-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** A value as a message repeats it: scalars as written, short; collections by what they are. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return 'a mapping';
  }
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/**
 * Names for the end of a message, in the order given. Three or more that count upwards are written `worker01 … worker04`;
 * a very long list is cut.
 */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const parts: string[] = [];
  let index = 0;
  while (index < names.length) {
    let last = index;
    while (last + 1 < names.length && follows(names[last]!, names[last + 1]!)) last += 1;
    if (last - index >= 2) {
      parts.push(`${names[index]!} … ${names[last]!}`);
      index = last + 1;
    } else {
      parts.push(names[index]!);
      index += 1;
    }
  }
  const shown = parts.length > 24 ? [...parts.slice(0, 23), `and ${parts.length - 23} more`] : parts;
  return shown.join(', ');
}

function follows(name: string, next: string): boolean {
  const a = /^(.*?)(\d+)$/.exec(name);
  const b = /^(.*?)(\d+)$/.exec(next);
  return a !== null && b !== null && a[1] === b[1] && Number(b[2]) === Number(a[2]) + 1;
}

/** A duration as users write it: `30m`, `90s`, `1500us`. */
export function durationText(us: number): string {
  const units = [
    [86_400_000_000, 'd'],
    [3_600_000_000, 'h'],
    [60_000_000, 'm'],
    [1_000_000, 's'],
    [1_000, 'ms'],
  ] as const;
  const fits = units.find(([length]) => us >= length && us % length === 0);
  return fits ? `${us / fits[0]}${fits[1]}` : `${us}us`;
}

/** `a, b and c`. */
export function enumerate(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`;
}
