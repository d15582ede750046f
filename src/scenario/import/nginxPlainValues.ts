// Values of directives that change nothing here, for which nginx refuses to start all the same when they are wrong. nginx 1.22.1,
// src/core/ngx_conf_file.c, ngx_conf_set_{flag,msec,size,num,enum}_slot().
import { parseSize, parseTime } from './nginxValues.ts';
import { table } from './table.ts';

type Kind = 'flag' | 'time' | 'size' | 'number' | 'level';

const kinds: Readonly<Record<string, Kind>> = table({
  proxy_half_close: 'flag',
  proxy_socket_keepalive: 'flag',
  tcp_nodelay: 'flag',
  multi_accept: 'flag',
  accept_mutex: 'flag',
  daemon: 'flag',
  master_process: 'flag',
  pcre_jit: 'flag',
  preread_timeout: 'time',
  resolver_timeout: 'time',
  proxy_protocol_timeout: 'time',
  accept_mutex_delay: 'time',
  preread_buffer_size: 'size',
  map_hash_max_size: 'number',
  map_hash_bucket_size: 'number',
  variables_hash_max_size: 'number',
  variables_hash_bucket_size: 'number',
  worker_aio_requests: 'number',
  limit_conn_log_level: 'level',
});

const examples: Readonly<Record<Kind, string>> = {
  flag: 'is on or off',
  time: 'takes a time such as 60s',
  size: 'takes a size such as 16k',
  number: 'takes a whole number',
  level: 'is info, notice, warn or error',
};

/** @returns what the directive takes, when this is not it; `null`: it is fine, or nothing is said of it here. */
export function whyNotPlain(name: string, value: string): string | null {
  const kind = kinds[name];
  if (kind === undefined) return null;
  return isA(kind, value) ? null : examples[kind];
}

/** Takes exactly one value, and once in a block. */
export function isPlain(name: string): boolean {
  return kinds[name] !== undefined;
}

function isA(kind: Kind, value: string): boolean {
  switch (kind) {
    case 'flag':
      return /^(on|off)$/i.test(value);
    case 'time':
      return parseTime(value, 'milliseconds') !== null;
    case 'size':
      return parseSize(value) !== null;
    case 'number':
      return /^\d+$/.test(value) && Number.isSafeInteger(Number(value));
    case 'level':
      return /^(info|notice|warn|error)$/.test(value);
    default:
      return kind satisfies never;
  }
}
