// Does the nginx of this machine take a configuration (`nginx -t`), and does the reader? Configurations drawn from one seed, each with
// a mistake or two, or none.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import seedrandom from 'seedrandom';
import { readNginxConf } from '../../src/scenario/import/nginxConf.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';
import type { FoundNginx } from './liveNginx.ts';

export interface VerdictResult {
  readonly text: string;
  readonly nginx: string;
  readonly reader: string;
  readonly agrees: boolean;
}

type Pick = <T>(list: readonly T[]) => T;

const values = [
  '0', '1', '-1', '01', '5s', '5', '1m 30s', '1m30s', '500ms', '1.5s', '16k', '0k', '1g', 'on', 'off', 'ON', 'auto', 'x', '""', '"a b"',
  '$remote_addr', '$x', '$own', '${own}', '${own', '$', '127.0.0.1:1', '[::1]:1', 'unix:/a.sock', 'localhost:1', '127.0.0.1', '99999999999999999999',
]; // prettier-ignore

const serverParameters = [
  'weight=2', 'weight=0', 'weight=x', 'weight=', 'max_fails=0', 'max_fails=-1', 'fail_timeout=5', 'fail_timeout=5ms', 'fail_timeout=1h5m',
  'fail_timeout=', 'max_conns=7', 'max_conns=-1', 'down', 'backup', 'resolve', 'slow_start=5s', 'service=x', 'Weight=2', 'weight=1000000',
]; // prettier-ignore

const addresses = [
  '127.0.0.1:1514', '127.0.0.2:1514', '127.1:1514', '[::1]:1514', '[::1]', '::1:1514', 'unix:/tmp/a.sock', 'unix:', '127.0.0.1', ':1514',
  '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:1-2', '127.0.0.1:x', '"127.0.0.1:1514"', '127.0.0.01:1514',
]; // prettier-ignore

const listens = [
  '24000', '127.0.0.1:24000', '*:24000', '[::]:24000', '24000-24003', '24003-24000', '0', '65536', 'x', 'unix:/tmp/b-l.sock', '[::1]:24000',
]; // prettier-ignore

const listenParameters = [
  'udp', 'bind', 'reuseport', 'backlog=5', 'backlog=0', 'backlog=x', 'ipv6only=on', 'ipv6only=off', 'ipv6only=x', 'so_keepalive=on',
  'so_keepalive=30m::10', 'so_keepalive=x', 'rcvbuf=8k', 'rcvbuf=x', 'sndbuf=1m', 'fastopen=5', 'fastopen=x', 'proxy_protocol', 'deferred',
  'default_server', 'udpx', 'setfib=1', 'multipath', 'so_keepalive=::', 'so_keepalive=off',
]; // prettier-ignore

const methods = [
  '', 'hash $remote_addr;', 'hash $remote_addr consistent;', 'hash $own consistent;', 'hash "";', 'hash;', 'hash $remote_addr x;', 'hash $no;',
  'least_conn;', 'least_conn x;', 'random;', 'random two;', 'random two least_conn;', 'random x;', 'random two x;', 'ip_hash;', 'least_time connect;',
  'sticky;', 'zone z 64k;', 'zone z 8k;', 'zone z;', 'zone "" 64k;', 'zone z x;', 'zone z 1m; hash $protocol;', 'keepalive 5;', 'hash a$own;', 'hash $1;',
]; // prettier-ignore

const definitions = [
  'map $remote_addr $own { default a; b c; }', 'map $remote_addr $own { default a; default b; }', 'map $remote_addr $own { a b; A c; }',
  'map $remote_addr own { a b; }', 'map $remote_addr $own { a; }', 'map $remote_addr $own { ~^1 b; ~*x c; }', 'map $remote_addr $own { ~[ b; }',
  'map $remote_addr $own { hostnames; *.a b; .a c; }', 'map $remote_addr $own { hostnames; *.a b; a.* c; d..e f; }',
  'map $remote_addr $own { hostnames; volatile; x y; }', 'map $remote_addr $own { a $no; }', 'map $own $own { a b; }', 'map $remote_addr $remote_addr { a b; }',
  'map $remote_addr $own { \\default b; default c; }', 'map $remote_addr $own { "" b; }', 'map $remote_addr $own { a b c; }', 'map $remote_addr { a b; }',
  'geo $own { default a; 10.0.0.0/8 b; }', 'geo $own { 10.0.0.0/33 b; }', 'geo $own { 10.0.0.1/8 b; }', 'geo $own { default a; ranges; }',
  'geo $own { ranges; default a; 10.0.0.0-10.0.0.9 b; 10.0.0.3-10.0.0.4 c; }', 'geo $own { ranges; 10.0.0.0-10.0.0.9 b; 10.0.0.5-10.0.0.19 c; }',
  'geo $own { ranges; 10.0.0.9-10.0.0.1 b; }', 'geo $own { delete 10.0.0.0/8; }', 'geo $remote_addr $own { default a; }', 'geo own { default a; }',
  'geo $own { a b; }', 'geo $own { 255.255.255.255 b; ::1 c; 2001:db8::/32 d; }', 'geo $own { 10.0.0.0/8 b c; }', 'geo $own { volatile; default a; }',
  'split_clients $remote_addr $own { 50% a; * b; }', 'split_clients $remote_addr $own { 60% a; 50% b; }', 'split_clients $remote_addr $own { 0% a; }',
  'split_clients $remote_addr $own { 1.555% a; }', 'split_clients $remote_addr $own { x a; }', 'split_clients $remote_addr $own { * a; * b; }',
  'split_clients $remote_addr $own { .5% a; 50.% b; }', 'split_clients $remote_addr own { * a; }', 'split_clients $remote_addr $own { * a; 5% b; }',
  'geo $own { 10.0.0.0/8 b; 10.0.0.0/8 c; }', 'map "$remote_addr:$protocol" $own { default "$remote_port"; }', 'map $remote_addr $OWN { a b; }',
]; // prettier-ignore

