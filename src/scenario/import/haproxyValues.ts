// Values of haproxy.cfg: times, numbers, addresses of `bind` and `server`, what `balance hash` is asked about.
// HAProxy 2.6.12, src/tools.c, parse_time_err() and str2sa_range(); configuration.txt 2.5 and 11 (address formats).
import { isIPv4, isIPv6 } from 'node:net';
import type { HaproxyHashSample } from '../../models/balancer/haproxy/options.ts';
import { quote } from '../wording.ts';
import { table } from './table.ts';

const timeUnits: Readonly<Record<string, number>> = table({ us: 1, ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 });

// include/haproxy/time.h: times are milliseconds in 31 bits.
const longestMs = 2 ** 31 - 1;

/** `10s` in µs, rounded up to whole `precision`; a text saying what is wrong otherwise. Without a unit: milliseconds, or `precision`. */
export function parseTime(text: string, precision: 'ms' | 's' = 'ms'): number | string {
  const match = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text);
  if (match === null) return `expected a time such as 10s or 500ms, got ${quote(text)}`;
  const unit = timeUnits[precision]!;
  const count = Math.ceil((Number(match[1]) * (timeUnits[match[2] ?? ''] ?? unit)) / unit);
  if (count > longestMs) return `${quote(text)} is longer than HAProxy can count (${longestMs} ${precision})`;
  return count * unit;
}

/** A whole number within limits; `null` otherwise. */
export function parseWhole(text: string, least: number, most: number): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

/** Where a `bind` or a `server` points. */
export interface HaproxyAddress {
  readonly kind: 'inet' | 'other';
  /** An address without brackets, a name, '' for every address; of `other` the text. */
  readonly host: string;
  readonly family: 4 | 6 | null;
  /** First and last port; `null`: none is written, or it is relative to the client's. */
  readonly ports: readonly [number, number] | null;
  /** `:+100`: the port the client came to, and so many. */
  readonly offset: number;
}

const otherKinds = /^(unix@|abnsz?@|fd@|sockpair@|rhttp@|rev@|\/)/;
const streamPrefix = /^(?:stream\+)?(?:(?:tcp|mptcp)([46])?@|(?:ipv|inet)([46])@)?/;
const datagram = /^(?:dgram\+|udp[46]?@|uxdg@|quic[46]?@)/;

/** @returns a text saying what is wrong when it is no address. */
export function parseAddress(text: string, purpose: 'bind' | 'server'): HaproxyAddress | string {
  if (datagram.test(text)) {
    return `datagrams (UDP, QUIC) are not balanced here, got ${quote(text)}. Write address:port`;
  }
  const prefix = streamPrefix.exec(text)![0];
  const version = /([46])@$/.exec(prefix)?.[1];
  const rest = text.slice(prefix.length);
  if (otherKinds.test(rest)) return { kind: 'other', host: text, family: null, ports: null, offset: 0 };
  const brackets = /^\[([^\]]*)\](?::(.*))?$/.exec(rest);
  const colon = rest.lastIndexOf(':');
  // A second colon makes it IPv6, and the last one the port's.
  const host = brackets ? brackets[1]! : colon < 0 ? rest : rest.slice(0, colon);
  const portText = brackets ? brackets[2] : colon < 0 ? undefined : rest.slice(colon + 1);
  if (purpose === 'bind' && (portText ?? '') === '') return `there is no port in ${quote(text)}`;
  const isAny = host === '' || host === '*';
  const family = isIPv4(host) ? 4 : isIPv6(host) && !host.includes('%') ? 6 : null;
  if (host.includes(':') && family !== 6) return `${quote(host)} is no IPv6 address`;
  if (family === null && !isAny && (/[^\w.-]/.test(host) || /^[\d.]+$/.test(host))) {
    return `${quote(host)} is neither an address nor a host name`;
  }
  if (isAny && purpose === 'server' && host === '') return `there is no address in ${quote(text)}`;
  if (version !== undefined && family !== null && family !== Number(version)) {
    return `${quote(host)} is no IPv${version} address`;
  }
  const stands = { kind: 'inet', host: isAny ? '' : host, family: family ?? (version === '6' ? 6 : null) } as const;
  if (portText === undefined || portText === '') return { ...stands, ports: null, offset: 0 };
  const relative = purpose === 'server' ? /^([+-])(\d{1,5})$/.exec(portText) : null;
  if (relative) return { ...stands, ports: null, offset: Number(relative[0]) };
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(portText) ?? [];
  const ports = [Number(first), Number(last)] as const;
  if (first === undefined || (purpose === 'server' && portText.includes('-'))) return `invalid port in ${quote(text)}`;
  if (purpose === 'server' && ports[0] === 0) return { ...stands, ports: null, offset: 0 };
  if (ports[0] < 1 || ports[1] > 65_535 || ports[1] < ports[0]) return `invalid port in ${quote(text)}`;
  return { ...stands, ports, offset: 0 };
}

/**
 * What `balance hash` hashes: a sample of the client's own address and ports. Others depend on what is said.
 * @returns a text saying why when it is another one.
 */
export function parseHashSample(text: string): HaproxyHashSample | string {
  const [, fetch, , v4, v6] = /^(src|src_port|dst_port)(,ipmask\((\d+)(?:,(\d+))?\))?$/.exec(text) ?? [];
  if (fetch !== 'src' && fetch !== 'src_port' && fetch !== 'dst_port') {
    return `only src, src_port, dst_port and src,ipmask(24) are known here, got ${quote(text)}`;
  }
  if (v4 === undefined) return { fetch, mask: null };
  const mask = { v4Bits: Number(v4), v6Bits: Number(v6 ?? 128) };
  if (fetch !== 'src' || mask.v4Bits > 32 || mask.v6Bits > 128) return `${quote(text)} masks no address`;
  return { fetch, mask };
}

/** Characters of names that HAProxy takes. src/tools.c, invalid_char(). */
export function invalidCharacter(name: string): string | null {
  return /[^\w.:-]/.exec(name)?.[0] ?? null;
}
