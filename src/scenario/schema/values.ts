// The values a scenario file is made of: durations, rates, sizes, addresses, names; how each is checked and converted once.
import { z } from 'zod';
import { parseBytes, parseDuration, parseRate, parseShare } from '../../kernel/units.ts';
import { knownAgentVersion } from '../../models/agentVersions.ts';
import { parseAddress, parseRange } from '../addresses.ts';
import { quote, show } from '../wording.ts';

/** The message of a value that is not what its place wants. `undefined` means the place is empty. */
export function mismatch(expected: string, value: unknown, hint = ''): string {
  if (value === undefined) return `is missing; expected ${expected}.`;
  return `expected ${expected}, got ${show(value)}.${hint === '' ? '' : ` ${hint}`}`;
}

export interface Issue {
  readonly input?: unknown;
}

interface UnitKind {
  /** `a duration such as 10s`. */
  readonly expected: string;
  /** Unit of a bare number in the hint `Write 10s.` */
  readonly bareUnit: string;
  /** As listed behind a unit that is none of them. */
  readonly units: string;
  readonly pattern: string;
  readonly example: string;
  readonly parse: (text: string) => number;
}

const durationKind: UnitKind = {
  expected: 'a duration such as 10s',
  bareUnit: 's',
  units: 'us, ms, s, m, h and d',
  pattern: '^\\s*\\d+(\\.\\d+)?\\s*(us|µs|ms|s|m|h|d)\\s*$',
  example: '10s',
  parse: parseDuration,
};
const rateKind: UnitKind = {
  expected: 'a rate such as 2/s',
  bareUnit: '/s',
  units: '/s, /m, /h and /d',
  pattern: '^\\s*\\d+(\\.\\d+)?\\s*/\\s*(s|m|h|d)\\s*$',
  example: '2/s',
  parse: parseRate,
};
const bytesKind: UnitKind = {
  expected: 'a size such as 300B',
  bareUnit: 'B',
  units: 'B, kB, MB, GB, KiB, MiB and GiB',
  pattern: '^\\s*\\d+(\\.\\d+)?\\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)\\s*$',
  example: '300B',
  parse: parseBytes,
};

const shareKind: UnitKind = {
  expected: 'a share such as 80%',
  bareUnit: '%',
  units: '%',
  pattern: '^\\s*\\d+(\\.\\d+)?\\s*%\\s*$',
  example: '80%',
  parse: parseShare,
};

interface Bounds {
  readonly from: number;
  readonly to: number;
  /** As written: `1s to 30d`. */
  readonly text: string;
  readonly expected?: string;
}

