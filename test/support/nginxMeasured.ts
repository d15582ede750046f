// Measured choices of the real nginx, compared with the balancer the simulation uses, read from the text of a configuration.
import { createNginxBalancer, createUpstream } from '../../src/models/balancer/nginx/nginx.ts';
import type { NginxSession } from '../../src/models/balancer/nginx/session.ts';
import type { Balancer } from '../../src/models/balancer/contract.ts';
import { readNginxConf } from '../../src/scenario/import/nginxConf.ts';

export interface MeasuredConfig {
  readonly method: string;
  readonly servers: readonly string[];
  readonly dead: readonly string[];
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

export interface MeasuredTimeline {
  readonly client: string;
  readonly servers: readonly string[];
  readonly refusing: string;
  readonly refuses_until_unix_seconds: number;
  readonly max_fails: number;
  readonly fail_timeout_seconds: number;
}

export interface Agreement {
  readonly good: number;
  readonly all: number;
  readonly wrong: readonly string[];
}

export function confText(method: string, servers: readonly string[], udp = false): string {
  return `events {}
stream {
  upstream measured { ${method} ${servers.map((server) => `server ${server};`).join(' ')} }
  server { listen 1514${udp ? ' udp' : ''}; proxy_pass measured; }
}`;
}

/** The balancer of the first upstream and the first listener. @param hosts addresses behind names. */
export function balancerOf(
  text: string,
  workers = 1,
  hosts: Readonly<Record<string, readonly string[]>> = {},
): Balancer<NginxSession> {
  const { options } = readNginxConf({
    file: 'nginx.conf',
    text,
    readInclude: () => [],
    cpus: 1,
    resolve: (host) => hosts[host] ?? null,
    assume: [],
    listeners: 'all',
  });
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
  const session = balancer.open(client, worker);
  const tried: string[] = [];
  let index = balancer.next(session, nowSeconds);
  while (index >= 0) {
    tried.push(addressOf(balancer, index));
    if (!refuses(tried.at(-1)!)) {
      balancer.connected(session, nowSeconds);
      break;
    }
    index = balancer.failed(session, nowSeconds, 0) ? balancer.next(session, nowSeconds) : -1;
  }
  return { session, server: addressOf(balancer, index), tried: tried.join(' ') };
}

/** Rows `step, op, session, [client], chosen server`. */
export function heldSessions(name: string, config: MeasuredConfig, rows: readonly (readonly string[])[]): Agreement {
  const balancer = balancerOf(confText(config.method, config.servers));
  const sessions = new Map<string, NginxSession>();
  const wrong: string[] = [];
  for (const [step = '', op, id = '', ...rest] of rows) {
    if (op === 'close') {
      const session = sessions.get(id);
      if (session) balancer.closed(session, 1_000);
      continue;
    }
    const client = name === 'm_max_conns' ? rest[0]! : '127.0.0.1';
    const found = connect(balancer, client, 1_000, () => false);
    sessions.set(id, found.session);
    if (found.server !== (rest.at(-1) ?? '')) wrong.push(`step ${step}: ${found.server}, measured ${rest.at(-1)!}`);
  }
  return { good: sessions.size - wrong.length, all: sessions.size, wrong };
}

/** Rows `unix seconds, worker process, servers tried`. */
export function timeline(measured: MeasuredTimeline, rows: readonly (readonly string[])[]): Agreement {
  const { servers, max_fails, fail_timeout_seconds } = measured;
  const workers = 1 + Math.max(...rows.map(([, worker]) => Number(worker)));
  const lines = servers.map((server) => `${server} max_fails=${max_fails} fail_timeout=${fail_timeout_seconds}s`);
  const balancer = balancerOf(confText('hash $remote_addr consistent;', lines), workers);
  const wrong: string[] = [];
  for (const [at = '', worker, tried] of rows) {
    const refuses = (text: string): boolean =>
      text === measured.refusing && Number(at) < measured.refuses_until_unix_seconds;
    const found = connect(balancer, measured.client, Math.floor(Number(at)), refuses, Number(worker));
    balancer.closed(found.session, Math.floor(Number(at)));
    if (found.tried !== tried) wrong.push(`${at}: ${found.tried}, measured ${tried!}`);
  }
  return { good: rows.length - wrong.length, all: rows.length, wrong };
}
