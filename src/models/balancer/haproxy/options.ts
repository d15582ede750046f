// What haproxy.cfg says, as plain data. Read by scenario/import/haproxyConf.ts. Where HAProxy knows no default (time-outs), `Infinity`.
import type { PeerAddress } from '../contract.ts';
import type { HaproxyVersion } from './versions.ts';

/** Active checks of one `server`. */
export interface HaproxyCheckOptions {
  /** Where the check connects to, when it is not the server itself (`addr`, `port`). */
  readonly address: string;
  readonly port: number;
  /**
   * `kernel`: a connection that is accepted is enough (a bare `check`, `option tcp-check` without rules); `process`: the server has to
   * send something (`option httpchk`, `ssl-hello-chk`, `tcp-check expect`, `check-ssl`).
   */
  readonly asks: 'kernel' | 'process';
  readonly interUs: number;
  /** `null`: as `interUs`. */
  readonly fastInterUs: number | null;
  /** `null`: as `interUs`. */
  readonly downInterUs: number | null;
  readonly fall: number;
  readonly rise: number;
}

// HAProxy 2.6.0, include/haproxy/defaults.h: DEF_CHKINTR, DEF_FALLTIME, DEF_RISETIME; unchanged in 3.4.0.
export const checkDefaults = {
  asks: 'kernel',
  interUs: 2_000_000,
  fastInterUs: null,
  downInterUs: null,
  fall: 3,
  rise: 2,
} satisfies Omit<HaproxyCheckOptions, 'address' | 'port'>;

/** What happens at the `errorLimit`-th failure in a row that sessions see (`on-error`). */
export type HaproxyOnError = 'fastinter' | 'fail-check' | 'sudden-death' | 'mark-down';

/** What a server's points on the ring are made of (`hash-key`). */
export type HaproxyHashKey = 'id' | 'id32' | 'addr' | 'addr-port' | 'guid';

/** One `server` line, or one server of a `server-template`. `serverText` is its name. */
export interface HaproxyServerOptions extends PeerAddress {
  /** `id`, else what `serverIds` gives it. */
  readonly id: number;
  /** 0 … 256. */
  readonly weight: number;
  readonly backup: boolean;
  /** `disabled`: in maintenance from the start. */
  readonly disabled: boolean;
  /** `null`: no `check`. */
  readonly check: HaproxyCheckOptions | null;
  /** `init-state` (3.1 and later) of a server that is checked, also when it leaves maintenance. `none`: up, the first failure counts. */
  readonly initState: 'none' | 'fully-up' | 'up' | 'down' | 'fully-down';
  /** `observe layer4`; counts for a server that is checked only. */
  readonly observe: boolean;
  readonly errorLimit: number;
  readonly onError: HaproxyOnError;
  /** `on-marked-down shutdown-sessions`. */
  readonly shutdownSessionsOnDown: boolean;
  /** `on-marked-up shutdown-backup-sessions`. */
  readonly shutdownBackupSessionsOnUp: boolean;
  /** 0: no limit. */
  readonly maxConn: number;
  /** 0: `maxConn` is the limit at any load. */
  readonly minConn: number;
  /** Sessions that may wait for a slot of this server; 0: no limit. */
  readonly maxQueue: number;
  /** 0: none. HAProxy rounds it up to whole seconds. */
  readonly slowStartUs: number;
  readonly hashKey: HaproxyHashKey;
  /** `guid`; `null`: none. */
  readonly guid: string | null;
}

// HAProxy 2.6.0, src/server.c, srv_settings_cpy() and _srv_parse_init(); include/haproxy/defaults.h, DEF_HANA_ONERR, DEF_HANA_ERRLIMIT.
export const serverDefaults = {
  weight: 1,
  backup: false,
  disabled: false,
  check: null,
  initState: 'none',
  observe: false,
  errorLimit: 10,
  onError: 'fail-check',
  shutdownSessionsOnDown: false,
  shutdownBackupSessionsOnUp: false,
  maxConn: 0,
  minConn: 0,
  maxQueue: 0,
  slowStartUs: 0,
  hashKey: 'id',
  guid: null,
} satisfies Omit<HaproxyServerOptions, keyof PeerAddress | 'id'>;

