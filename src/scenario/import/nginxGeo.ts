// `geo` of a stream block: values by the client's network. nginx 1.22.1, src/stream/ngx_stream_geo_module.c.
import { isIPv6 } from 'node:net';
import { addressBytes } from '../../models/balancer/nginx/clientKey.ts';
import { netKey, type GeoOptions } from '../../models/balancer/nginx/variables.ts';
import { quote } from '../wording.ts';
import type { Reading } from './nginxReading.ts';
import type { Directive } from './nginxSyntax.ts';

/** A range within one 65,536th of the addresses: nginx compares ranges there. */
interface Piece {
  first: number;
  last: number;
  value: string;
}

/** `geo [$source] $name { … }`. */
export function readGeo(reading: Reading, directive: Directive): GeoOptions | null {
  const { args, block, position } = directive;
  if (block === null || args.length < 1 || args.length > 2) {
    reading.problem(position, 'geo takes a variable and a block. Write geo $node { default a; 10.1.0.0/16 b; }.');
    return null;
  }
  const wrong = args.find(({ text }) => !/^\$./.test(text));
  if (wrong) {
    reading.problem(wrong.position, `geo takes variables such as $node, got ${quote(wrong.text)}.`);
    return null;
  }
  const names = args.map(({ text }) => text.slice(1).toLowerCase());
  const networks = new Map<string, string>();
  const pieces = new Map<number, Piece[]>();
  let otherwise = '';
  let ranges = false;
  for (const entry of block) {
    const { name: key, args: words, position: at } = entry;
    if (words.length === 0 && entry.block === null && key === 'ranges') {
      if (networks.size > 0) reading.problem(at, '"ranges" must be the first line of a geo block.');
      ranges = true;
      continue;
    }
    if (words.length === 0 && key === 'volatile') {
      reading.knows('geo volatile', at);
      continue;
    }
    if (words.length !== 1 || entry.block !== null) {
      reading.problem(at, `${quote(key)} takes one value here, and a ";" behind it.`);
      continue;
    }
    const isDeleted = key === 'delete';
    const net = isDeleted ? words[0]!.text : key;
    const value = words[0]!.text;
    if (key === 'default') {
      otherwise = value;
      if (!ranges) {
        networks.set(netKey([0, 0, 0, 0], 0), value);
        networks.set(netKey(new Array<number>(16).fill(0), 0), value);
      }
    } else if (ranges) {
      const range = rangeOf(net);
      if (range === null) {
        reading.problem(at, `${quote(net)} is no range. Write 10.1.0.0-10.1.255.255.`);
      } else if (isDeleted) deleteRange(pieces, ...range);
      else if (!addRange(pieces, ...range, value)) {
        reading.problem(at, `the range ${quote(net)} crosses the bounds of one above. Split it there.`);
      }
    } else {
      const network = networkOf(net);
      if (network === null) reading.problem(at, `${quote(net)} is no network. Write 10.1.0.0/16.`);
      else if (isDeleted) networks.delete(network);
      else networks.set(network, value);
    }
  }
  return {
    kind: 'geo',
    name: names.at(-1)!,
    source: names.length === 2 ? names[0]! : null,
    networks: [...networks],
    ranges: rangesOf(pieces),
    otherwise,
  };
}

/** ngx_ptocidr(): `10.1.0.0/16`, or one address. */
function networkOf(text: string): string | null {
  const [address = '', bits, ...more] = text.split('/');
  const bytes = text === '255.255.255.255' ? [255, 255, 255, 255] : bytesOf(address);
  if (bytes === null || more.length > 0) return null;
  const most = 8 * bytes.length;
  if (bits === undefined) return netKey(bytes, most);
  return /^\d+$/.test(bits) && Number(bits) <= most ? netKey(bytes, Number(bits)) : null;
}

function bytesOf(address: string): number[] | null {
  if (address.includes(':')) return isIPv6(address) && !address.includes('%') ? addressBytes(address) : null;
  const parts = address.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d+$/.test(part) || Number(part) > 255)) return null;
  const bytes = parts.map(Number);
  // What inet_addr() returns for a mistake.
  return bytes.every((byte) => byte === 255) ? null : bytes;
}

function rangeOf(text: string): readonly [number, number] | null {
  const dash = text.indexOf('-');
  if (dash < 0) return null;
  const [first, last] = [text.slice(0, dash), text.slice(dash + 1)].map((address) => {
    const bytes = address.includes(':') ? null : bytesOf(address);
    return bytes === null ? -1 : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  }) as [number, number];
  return first < 0 || last < 0 || first > last ? null : [first, last];
}

/** The parts of a range in each 65,536th. */
function* piecesOf(first: number, last: number): Generator<readonly [block: number, first: number, last: number]> {
  for (let block = first >>> 16; block <= last >>> 16; block++) {
    yield [block, block === first >>> 16 ? first & 0xffff : 0, block === last >>> 16 ? last & 0xffff : 0xffff];
  }
}

/** @returns false when it crosses the bounds of an earlier one: one inside of that one is cut out of it. */
function addRange(all: Map<number, Piece[]>, from: number, to: number, value: string): boolean {
  for (const [block, first, last] of piecesOf(from, to)) {
    const list = all.get(block) ?? [];
    const met = list.filter((piece) => piece.first <= last && piece.last >= first);
    const [around] = met;
    if (met.length > 1 || (around && (around.first > first || around.last < last))) return false;
    const rest = list.filter((piece) => piece !== around);
    if (around && around.first < first) rest.push({ ...around, last: first - 1 });
    if (around && around.last > last) rest.push({ ...around, first: last + 1 });
    rest.push({ first, last, value });
    all.set(
      block,
      rest.sort((a, b) => a.first - b.first),
    );
  }
  return true;
}

/** Only what was given with the same bounds. */
function deleteRange(all: Map<number, Piece[]>, from: number, to: number): void {
  for (const [block, first, last] of piecesOf(from, to)) {
    const list = all.get(block) ?? [];
    all.set(
      block,
      list.filter((piece) => piece.first !== first || piece.last !== last),
    );
  }
}

function rangesOf(all: ReadonlyMap<number, readonly Piece[]>): GeoOptions['ranges'] {
  const ranges: [number, number, string][] = [];
  for (const block of [...all.keys()].sort((a, b) => a - b)) {
    for (const { first, last, value } of all.get(block)!) {
      const before = ranges.at(-1);
      const start = block * 65_536 + first;
      if (before && before[1] === start - 1 && before[2] === value) before[1] = block * 65_536 + last;
      else ranges.push([start, block * 65_536 + last, value]);
    }
  }
  return ranges;
}
