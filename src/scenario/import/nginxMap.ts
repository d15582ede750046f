// `map` and `split_clients` of a stream block. nginx 1.22.1, src/stream/ngx_stream_{map,split_clients}_module.c.
import type { MapOptions, SplitOptions } from '../../models/balancer/nginx/variables.ts';
import { quote } from '../wording.ts';
import { isSince } from './nginxReleases.ts';
import type { Reading } from './nginxReading.ts';
import type { Directive, Word } from './nginxSyntax.ts';

// src/core/ngx_hash.c: a bucket is a line of the processor's cache, and holds the value, the key, its length and an end.
export const bucketDefault = 64;

/** `map source $name { … }`. @param bucketBytes `map_hash_bucket_size`. */
export function readMap(reading: Reading, directive: Directive, bucketBytes: number): MapOptions | null {
  const head = headOf(reading, directive);
  if (!head) return null;
  const keys = new Map<string, string>();
  const patterns: { pattern: string; anyCase: boolean; value: string }[] = [];
  let hostnames = false;
  let otherwise: string | null = null;
  for (const entry of directive.block!) {
    const { name: key, args, position } = entry;
    if (args.length === 0 && entry.block === null && (key === 'hostnames' || key === 'volatile')) {
      if (key === 'hostnames') hostnames = true;
      continue;
    }
    const value = valueOf(reading, entry);
    if (!value) continue;
    if (key === 'default') {
      if (otherwise !== null) reading.problem(position, 'a second default in this map. Keep one.');
      otherwise = value.text;
    } else if (key.startsWith('~')) {
      const anyCase = key.startsWith('~*');
      const pattern = key.slice(anyCase ? 2 : 1);
      const wrong = whyNotPattern(pattern);
      if (wrong !== null) reading.problem(position, `the pattern ${quote(key)} ${wrong}.`);
      else patterns.push({ pattern, anyCase, value: value.text });
    } else {
      const text = lowered(key.startsWith('\\') ? key.slice(1) : key);
      const wrong = hostnames ? whyNoHost(text) : null;
      const largest = bucketBytes - 18;
      if (wrong !== null) reading.problem(position, `invalid host name or wildcard ${quote(key)}: ${wrong}.`);
      else if (keys.has(text) || (hostnames && meetsAnother(keys, text))) {
        reading.problem(position, `${quote(key)} stands in this map already. Keep one of them.`);
      } else if (Buffer.byteLength(text) > largest) {
        reading.problem(
          position,
          `a key of more than ${largest} bytes needs a larger map_hash_bucket_size above the map.`,
        );
      } else keys.set(text, value.text);
    }
  }
  return { kind: 'map', ...head, hostnames, keys: [...keys], patterns, otherwise: otherwise ?? '' };
}

/** `split_clients source $name { … }`. */
export function readSplitClients(reading: Reading, directive: Directive): SplitOptions | null {
  const head = headOf(reading, directive);
  if (!head) return null;
  const parts: { below: number; value: string }[] = [];
  // In hundredths of a percent.
  let sum = 0;
  let last = 0;
  for (const entry of directive.block!) {
    const value = valueOf(reading, entry);
    if (!value) continue;
    const { name: share, position } = entry;
    if (share === '*') {
      sum = 10_000;
      parts.push({ below: Infinity, value: value.text });
      continue;
    }
    const hundredths = hundredthsOf(share);
    if (hundredths === null) {
      reading.problem(position, `split_clients takes a share such as 0.5%, or *, got ${quote(share)}.`);
      continue;
    }
    sum += hundredths;
    if (sum > 10_000) {
      reading.problem(position, 'the shares of this split_clients are more than 100%. Make them less.');
      break;
    }
    // From 1.31.2 a part that completes the hundred takes what rounding has left.
    const isRest = sum === 10_000 && isSince(reading.version, '1.31.2');
    last += Number((BigInt(hundredths) * 0xffff_ffffn) / 10_000n);
    parts.push({ below: isRest ? Infinity : last, value: value.text });
  }
  return { kind: 'split', ...head, parts };
}

/** `source $name` before a block. */
function headOf(reading: Reading, directive: Directive): { source: string; name: string } | null {
  const { name, args, block, position } = directive;
  const [source, target] = args;
  if (block === null || args.length !== 2 || !source || !target) {
    reading.problem(position, `${name} takes a value, a variable and a block. Write ${name} $remote_addr $node { … }.`);
    return null;
  }
  if (!/^\$./.test(target.text)) {
    reading.problem(target.position, `${name} makes a variable such as $node, got ${quote(target.text)}.`);
    return null;
  }
  return { source: source.text, name: target.text.slice(1).toLowerCase() };
}

/** The one value of a line. */
function valueOf(reading: Reading, { name, args, block, position }: Directive): Word | null {
  if (block === null && args.length === 1) return args[0]!;
  reading.problem(position, `${quote(name)} takes one value here, and a ";" behind it.`);
  return null;
}

function lowered(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function whyNoHost(text: string): string | null {
  const stars = text.split('*').length - 1;
  if (stars > 1) return 'it has more than one *';
  if (text.includes('..')) return 'a dot follows a dot';
  const isWildcard = text.startsWith('*.') || text.endsWith('.*');
  return stars === 1 && !(isWildcard && text.length > 2)
    ? 'a * stands in front of the first dot or behind the last'
    : null;
}

/** `.x` stands for `x` and `*.x`. */
function meetsAnother(keys: ReadonlyMap<string, string>, text: string): boolean {
  if (text.startsWith('*.')) return keys.has(text.slice(1));
  if (text.startsWith('.')) return keys.has(text.slice(1)) || keys.has(`*${text}`);
  return keys.has(`.${text}`);
}

/** What JavaScript and PCRE read alike is taken, the rest refused. @returns why it is not taken. */
function whyNotPattern(pattern: string): string | null {
  const plain = pattern.replaceAll(/\\[dDwWsSbBnrtf]|\\[^a-zA-Z0-9]|\(\?[:=!]/g, '');
  if (/\\/.test(plain))
    return 'has an escape that is not read here. Write it with \\d, \\w, \\s or the characters themselves';
  if (/\(\?|\(\*/.test(plain)) return 'has a group that is not read here. Use ( … ) or (?: … )';
  if (/\[\[?[:.=]/.test(plain)) return 'has a class that is not read here. Write its characters, such as [0-9]';
  if (/[*+?}]\+/.test(plain)) return 'has a possessive quantifier, which is not read here. Leave the second + out';
  try {
    new RegExp(pattern);
    return null;
  } catch {
    return 'is no regular expression. Check its brackets';
  }
}

/** `12.34%` in hundredths; `null`: it is none. ngx_atofp(). */
function hundredthsOf(text: string): number | null {
  const [, whole, fraction = ''] = /^(\d*)(?:\.(\d{0,2}))?%$/.exec(text) ?? [];
  if (whole === undefined || text === '%') return null;
  const hundredths = Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  return hundredths > 0 ? hundredths : null;
}