/** A sample of `balance hash`, in the order of its converters. Others are not known to the simulation. */
export interface HaproxyHashSample {
  readonly fetch: 'src' | 'src_port' | 'dst_port';
  /** `ipmask(<v4>[,<v6>])`: bits kept of a `src`; `null`: no such converter. */
  readonly mask: { readonly v4Bits: number; readonly v6Bits: number } | null;
}

export type HaproxyBalance =
  | { readonly kind: 'roundrobin' }
  | { readonly kind: 'static-rr' }
  | { readonly kind: 'leastconn' }
  | { readonly kind: 'first' }
  | { readonly kind: 'source' }
  | { readonly kind: 'hash'; readonly sample: HaproxyHashSample }
  /** @property draws `random(<draws>)`. */
  | { readonly kind: 'random'; readonly draws: number };

// HAProxy 2.6.0, src/backend.c, backend_parse_balance(): `random` alone.
export const randomDraws = 2;

export type HaproxyHashFunction = 'sdbm' | 'djb2' | 'wt6' | 'crc32' | 'none';

/** `hash-type`; `consistent` alone is `consistent sdbm avalanche`, `consistent sdbm` has no avalanche. */
export interface HaproxyHashType {
  readonly table: 'map-based' | 'consistent';
  readonly function: HaproxyHashFunction;
  readonly avalanche: boolean;
}

// HAProxy 2.6.0, src/cfgparse-listen.c, "hash-type"; src/proxy.c, proxy_preset_defaults().
export const hashTypeDefault: HaproxyHashType = { table: 'map-based', function: 'sdbm', avalanche: false };
export const consistentAlone: HaproxyHashType = { table: 'consistent', function: 'sdbm', avalanche: true };

/** A `backend`, or the half of a `listen` that has the servers. */
export interface HaproxyBackendOptions {
  readonly name: string;
  readonly mode: 'tcp' | 'http';
  readonly balance: HaproxyBalance;
  readonly hashType: HaproxyHashType;
  /** 0: no bound, else above 100. */
  readonly hashBalanceFactor: number;
  /** 3.2 and later; `always` before. */
  readonly hashPreserveAffinity: 'always' | 'maxconn' | 'maxqueue';
  readonly retries: number;
  /** `option redispatch <n>`: every n-th retry; -1: the n-th from the end (plain: the last one); 0: no redispatch. */
  readonly redispatchAfter: number;
  /** `option allbackups`. */
  readonly allBackups: boolean;
  readonly connectTimeoutUs: number;
  /** `null`: as `connectTimeoutUs`. */
  readonly queueTimeoutUs: number | null;
  /** `timeout check`; `null`: none, the check has `inter`. */
  readonly checkTimeoutUs: number | null;
  /** `timeout server`. */
  readonly serverTimeoutUs: number;
  /** `timeout server-fin`; `null`: as `serverTimeoutUs`. */
  readonly serverFinTimeoutUs: number | null;
  /** `timeout tunnel`, instead of those of client and server; `null`: none. */
  readonly tunnelTimeoutUs: number | null;
  readonly independentStreams: boolean;
  /** `option srvtcpka` or `tcpka`: the kernel probes idle connections. */
  readonly keepAlive: boolean;
  /** Load from which on `minConn` has grown to `maxConn`. */
  readonly fullConn: number;
  readonly servers: readonly HaproxyServerOptions[];
}

