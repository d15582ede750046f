// Values of nginx directives: times, sizes, and the addresses of `server`, `proxy_pass` and `listen`.
// nginx 1.22.1, src/core/ngx_parse.c and src/core/ngx_inet.c, ngx_parse_url().
import { isIPv6 } from 'node:net';
import { addressBytes, addressText } from '../../models/balancer/nginx/clientKey.ts';
import { table } from './table.ts';

// A unit may only be followed by a smaller one. Seconds each; a space ends a number of seconds.
const timeUnits: Readonly<Record<string, readonly [rank: number, seconds: number]>> = table({
  y: [1, 31_536_000],
  M: [2, 2_592_000],
  w: [3, 604_800],
  d: [4, 86_400],
  h: [5, 3600],
  m: [6, 60],
  s: [7, 1],
  ms: [8, 0.001],
  ' ': [9, 1],
});

/**
 * `60`, `1m30s`, `1h 30m`, `500ms` in µs; `null` when it is no time. ngx_parse_time().
 * @param precision `fail_timeout` counts whole seconds and knows no `ms`; the others milliseconds, they know no `y` and `M`.
 */
export function parseTime(text: string, precision: 'seconds' | 'milliseconds'): number | null {
  let rest = text;
  let rank = precision === 'seconds' ? 0 : 2;
  let us = 0;
  if (!/\d/.test(text)) return null;
  while (rest !== '') {
    const [all, digits = '', unit = ''] = /^(\d*)(ms|[yMwdhms ]?) */.exec(rest)!;
    if (all === '') return null;
    const [next, seconds] = unit === '' ? [10, 1] : timeUnits[unit]!;
    if (rank >= next || (unit === ' ' && rank >= 7) || (unit === 'ms' && precision === 'seconds')) return null;
    us += Math.round(Number(digits) * seconds * 1e6);
    rank = next;
    rest = rest.slice(all.length);
  }
  return Number.isSafeInteger(us) ? us : null;
}

/** `16k`, `1m` in bytes; `null` when it is no size. ngx_parse_size(). */
export function parseSize(text: string): number | null {
  const match = /^(\d+)([kKmM]?)$/.exec(text);
  if (!match) return null;
  const bytes = Number(match[1]) * { '': 1, k: 1024, m: 1_048_576 }[match[2]!.toLowerCase() as '' | 'k' | 'm'];
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Where a `server`, a `proxy_pass` or a `listen` points. */
export interface Target {
  /** As written; `unix:…` whole. */
  readonly host: string;
  /** The address in nginx's spelling, `unix:…` as written; `null`: the host is a name. */
  readonly address: string | null;
  /** First and last port; both 0 for a unix socket, `null` without a port. */
  readonly ports: readonly [number, number] | null;
}

/** @returns what is wrong with it, as nginx says it, when it is no target. */
export function parseTarget(text: string, purpose: 'connect' | 'listen'): Target | string {
  if (/^unix:/i.test(text)) {
    return text.length === 5 ? 'no path in the unix domain socket' : { host: text, address: text, ports: [0, 0] };
  }
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (/[/?]/.test(text) || (text.startsWith('[') && host === '')) return 'invalid host';
  if (port === undefined && purpose === 'listen' && /^\d+(-\d+)?$/.test(text)) {
    const ports = parsePorts(text, purpose);
    return typeof ports === 'string' ? ports : { host: '*', address: '*', ports };
  }
  const ports = port === undefined ? null : parsePorts(port, purpose);
  if (typeof ports === 'string') return ports;
  if (host === '' || host === '[]') return 'no host';
  if (host.startsWith('[')) {
    const inner = host.slice(1, -1);
    if (!isIPv6(inner) || inner.includes('%')) return 'invalid IPv6 address';
    return { host, address: addressText(addressBytes(inner)), ports };
  }
  return { host, address: purpose === 'listen' && host === '*' ? '*' : ipv4Address(host), ports };
}

function parsePorts(text: string, purpose: 'connect' | 'listen'): readonly [number, number] | string {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (from === undefined || (purpose === 'connect' && text.includes('-'))) return 'invalid port';
  const [first, last] = [Number(from), Number(to)];
  if (first < 1 || last > 65_535) return 'invalid port';
  return first > last ? 'invalid port range' : [first, last];
}

/** Leading zeros are no octal numbers here. ngx_inet_addr(). */
function ipv4Address(host: string): string | null {
  const parts = host.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d+$/.test(part) || Number(part) > 255)) return null;
  return parts.map(Number).join('.');
}

/** An address with a port, as nginx logs it in `$upstream_addr`. */
export function withPort(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
