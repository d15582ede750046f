// Choices of the real nginx 1.22.1 (stream) on loopback, reproduced to the last client. Fixtures: test/fixtures/nginx/README.md.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Balancer } from '../../../src/models/balancer/contract.ts';
import { createNginxBalancer, type NginxSession } from '../../../src/models/balancer/nginx/nginx.ts';
import type {
  NginxListenerOptions,
  NginxMethod,
  NginxPeerOptions,
} from '../../../src/models/balancer/nginx/options.ts';

const folder = new URL('../../fixtures/nginx/', import.meta.url);

interface MeasuredConfig {
  readonly method: string;
  readonly servers: readonly string[];
  readonly dead: readonly string[];
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

interface MeasuredTimeline {
  readonly client: string;
  readonly servers: readonly string[];
  readonly refusing: string;
  readonly refuses_until_unix_seconds: number;
  readonly max_fails: number;
  readonly fail_timeout_seconds: number;
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

function rows(name: string): string[][] {
  const lines = gunzipSync(readFileSync(new URL(`${name}.csv.gz`, folder)))
    .toString()
    .trim()
    .split(/\r?\n/);
  return lines.slice(1).map((line) => line.split(','));
}

const listener: NginxListenerOptions = {
  port: 1514,
  protocol: 'tcp',
  mappedAddresses: false,
  upstreamIndex: 0,
  connectTimeoutUs: 60_000_000,
  sessionTimeoutUs: 600_000_000,
  nextUpstream: true,
  nextUpstreamTries: 0,
  nextUpstreamTimeoutUs: 0,
  proxyBufferBytes: 16_384,
};

function peersOf(line: string, hosts: MeasuredConfig['hosts'] = {}, defaults = {}): NginxPeerOptions[] {
  const [serverText = '', ...words] = line.split(' ');
  const [host = '', port = ''] = serverText.split(':');
  const value = (name: string, otherwise: number): number =>
    Number(words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? otherwise);
  return (hosts[host] ?? [host]).map((address) => ({
    serverText,
    address,
    port: Number(port),
    weight: value('weight', 1),
    maxFails: 1,
    failTimeoutSeconds: 10,
    maxConns: value('max_conns', 0),
    down: words.includes('down'),
    backup: words.includes('backup'),
    ...defaults,
  }));
}

function methodOf(text: string): NginxMethod {
  if (text === '') return { kind: 'roundRobin' };
  if (text.startsWith('least_conn')) return { kind: 'leastConn' };
  return { kind: text.includes('consistent') ? 'hashConsistent' : 'hash', key: '$remote_addr' };
}

function addressOf(balancer: Balancer<NginxSession>, index: number): string {
  if (index < 0) return '';
  const { address, port } = balancer.peers[index]!;
  return `${address}:${port}`;
}

/** One connection, opened and, unless `held`, closed again. */
function connect(
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

const configs = readJson('configs.json') as Record<string, MeasuredConfig>;
const held = ['m_least_conn', 'm_max_conns'];

describe('every client lands where the real nginx put it', () => {
  test.each(Object.keys(configs).filter((name) => !held.includes(name)))('%s: 6,000 of 6,000', (name) => {
    const config = configs[name]!;
    const peers = config.servers.flatMap((server) => peersOf(server, config.hosts));
    const balancer = createNginxBalancer({ name, method: methodOf(config.method), peers, zone: false }, listener, 1);
    const wrong: string[] = [];
    const measured = rows(name);
    for (const [client = '', server = '', servers] of measured) {
      const found = connect(balancer, client, 1_000, (text) => config.dead.includes(text));
      balancer.closed(found.session, 1_000);
      // Which clients met the dead server depends on when the ban ran out; the choice does not.
      if (found.server !== server) wrong.push(`${client}: ${found.server}, measured ${server} (${servers ?? ''})`);
    }

    expect(measured.length).toBe(6_000);
    expect(wrong).toEqual([]);
  });

  test.each(held)('%s: held sessions, every open', (name) => {
    const config = configs[name]!;
    const peers = config.servers.flatMap((server) => peersOf(server));
    const balancer = createNginxBalancer({ name, method: methodOf(config.method), peers, zone: false }, listener, 1);
    const sessions = new Map<string, NginxSession>();
    const wrong: string[] = [];
    for (const [step = '', op, id = '', ...rest] of rows(name)) {
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

    expect(sessions.size).toBeGreaterThan(300);
    expect(wrong).toEqual([]);
  });
});

const timelines = readJson('timelines.json') as Record<string, MeasuredTimeline>;

test.each(Object.keys(timelines))('timeline %s: every session tries the servers the real nginx tried', (name) => {
  const timeline = timelines[name]!;
  const measured = rows(`timeline_${name}`);
  const defaults = { maxFails: timeline.max_fails, failTimeoutSeconds: timeline.fail_timeout_seconds };
  const peers = timeline.servers.flatMap((server) => peersOf(server, {}, defaults));
  const workers = 1 + Math.max(...measured.map(([, worker]) => Number(worker)));
  const method: NginxMethod = { kind: 'hashConsistent', key: '$remote_addr' };
  const balancer = createNginxBalancer({ name, method, peers, zone: false }, listener, workers);
  const wrong: string[] = [];
  for (const [at = '', worker, servers] of measured) {
    const refuses = (text: string): boolean =>
      text === timeline.refusing && Number(at) < timeline.refuses_until_unix_seconds;
    const found = connect(balancer, timeline.client, Math.floor(Number(at)), refuses, Number(worker));
    balancer.closed(found.session, Math.floor(Number(at)));
    if (found.tried !== servers) wrong.push(`${at}: ${found.tried}, measured ${servers!}`);
  }

  expect(measured.length).toBeGreaterThan(90);
  expect(wrong).toEqual([]);
});