// HAProxy 2.6.0, include/haproxy/defaults.h, CONN_RETRIES; src/proxy.c, proxy_preset_defaults(). The method is that of the version.
export const backendDefaults = {
  mode: 'tcp',
  hashType: hashTypeDefault,
  hashBalanceFactor: 0,
  hashPreserveAffinity: 'always',
  retries: 3,
  redispatchAfter: 0,
  allBackups: false,
  connectTimeoutUs: Infinity,
  queueTimeoutUs: null,
  checkTimeoutUs: null,
  serverTimeoutUs: Infinity,
  serverFinTimeoutUs: null,
  tunnelTimeoutUs: null,
  independentStreams: false,
  keepAlive: false,
  fullConn: 0,
} satisfies Omit<HaproxyBackendOptions, 'name' | 'balance' | 'servers'>;

export interface HaproxyBindOptions {
  /** '': every address. */
  readonly address: string;
  readonly port: number;
  /** An IPv6 socket that takes IPv4 clients too (`v4v6`) sees them as `::ffff:a.b.c.d`. */
  readonly mappedAddresses: boolean;
  /** `maxconn` of the line; 0: none of its own. */
  readonly maxConn: number;
}

/** A `frontend`, or the half of a `listen` that has the sockets. */
export interface HaproxyFrontendOptions {
  readonly name: string;
  readonly mode: 'tcp' | 'http';
  readonly binds: readonly HaproxyBindOptions[];
  /** Sessions at once; those beyond it wait in the kernel, whose queue takes `backlog`. */
  readonly maxConn: number;
  readonly backlog: number;
  readonly clientTimeoutUs: number;
  /** `timeout client-fin`; `null`: as `clientTimeoutUs`. */
  readonly clientFinTimeoutUs: number | null;
  readonly independentStreams: boolean;
  /** `option clitcpka` or `tcpka`. */
  readonly keepAlive: boolean;
  /** Into `HaproxyOptions.backends`. */
  readonly backendIndex: number;
}

// HAProxy 2.6.0, src/proxy.c, proxy_preset_defaults(). `maxConn` is the global one, `backlog` is `maxConn` (listener_backlog()).
export const frontendDefaults = {
  mode: 'tcp',
  clientTimeoutUs: Infinity,
  clientFinTimeoutUs: null,
  independentStreams: false,
  keepAlive: false,
} satisfies Partial<HaproxyFrontendOptions>;

/** One process of HAProxy. */
export interface HaproxyOptions {
  readonly version: HaproxyVersion;
  /** `maxconn` of `global`: sessions of the process. */
  readonly maxConn: number;
  readonly threads: number;
  /** How long the process before a reload keeps its sessions. */
  readonly hardStopAfterUs: number;
  /** `spread-checks`, 0 … 50: each delay between two checks of a server varies by so much. */
  readonly spreadChecksPercent: number;
  /** `max-spread-checks`: what the first checks are spread over at most. */
  readonly maxSpreadChecksUs: number;
  readonly frontends: readonly HaproxyFrontendOptions[];
  /** In the order of the file: the first checks are spread over all of them. */
  readonly backends: readonly HaproxyBackendOptions[];
}

// HAProxy 2.6.0, src/haproxy.c, `global`; management: `hard-stop-after` is unlimited unless set.
export const globalDefaults = {
  hardStopAfterUs: Infinity,
  spreadChecksPercent: 0,
  maxSpreadChecksUs: Infinity,
} satisfies Partial<HaproxyOptions>;

/**
 * `id` of each server: the written one, else the first that is free, counted from 1 and once more for every line before, whether it
 * has its own or not. Source: HAProxy 2.6.0, src/cfgparse.c, check_config_validity(); measured on 2.6.12 (ids 1 50 3 4 5 2 7).
 */
export function serverIds(written: readonly (number | null)[]): readonly number[] {
  const taken = new Set(written.filter((id) => id !== null));
  let next = 0;
  return written.map((id) => {
    next += 1;
    if (id !== null) return id;
    while (taken.has(next)) next += 1;
    taken.add(next);
    return next;
  });
}
