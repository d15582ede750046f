// Keywords of `server` lines of haproxy.cfg, and how many values follow them: HAProxy 2.6.12, src/server.c, check.c, ssl_sock.c
// (srv_kw_list) and `haproxy -dKall`; later ones by configuration.txt 5.2 of 3.4.
import type { HaproxyBranch } from '../../models/balancer/haproxy/versions.ts';
import { table } from './table.ts';

export const unmodelled: Readonly<Record<string, readonly [values: number, why: string]>> = table({
  'agent-check': [0, 'agents on the servers that report their weight are not simulated'],
  'check-send-proxy': [0, 'a manager does not understand the PROXY protocol, so checks tell something else'],
  'check-via-socks4': [0, 'connections through a SOCKS proxy are not simulated'],
  'send-proxy': [0, 'a manager does not understand the PROXY protocol'],
  'send-proxy-v2': [0, 'a manager does not understand the PROXY protocol'],
  'send-proxy-v2-ssl': [0, 'a manager does not understand the PROXY protocol'],
  'send-proxy-v2-ssl-cn': [0, 'a manager does not understand the PROXY protocol'],
  socks4: [1, 'connections through a SOCKS proxy are not simulated'],
  ssl: [0, 'a manager speaks no TLS on its events port, and on the other one it speaks it with the agent itself'],
  'strict-maxconn': [0, 'maxconn is taken as it was before 3.2'],
  'tcp-ut': [1, 'what is sent and not acknowledged waits as long as the kernel says'],
  track: [1, 'a server that follows the state of another one is not modelled'],
});

/** Those of `unmodelled` that decide nothing about which server a client lands on. */
export const choosesNothing = /^(check-|send-proxy|ssl$|tcp-ut$|strict-maxconn$|socks4$)/;

export const undoes: Readonly<Record<string, string>> = table({
  'no-agent-check': 'agent-check',
  'no-check-send-proxy': 'check-send-proxy',
  'no-send-proxy': 'send-proxy',
  'no-send-proxy-v2': 'send-proxy-v2',
  'no-send-proxy-v2-ssl': 'send-proxy-v2-ssl',
  'no-send-proxy-v2-ssl-cn': 'send-proxy-v2-ssl-cn',
  'no-ssl': 'ssl',
});

const list = (values: number, text: string): [string, number][] =>
  text
    .trim()
    .split(/\s+/)
    .map((name) => [name, values]);

/** Keywords that decide nothing here, with the number of their values. */
export const harmless: ReadonlyMap<string, number> = new Map([
  ...list(
    0,
    `allow-0rtt force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 no-ssl-reuse no-sslv3 no-tfo no-tlsv10
     no-tlsv11 no-tlsv12 no-tlsv13 no-tls-tickets no-verifyhost non-stick ssl-reuse stick tfo tls-tickets`,
  ),
  ...list(
    1,
    `agent-addr agent-inter agent-port agent-send alpn check-alpn check-proto check-sni ciphers ciphersuites cookie
     crl-file crt log-proto max-reuse namespace npn pool-low-conn pool-max-conn pool-purge-delay proto
     proxy-v2-options resolve-net resolve-opts sni ssl-max-ver ssl-min-ver verifyhost ws
     shard client-sigalgs curves sigalgs log-bufsize pool-conn-name idle-ping check-pool-conn-name set-proxy-v2-tlv-fmt`,
  ),
  ...list(0, 'check-reuse-pool no-check-reuse-pool'),
]);

export const since: Readonly<Record<string, HaproxyBranch>> = table({
  shard: '2.7',
  'client-sigalgs': '2.9',
  curves: '2.9',
  sigalgs: '2.9',
  'log-bufsize': '2.9',
  'set-proxy-v2-tlv-fmt': '2.9',
  guid: '3.0',
  'hash-key': '3.0',
  'pool-conn-name': '3.0',
  'init-state': '3.1',
  'idle-ping': '3.2',
  'check-pool-conn-name': '3.2',
  'check-reuse-pool': '3.2',
  'no-check-reuse-pool': '3.2',
  'strict-maxconn': '3.2',
});

export const read = [
  ...[
    'addr',
    'backup',
    'check',
    'check-ssl',
    'disabled',
    'downinter',
    'enabled',
    'error-limit',
    'fall',
    'fastinter',
    'guid',
  ],
  ...[
    'hash-key',
    'id',
    'init-state',
    'inter',
    'maxconn',
    'maxqueue',
    'minconn',
    'no-backup',
    'no-check',
    'no-check-ssl',
  ],
  ...[
    'observe',
    'on-error',
    'on-marked-down',
    'on-marked-up',
    'port',
    'resolvers',
    'rise',
    'slowstart',
    'source',
    'weight',
  ],
];

const flags: ReadonlySet<string> = new Set(
  'backup no-backup check no-check check-ssl no-check-ssl disabled enabled usesrc'.split(' '),
);

/** How many values follow a keyword of `server` or `bind`; `null`: there is no such keyword. */
export function serverKeywordValues(name: string): number | null {
  if (flags.has(name) || Object.hasOwn(undoes, name)) return 0;
  return (
    harmless.get(name) ??
    unmodelled[name]?.[0] ??
    (read.includes(name) ? 1 : bindFlags.has(name) ? 0 : bindValues.has(name) ? 1 : null)
  );
}

// Of `bind` alone.
const bindFlags: ReadonlySet<string> = new Set('v4v6 v6only transparent defer-accept accept-proxy'.split(' '));
const bindValues: ReadonlySet<string> = new Set(
  'backlog interface name mss nice thread process shards level'.split(' '),
);
