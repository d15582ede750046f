// Variables an nginx.conf makes itself: `map`, `geo`, `split_clients` and `set`, and those whose value the file decides. One client
// evaluates each of them once. Sources: nginx 1.22.1, src/stream/ngx_stream_{map,geo,split_clients,set}_module.c.
import { addressBytes, keyBytes, parseKey, valueOf, type KeyClient, type KeyPart } from './clientKey.ts';
import { splitHash } from './splitHash.ts';

export type VariableOptions = MapOptions | GeoOptions | SplitOptions | TextOptions;

/** Expressions may name other variables. */
export interface MapOptions {
  readonly kind: 'map';
  readonly name: string;
  readonly source: string;
  /** Keys may be `*.x`, `.x` and `x.*`, and a dot at the end of the value does not count. */
  readonly hostnames: boolean;
  /** Keys in lower case, and the expressions behind them. */
  readonly keys: readonly (readonly [key: string, value: string])[];
  /** In the order of the file. */
  readonly patterns: readonly { readonly pattern: string; readonly anyCase: boolean; readonly value: string }[];
  readonly otherwise: string;
}

export interface GeoOptions {
  readonly kind: 'geo';
  readonly name: string;
  /** Variable that holds the address; `null`: the client's. */
  readonly source: string | null;
  /** `netKey` of each network, and its value. */
  readonly networks: readonly (readonly [network: string, value: string])[];
  /** `geo … { ranges; }`: IPv4 as unsigned 32-bit integers, ascending, none meets another. */
  readonly ranges: readonly (readonly [first: number, last: number, value: string])[];
  readonly otherwise: string;
}

export interface SplitOptions {
  readonly kind: 'split';
  readonly name: string;
  readonly source: string;
  /** Hashes below `below` that no part above has taken; Infinity: all others. */
  readonly parts: readonly { readonly below: number; readonly value: string }[];
}

/** One whose value stands in the file, or that is another name of one. */
export interface TextOptions {
  readonly kind: 'text';
  readonly name: string;
  readonly value: string;
}

/** `set`: carried out in the order of the file before the choice. */
export interface SetOptions {
  readonly name: string;
  readonly value: string;
}

/** The expressions nginx reads in a definition. */
export function expressionsOf(options: VariableOptions): readonly string[] {
  switch (options.kind) {
    case 'map':
      return [
        options.source,
        ...options.keys.map(([, value]) => value),
        ...options.patterns.map(({ value }) => value),
        options.otherwise,
      ];
    case 'geo':
      return options.source === null ? [] : [`$${options.source}`];
    case 'split':
      return [options.source];
    case 'text':
      return [options.value];
    default:
      return options satisfies never;
  }
}

/** How a network is looked up: bytes of its address, of which `bits` count. */
export function netKey(bytes: readonly number[], bits: number): string {
  const kept = bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * index))) & 0xff);
  return `${bits}/${kept.join('.')}`;
}

/** Variables of one `server` block. */
export interface Variables {
  has(name: string): boolean;
  /** What a client has; each is evaluated when it is first asked for. */
  of(client: KeyClient): ClientValues;
}

export interface ClientValues {
  valueOf(parts: readonly KeyPart[]): string;
}

/** A value from the ways a variable is made of: another variable's, or the client's. */
type Maker = (client: KeyClient, read: (parts: readonly KeyPart[]) => string) => string;

export function createVariables(options: readonly VariableOptions[], sets: readonly SetOptions[]): Variables {
  const names = new Set([...options, ...sets].map(({ name }) => name));
  const has = (name: string): boolean => names.has(name);
  const parse = (expression: string): readonly KeyPart[] => {
    const parts = parseKey(expression, has);
    if (typeof parts === 'string') throw new Error(`${expression}: ${parts}`);
    return parts;
  };
  const makers = new Map(options.map((each) => [each.name, makerOf(each, parse)]));
  const assignments = sets.map(({ name, value }) => ({ name, parts: parse(value) }));
  return {
    has,
    of(client) {
      const known = new Map<string, string>();
      const read = (parts: readonly KeyPart[]): string => {
        let text = '';
        for (const part of parts) text += valueOfPart(part);
        return text;
      };
      const valueOfPart = (part: KeyPart): string => {
        if (part.kind === 'text') return part.bytes;
        if (part.kind === 'variable') return valueOf(part.name, client);
        let value = known.get(part.name);
        if (value === undefined) {
          // A `set` that has not been reached, or belongs to another server.
          value = makers.get(part.name)?.(client, read) ?? '';
          known.set(part.name, value);
        }
        return value;
      };
      for (const { name, parts } of assignments) known.set(name, read(parts));
      return { valueOf: read };
    },
  };
}