/** A number with its unit, converted to the unit the models use. */
function measured(kind: UnitKind, bounds: Bounds, description: string) {
  const expected = bounds.expected ?? kind.expected;
  return z
    .string({
      error: ({ input }: Issue) =>
        mismatch(expected, input, typeof input === 'number' && input >= 0 ? `Write ${input}${kind.bareUnit}.` : ''),
    })
    .meta({ pattern: kind.pattern, examples: [kind.example], description: `${description} ${capital(bounds.text)}.` })
    .transform((text, context) => {
      const fail = (hint: string): never => {
        context.issues.push({ code: 'custom', message: mismatch(expected, text, hint), input: text });
        return z.NEVER;
      };
      if (/^\s*-/.test(text)) return fail('It cannot be negative.');
      if (/^\s*[\d.]+\s*$/.test(text)) return fail(`Write ${text.trim()}${kind.bareUnit}.`);
      let value;
      try {
        value = kind.parse(text);
      } catch {
        return fail(/^\s*\d+(\.\d+)?\s*[^\d.]+$/.test(text) ? `Units are ${kind.units}.` : '');
      }
      if (value < bounds.from || value > bounds.to) return fail(`It must be ${bounds.text}.`);
      return value;
    });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const second = 1_000_000;
export const day = 86_400 * second;

export const duration = (description: string, bounds: Bounds = { from: 0, to: 366 * day, text: 'from 0s to 366d' }) =>
  measured(durationKind, bounds, description);

/** A duration that the product keeps in whole seconds. */
export const wholeSeconds = (description: string, from: number, to: number, text: string) =>
  duration(description, { from: from * second, to: to * second, text }).transform((us, context) => {
    if (us % second !== 0) {
      context.issues.push({
        code: 'custom',
        message: `expected whole seconds such as 10s, got ${us / second}s. The product counts whole seconds here.`,
        input: us,
      });
      return z.NEVER;
    }
    return us / second;
  });

export const rate = (description: string, to = 100_000) =>
  measured(rateKind, { from: 0, to, text: `from 0/s to ${to}/s` }, description);

export const bytes = (description: string, from: number, to: number, text: string) =>
  measured(bytesKind, { from, to, text }, description);

/** @param to largest share, of one. */
export const share = (description: string, to = 1) =>
  measured(shareKind, { from: 0, to, text: `from 0% to ${to * 100}%` }, description);

export function whole(description: string, from: number, to: number) {
  const expected = `a whole number from ${from} to ${to}`;
  const error = ({ input }: Issue): string => mismatch(expected, input);
  return z.int({ error }).min(from, { error }).max(to, { error }).meta({ description });
}

export function text(expected: string, description: string) {
  const error = ({ input }: Issue): string => mismatch(expected, input);
  return z.string({ error }).min(1, { error }).max(200_000, { error }).meta({ description });
}

/** A string that must pass `check`, which returns how to mend it or `null`; `refuse` may say more about what is no string. */
export function checked(
  expected: string,
  description: string,
  check: (value: string) => string | null,
  refuse?: (value: unknown) => string | undefined,
) {
  return z
    .string({ error: ({ input }: Issue) => refuse?.(input) ?? mismatch(expected, input) })
    .meta({ description })
    .superRefine((value, context) => {
      const hint = check(value);
      if (hint !== null) context.addIssue({ code: 'custom', message: mismatch(expected, value, hint) });
    });
}

export function choice<const T extends readonly [string, ...string[]]>(options: T, description: string) {
  const expected = `${options.slice(0, -1).join(', ')} or ${options.at(-1)!}`;
  return z.enum(options, { error: ({ input }: Issue) => mismatch(expected, input) }).meta({ description });
}

export const yesNo = (description: string) =>
  z
    .union([z.boolean(), z.literal('yes'), z.literal('no')], {
      error: ({ input }: Issue) => mismatch('yes or no', input),
    })
    .meta({ description })
    .transform((value) => value === true || value === 'yes');

export const mapping = (expected: string) => ({ error: ({ input }: Issue) => mismatch(expected, input) });
export const listOf = mapping;

export const release = (who: 'Agents' | 'Managers') =>
  checked(
    'a Wazuh release such as 4.14.7',
    `Wazuh release of these ${who.toLowerCase()}; it sets their defaults.`,
    (value) => knownAgentVersion(value)?.replaceAll('Agents', who) ?? null,
    (value) =>
      typeof value === 'number'
        ? mismatch('a Wazuh release such as 4.14.7', value, 'Write all three parts.')
        : undefined,
  );

export const address = (description: string) =>
  checked('an IPv4 address such as 172.0.0.4', description, (value) => {
    if (parseAddress(value) !== null) return null;
    return value.includes(':') ? 'IPv6 is not modelled yet.' : '';
  });

export function rangeHint(value: string): string | null {
  const parsed = parseRange(value);
  return typeof parsed === 'string' ? parsed : null;
}

export const range = (description: string) => checked('an IPv4 range such as 10.1.0.0/16', description, rangeHint);

export const port = (description: string) => whole(description, 1, 65_535);

/** Bounds of the kernel's ip_local_port_range, as a number of ports. */
export const portRange = checked(
  'a range such as 32768-60999',
  'Local ports towards one node and port, as a range.',
  (value) => {
    const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(value) ?? [];
    return Number(from) >= 1024 && Number(to) <= 65_535 && Number(from) <= Number(to) ? null : '';
  },
).transform((value) => {
  const [from = 0, to = 0] = value.split('-').map(Number);
  return to - from + 1;
});

// Names are keys: digits alone would change their order, and what every object has is no name of ours.
const noName =
  '(?!(?:\\d+|constructor|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|toLocaleString|toString|valueOf)$)';
export const namePattern = `^${noName}[A-Za-z0-9][A-Za-z0-9_-]*$`;
/** Names of nodes may be addresses or host names. */
export const nodeNamePattern = `^${noName}[A-Za-z0-9][A-Za-z0-9._-]*$`;

export const name = (pattern: string) =>
  z.string().regex(new RegExp(pattern), {
    error: ({ input }: Issue) =>
      `${quote(String(input))} cannot be a name here. ${
        new RegExp(`^${noName}`).test(String(input))
          ? 'Use letters, digits, "-" and "_", beginning with a letter or digit.'
          : `Put something before it, such as x-${String(input)}.`
      }`,
  });

export const latency = (of: string) => duration(`One way, ${of}.`, { from: 0, to: 10 * second, text: 'from 0s to 10s' });

export const unreachable = (description: string) => choice(['routed', 'sameSegment'], description);