const settings = [
  'proxy_connect_timeout', 'proxy_timeout', 'proxy_next_upstream', 'proxy_next_upstream_tries', 'proxy_next_upstream_timeout', 'proxy_buffer_size',
  'proxy_requests', 'proxy_responses', 'proxy_half_close', 'proxy_socket_keepalive', 'tcp_nodelay', 'preread_timeout', 'preread_buffer_size', 'ssl_preread',
  'resolver_timeout', 'server_name', 'pass', 'proxy_socket_sndbuf', 'proxy_timeoutt', 'limit_conn_log_level',
]; // prettier-ignore

const passes = [
  'c', 'C', 'd', '$own', '127.0.0.1:1514', '127.0.0.1', 'c:1514', 'unix:/tmp/a.sock', '$no', '"c"', 'c$own', '$remote_addr:1514', '[::1]:1',
]; // prettier-ignore

const mains = [
  'worker_processes 2;', 'worker_processes auto;', 'worker_processes x;', 'worker_processes 0x2;', 'worker_shutdown_timeout 5s;', 'worker_shutdown_timeout x;',
  'worker_rlimit_nofile 5000;', 'worker_rlimit_nofile x;', 'worker_processes 1; worker_processes 2;', 'wrong on;', 'server { }', 'include /nothing/*.conf;',
  'include /nothing;', 'pcre_jit on;', 'timer_resolution 100ms;', 'worker_priority 5;', 'worker_cpu_affinity auto;',
]; // prettier-ignore

const endings = ['', '', '', '', '', '', '', '', '}', '{', ';', '"', '# {', "'", '\\', '\r\n', '}\n}', 'x'];

function randomText(random: () => number): string {
  const pick: Pick = (list) => list[Math.floor(random() * list.length)]!;
  // Most lists hold more mistakes than not, so most parts stay plain and one or two are drawn.
  const parts = new Set(Array.from({ length: 1 + Math.floor(random() * 2) }, () => Math.floor(random() * 14)));
  const odd = (part: number, right: string, list: readonly string[]): string => (parts.has(part) ? pick(list) : right);
  const lines = [
    `server ${odd(0, '127.0.0.1:1514', addresses)}${odd(
      1,
      '',
      serverParameters.map((word) => ` ${word}`),
    )};`,
    'server 127.0.0.2:1514;',
  ];
  const method = odd(2, 'hash $remote_addr consistent;', methods);
  const upstream = random() < 0.5 ? [method, ...lines] : [...lines, method];
  const anySetting = (): string => `${pick(settings)} ${pick(values)};`;
  const sets = ['set $own x;', 'set $new $own;', 'set new x;', 'set $remote_addr x;', 'set $own;', 'set $new "$no";'];
  return `${odd(3, '', mains)}
events { ${odd(4, '', ['worker_connections 50;', 'worker_connections 3;', 'worker_connections x;', 'use epoll;', 'x y;', 'multi_accept on;'])} }
stream {
  ${odd(5, 'map $remote_addr $own { default a; }', definitions)}
  ${odd(6, '', [anySetting()])}
  upstream ${odd(7, 'c', ['d', '', 'c d', '"c"', '$x'])} { ${upstream.join(' ')} }
  server { listen ${odd(8, '24000', listens)}${odd(
    9,
    '',
    listenParameters.map((word) => ` ${word}`),
  )}; ${odd(10, '', sets)} ${odd(6, '', [anySetting()])} proxy_pass ${odd(11, 'c', passes)}; }
  ${odd(12, '', ['server { listen 24001; proxy_pass c; }', 'server { listen 24000; proxy_pass c; }', 'server { proxy_pass c; }', 'server { listen 24001; }'])}
}${odd(13, '', endings)}
`;
}

/** @throws when nginx cannot be started at all. */
export function compareVerdicts(found: FoundNginx, seed: string, count: number): VerdictResult[] {
  const random = seedrandom.alea(`${seed}/verdicts`);
  const folder = mkdtempSync(join(tmpdir(), 'fleetfall-verdicts-'));
  chmodSync(folder, 0o755);
  try {
    return Array.from({ length: count }, () => {
      const text = randomText(random);
      const nginx = verdictOf(found, folder, text);
      const reader = readerOf(text);
      // nginx starts without a buffer, and then moves nothing.
      const isMute = /proxy_buffer_size 0k?;/.test(text) && nginx === '';
      return { text, nginx, reader, agrees: isMute || (nginx === '') === (reader === '') };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What nginx says against it; empty: nothing. */
function verdictOf({ load }: FoundNginx, folder: string, text: string): string {
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `${load}\nerror_log ${folder}/error.log;\npid ${folder}/nginx.pid;\n${text}`);
  const { status, stderr, error } = spawnSync('nginx', ['-t', '-e', `${folder}/error.log`, '-p', folder, '-c', file], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  if (error && 'code' in error && error.code === 'ETIMEDOUT') return 'no answer within five seconds';
  if (error) throw error;
  if (status === 0) return '';
  return stderr.split('\n').find((line) => line.includes('[emerg]')) ?? stderr;
}

/** What the reader says against the file. What it does not know of clients is another matter: nginx does. */
function readerOf(text: string): string {
  try {
    readNginxConf({
      file: 'nginx.conf',
      text,
      readInclude: (pattern) => {
        if (/[*?[]/.test(pattern)) return [];
        throw new Error('no such file.');
      },
      cpus: 2,
      resolve: (host) => (host === 'localhost' ? ['127.0.0.1'] : null),
      assume: [],
      listeners: 'all',
    });
    return '';
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}
