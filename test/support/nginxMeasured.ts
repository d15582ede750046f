// Measured choices of the real nginx, compared with the balancer the simulation uses, read from the text of a configuration.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createNginxBalancer, createUpstream } from '../../src/models/balancer/nginx/nginx.ts';
import type { NginxOptions } from '../../src/models/balancer/nginx/options.ts';
import { isUsable } from '../../src/models/balancer/nginx/peers.ts';
import type { NginxSession } from '../../src/models/balancer/nginx/session.ts';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import { readNginxConf } from '../../src/scenario/import/nginxConf.ts';
import { aClient } from './clients.ts';

export interface MeasuredConfig {
  readonly method: string;
  readonly servers: readonly string[];
  readonly dead: readonly string[];
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

export interface MeasuredTimeline {
  readonly client: string;
  readonly servers: readonly string[];
  /** One server, or several. */
  readonly refusing: string | readonly string[];
  readonly refuses_until_unix_seconds: number;
  readonly max_fails: number;
  readonly fail_timeout_seconds: number;
}

export interface Agreement {
  readonly good: number;
  readonly all: number;
  readonly wrong: readonly string[];
}

/** One line of a measurement, by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

export function readRows(file: string | URL): Row[] {
  const [header = [], ...lines] = gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  return lines.map((line) => Object.fromEntries(header.map((name, index) => [name, line[index] ?? ''])));
}

export function confText(method: string, servers: readonly string[], udp = false): string {
  const lines = servers.map((server) => `server ${server};`);
  // Behind `hash` nginx refuses backup servers, in front of it it takes them.
  const backups = servers.some((server) => /\sbackup\b/.test(server));
  return `events {}
stream {
  upstream measured { ${(backups ? [...lines, method] : [method, ...lines]).join(' ')} }
  server { listen 1514${udp ? ' udp' : ''}; proxy_pass measured; }
}`;
}

function optionsOf(text: string, hosts: Readonly<Record<string, readonly string[]>>): NginxOptions {
  return readNginxConf({
    file: 'nginx.conf',
    text,
    readInclude: () => [],
    cpus: 1,
    resolve: (host) => hosts[host] ?? null,
    assume: [],
    listeners: 'all',
  }).options;
}

/** The balancer of the first upstream and the first listener. @param hosts addresses behind names. */
export function balancerOf(
  text: string,
  workers = 1,
  hosts: Readonly<Record<string, readonly string[]>> = {},
): Balancer<NginxSession> {
  const options = optionsOf(text, hosts);
  return createNginxBalancer(createUpstream(options.upstreams[0]!, workers), options.listeners[0]!);
}

function addressOf(balancer: Balancer<NginxSession>, index: number): string {
  if (index < 0) return '';
  const { address, port } = balancer.peers[index]!;
  return `${address}:${port}`;
}

/** One connection; the caller closes it. */
export function connect(
  balancer: Balancer<NginxSession>,
  client: string,
  nowSeconds: number,
  refuses: (server: string) => boolean,
  worker = 0,
): { session: NginxSession; server: string; tried: string } {
  const nowUs = nowSeconds * 1e6;
  const session = balancer.open(aClient(client), worker);
  const tried: string[] = [];
  let index = balancer.next(session, nowUs);
  while (index >= 0) {
    tried.push(addressOf(balancer, index));
    if (!refuses(tried.at(-1)!)) {
      balancer.connected(session, nowUs);
      break;
    }
    index = balancer.failed(session, nowUs, 0, false) < Infinity ? balancer.next(session, nowUs) : -1;
  }
  return { session, server: addressOf(balancer, index), tried: tried.join(' ') };
}

/**
 * Clients of a measured configuration, one after the other. When they came is not in the file: the clock goes on only where a
 * server is tried again, and only as far as its ban must then have been over.
 */
function clientsOf({ method, servers, dead, hosts }: MeasuredConfig): {
  readonly open: (client: string, measured: Row) => { readonly session: NginxSession; readonly wrong: string };
  readonly close: (session: NginxSession) => void;
} {
  const text = confText(method, servers);
  const { upstreams } = optionsOf(text, hosts);
  const balancer = balancerOf(text, 1, hosts);
  const refusing = new Set(
    upstreams[0]!.peers
      .filter(({ serverText }) => dead.includes(serverText))
      .map((peer) => addressOf(balancer, upstreams[0]!.peers.indexOf(peer))),
  );
  let nowSeconds = 1_000;
  return {
    open(client, measured) {
      for (const server of measured['servers_tried']?.split(' ').filter((name) => refusing.has(name)) ?? []) {
        const peers = balancer
          .open(aClient(client), 0)
          .memory.all.filter(({ index }) => addressOf(balancer, index) === server);
        const longest = Math.max(...peers.map(({ options }) => options.failTimeoutSeconds));
        for (let waited = 0; waited <= longest && !peers.some((peer) => isUsable(peer, nowSeconds)); waited++) {
          nowSeconds += 1;
        }
      }
      const found = connect(balancer, client, nowSeconds, (server) => refusing.has(server));
      const wrong = [
        ...differs(found.server, measured['chosen_server']),
        ...differs(found.tried, measured['servers_tried']),
      ];
      return { session: found.session, wrong: wrong.join('; ') };
    },
    close: (session) => balancer.closed(session, nowSeconds * 1e6),
  };
}

function differs(ours: string, measured: string | undefined): string[] {
  return measured === undefined || measured === ours ? [] : [`${ours || 'nothing'}, measured ${measured || 'nothing'}`];
}

/** Rows `step, op, session, [client_ip], chosen_server, [servers_tried]`. */
export function heldSessions(config: MeasuredConfig, rows: readonly Row[]): Agreement {
  const clients = clientsOf(config);
  const sessions = new Map<string, NginxSession>();
  const wrong: string[] = [];
  for (const row of rows) {
    const id = row['session']!;
    if (row['op'] === 'close') {
      const session = sessions.get(id);
      if (session) clients.close(session);
      continue;
    }
    const opened = clients.open(row['client_ip'] ?? '127.0.0.1', row);
    sessions.set(id, opened.session);
    if (opened.wrong !== '') wrong.push(`step ${row['step']!}: ${opened.wrong}`);
  }
  return { good: sessions.size - wrong.length, all: sessions.size, wrong };
}

/** Rows `client_ip, chosen_server, servers_tried`. */
export function triedServers(config: MeasuredConfig, rows: readonly Row[]): Agreement {
  const clients = clientsOf(config);
  const wrong = rows.flatMap((row) => {
    const opened = clients.open(row['client_ip']!, row);
    clients.close(opened.session);
    return opened.wrong === '' ? [] : [`${row['client_ip']!}: ${opened.wrong}`];
  });
  return { good: rows.length - wrong.length, all: rows.length, wrong };
}

const timelineKeys = [
  'client',
  'servers',
  'refusing',
  'refuses_until_unix_seconds',
  'max_fails',
  'fail_timeout_seconds',
];

/**
 * Rows `unix_seconds, worker, servers_tried`.
 * @param zone the workers share what they remember.
 * @throws when the timeline says something that is not understood.
 */
export function timeline(measured: MeasuredTimeline, rows: readonly Row[], zone = false): Agreement {
  const { servers, max_fails, fail_timeout_seconds } = measured;
  const unknown = Object.keys(measured).filter((key) => !timelineKeys.includes(key));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}`);
  const refusing = [measured.refusing].flat();
  const workers = 1 + Math.max(...rows.map(({ worker }) => Number(worker)));
  const lines = servers.map((server) => `${server} max_fails=${max_fails} fail_timeout=${fail_timeout_seconds}s`);
  const balancer = balancerOf(
    confText(`${zone ? 'zone measured 64k; ' : ''}hash $remote_addr consistent;`, lines),
    workers,
  );
  const wrong: string[] = [];
  for (const { unix_seconds: at = '', worker, servers_tried: tried } of rows) {
    const refuses = (text: string): boolean =>
      refusing.includes(text) && Number(at) < measured.refuses_until_unix_seconds;
    const found = connect(balancer, measured.client, Math.floor(Number(at)), refuses, Number(worker));
    balancer.closed(found.session, Number(at) * 1e6);
    if (found.tried !== tried) wrong.push(`${at}: ${found.tried}, measured ${tried!}`);
  }
  return { good: rows.length - wrong.length, all: rows.length, wrong };
}