function makerOf(options: VariableOptions, parse: (expression: string) => readonly KeyPart[]): Maker {
  switch (options.kind) {
    case 'map':
      return mapMaker(options, parse);
    case 'geo':
      return geoMaker(options, parse);
    case 'split': {
      const source = parse(options.source);
      const parts = options.parts.map(({ below, value }) => ({ below, value: inBytes(value) }));
      return (_, read) => {
        const hash = splitHash(keyBytes(read(source)));
        return parts.find(({ below }) => hash < below)?.value ?? '';
      };
    }
    case 'text': {
      const value = parse(options.value);
      return (_, read) => read(value);
    }
    default:
      return options satisfies never;
  }
}

/** What stands in the file, as the bytes nginx has. */
function inBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function mapMaker(
  { source, hostnames, keys, patterns, otherwise }: MapOptions,
  parse: (expression: string) => readonly KeyPart[],
): Maker {
  const from = parse(source);
  const exact = new Map(keys.map(([key, value]) => [inBytes(key), parse(value)]));
  const expressions = patterns.map(({ pattern, anyCase, value }) => ({
    pattern: new RegExp(inBytes(pattern), anyCase ? 'i' : ''),
    value: parse(value),
  }));
  const rest = parse(otherwise);
  return (_, read) => {
    let text = read(from);
    if (hostnames && text.endsWith('.')) text = text.slice(0, -1);
    // nginx lowers ASCII letters alone.
    const low = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    const value =
      exact.get(low) ??
      (hostnames ? wildcard(exact, low) : undefined) ??
      expressions.find(({ pattern }) => text !== '' && pattern.test(text))?.value ??
      rest;
    return read(value);
  };
}

/** The longest of the keys `*.x` and `.x`, else the longest of `x.*`. src/core/ngx_hash.c, ngx_hash_find_combined(). */
function wildcard<T>(keys: ReadonlyMap<string, T>, name: string): T | undefined {
  const own = keys.get(`.${name}`);
  if (own !== undefined) return own;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const found = keys.get(`*${name.slice(dot)}`) ?? keys.get(name.slice(dot));
    if (found !== undefined) return found;
  }
  for (let dot = name.lastIndexOf('.'); dot >= 0; dot = dot === 0 ? -1 : name.lastIndexOf('.', dot - 1)) {
    const found = keys.get(`${name.slice(0, dot)}.*`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function geoMaker(
  { source, networks, ranges, otherwise }: GeoOptions,
  parse: (expression: string) => readonly KeyPart[],
): Maker {
  const from = source === null ? null : parse(`$${source}`);
  const values = new Map(networks.map(([network, value]) => [network, inBytes(value)]));
  const lengths = [...new Set(networks.map(([network]) => Number(network.split('/')[0])))].sort((a, b) => b - a);
  const rest = inBytes(otherwise);
  return (client, read) => {
    const bytes = geoAddress(from === null ? client.remoteAddress : read(from));
    if (ranges.length > 0) return inBytes(rangeOf(ranges, bytes) ?? otherwise);
    for (const bits of lengths) {
      const value = bits <= 8 * bytes.length ? values.get(netKey(bytes, bits)) : undefined;
      // `default` stands in both families; a network of IPv4 says nothing of IPv6.
      if (value !== undefined) return value;
    }
    return rest;
  };
}

/** IPv4 where it is mapped; what is no address is 255.255.255.255. */
function geoAddress(text: string): readonly number[] {
  const isIpv4 = /^(\d{1,3})(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
  if (!isIpv4 && !/^[\da-f:.]*:[\da-f:.]*$/i.test(text)) return [255, 255, 255, 255];
  const bytes = addressBytes(text);
  const isMapped = bytes.length === 16 && bytes.slice(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 255));
  return isMapped ? bytes.slice(12) : bytes;
}

function rangeOf(ranges: GeoOptions['ranges'], bytes: readonly number[]): string | null {
  const address = bytes.length === 4 ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : 0xffff_ffff;
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]![1] < address) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && range[0] <= address ? range[2] : null;
}
