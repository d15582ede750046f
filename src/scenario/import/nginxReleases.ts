// Releases of nginx, of which 1.22.1 is the one that was measured: what later ones read otherwise.
import { table } from './table.ts';

/** The release that was read and measured, where a scenario names none. */
export const measuredRelease = '1.22.1';

/** 1.22.1 to 1.31 are modelled. @returns `null`: this one is; else what is wrong, empty: it is no release at all. */
export function releaseProblem(text: string): string | null {
  const match = /^1\.(\d+)\.(\d+)$/.exec(text);
  if (match === null) return '';
  const [minor, patch] = [Number(match[1]), Number(match[2])];
  return (minor === 22 ? patch >= 1 : minor > 22) && minor <= 31 ? null : 'Releases 1.22.1 to 1.31 are modelled.';
}

/**
 * What `stream` did not know in 1.22.1, and the release that brought it: directives, and parameters behind the directive they belong
 * to. nginx, CHANGES, and the sources of 1.31.4.
 */
export const cameWith: Readonly<Record<string, string>> = table({
  pass: '1.25.5',
  server_name: '1.25.5',
  server_names_hash_bucket_size: '1.25.5',
  server_names_hash_max_size: '1.25.5',
  'listen default_server': '1.25.5',
  'listen deferred': '1.25.5',
  'listen setfib': '1.25.5',
  'listen accept_filter': '1.25.5',
  'listen multipath': '1.29.7',
  'server resolve': '1.27.3',
  'server service': '1.27.3',
  'upstream resolver': '1.27.3',
  'upstream resolver_timeout': '1.27.3',
  'geo volatile': '1.29.3',
  least_time: '1.31.0',
  proxy_socket_rcvbuf: '1.31.3',
  proxy_socket_sndbuf: '1.31.3',
});

/** Is a release at least another? Both are such as 1.27.3. */
export function isSince(version: string, first: string): boolean {
  const [a, b] = [version, first].map((text) => text.split('.').map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (a![index] ?? 0) - (b![index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
