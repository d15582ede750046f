// Which keywords of haproxy.cfg there are, where they stand, and which of them matter to the simulation. Names and places: the matrix
// and the lists of configuration.txt of HAProxy 2.6 to 3.4, and `haproxy -dKall` of 2.6.12; which misplaced ones are refused, and which
// passed over with a warning, was tried with 2.6.12.
import type { HaproxyBranch } from '../../models/balancer/haproxy/versions.ts';
import { table } from './table.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Sections a keyword may stand in: `d`efaults (`D`: only in those with a name), `f`rontend, `l`isten, `b`ackend. */
export type Places = string;

/** Keywords of proxies that are read, or that decide nothing. Two words where the second one makes the difference. */
export const proxyPlaces: Readonly<Record<string, Places>> = table({
  // Read.
  bind: 'fl',
  server: 'lb',
  'server-template': 'lb',
  'default-server': 'dlb',
  balance: 'dlb',
  'hash-type': 'dlb',
  'hash-balance-factor': 'dflb',
  'hash-preserve-affinity': 'dlb',
  retries: 'dlb',
  mode: 'dflb',
  maxconn: 'dfl',
  backlog: 'dfl',
  fullconn: 'dlb',
  default_backend: 'dfl',
  use_backend: 'fl',
  id: 'flb',
  disabled: 'dflb',
  enabled: 'dflb',
  timeout: 'dflb',
  option: 'dflb',
  'tcp-check': 'dlb',
  'retry-on': 'dlb',
  'load-server-state-from-file': 'dlb',
  // Matter and are not modelled: `unmodelledKeywords`.
  'use-server': 'lb',
  'stick-table': 'flb',
  stick: 'lb',
  source: 'dlb',
  dispatch: 'lb',
  transparent: 'dlb',
  'rate-limit': 'dfl',
  'tcp-request': 'Dflb',
  'tcp-response': 'Dlb',
  filter: 'flb',
  'filter-sequence': 'flb',
  'force-be-switch': 'fl',
  persist: 'dlb',
  'clitcpka-cnt': 'dfl',
  'clitcpka-idle': 'dfl',
  'clitcpka-intvl': 'dfl',
  'srvtcpka-cnt': 'dlb',
  'srvtcpka-idle': 'dlb',
  'srvtcpka-intvl': 'dlb',
  // Decide nothing for connections of agents.
  acl: 'Dflb',
  'bind-process': 'dflb',
  capture: 'fl',
  compression: 'dflb',
  cookie: 'dlb',
  crt: 'fl',
  declare: 'fl',
  description: 'flb',
  'dynamic-cookie-key': 'dlb',
  'email-alert': 'dflb',
  'error-log-format': 'dflb',
  errorfile: 'dflb',
  errorfiles: 'dflb',
  errorloc: 'dflb',
  errorloc302: 'dflb',
  errorloc303: 'dflb',
  'external-check': 'dflb',
  'force-persist': 'lb',
  guid: 'flb',
  'http-after-response': 'Dflb',
  'http-check': 'dlb',
  'http-error': 'dflb',
  'http-request': 'Dflb',
  'http-response': 'Dflb',
  'http-reuse': 'dlb',
  'http-send-name-header': 'dlb',
  'ignore-persist': 'lb',
  log: 'dflb',
  'log-format': 'dflb',
  'log-format-sd': 'dflb',
  'log-steps': 'dfl',
  'log-tag': 'dflb',
  'max-keep-alive-queue': 'dlb',
  'max-session-srv-conns': 'dfl',
  monitor: 'fl',
  'monitor-uri': 'dfl',
  'quic-initial': 'Dfl',
  redirect: 'flb',
  'server-state-file-name': 'dlb',
  stats: 'dflb',
  'unique-id-format': 'dflb',
  'unique-id-header': 'dfl',
  'use-fcgi-app': 'lb',
});

/** Misplaced ones that HAProxy refuses instead of passing over them; in `defaults` it refuses all. */
export const refusedElsewhere: Readonly<Record<string, Places>> = table({
  server: 'f',
  'server-template': 'f',
  'default-server': 'f',
  'retry-on': 'f',
  'use-server': 'f',
  'tcp-response': 'f',
  declare: 'b',
  // Passed over, and then their backend is not found, or turns out to be the section itself.
  default_backend: 'b',
  use_backend: 'b',
});

export const keywordsSince: Readonly<Record<string, HaproxyBranch>> = table({
  crt: '3.2',
  'filter-sequence': '3.4',
  'force-be-switch': '3.4',
  guid: '3.0',
  'hash-preserve-affinity': '3.2',
  'log-steps': '3.1',
  'quic-initial': '3.1',
});

/** Keywords that are gone: the release that refuses them. */
export const keywordsUntil: Readonly<Record<string, HaproxyBranch>> = table({ 'bind-process': '2.7' });

export interface Unmodelled {
  readonly side: 'front' | 'back';
  readonly why: string;
  /** It decides nothing about which server a client lands on. */
  readonly choosesNothing?: boolean;
}

/** Keywords of proxies that matter and are not modelled, and why. */
export const unmodelledKeywords: Readonly<Record<string, Unmodelled>> = table({
  'use-server': { side: 'back', why: 'conditions on what clients say are not evaluated' },
  stick: { side: 'back', why: 'tables of clients that stay with their server are not kept' },
  source: { side: 'back', why: 'the managers would see other addresses', choosesNothing: true },
  dispatch: { side: 'back', why: 'it sends everything to one address past the servers' },
  transparent: { side: 'back', why: 'it sends connections to where they were addressed' },
  'rate-limit': {
    side: 'front',
    why: 'new sessions per second are not limited in the simulation',
    choosesNothing: true,
  },
  filter: { side: 'front', why: 'filters of what is sent are not run', choosesNothing: true },
  'filter-sequence': { side: 'front', why: 'filters of what is sent are not run', choosesNothing: true },
  'force-be-switch': { side: 'front', why: 'conditions on what clients say are not evaluated' },
  persist: { side: 'back', why: 'agents send no RDP cookie' },
  'tcp-response': { side: 'back', why: 'conditions on what servers say are not evaluated', choosesNothing: true },
  'clitcpka-cnt': {
    side: 'front',
    why: 'probes of idle connections go as the kernel does by default',
    choosesNothing: true,
  },
  'clitcpka-idle': {
    side: 'front',
    why: 'probes of idle connections go as the kernel does by default',
    choosesNothing: true,
  },
  'clitcpka-intvl': {
    side: 'front',
    why: 'probes of idle connections go as the kernel does by default',
    choosesNothing: true,
  },
  'srvtcpka-cnt': {
    side: 'back',
    why: 'probes of idle connections go as the kernel does by default',
    choosesNothing: true,
  },
  'srvtcpka-idle': {
    side: 'back',
    why: 'probes of idle connections go as the kernel does by default',
    choosesNothing: true,
  },
  'srvtcpka-intvl': {
    side: 'back',
    why: 'probes of idle connections go as the kernel does by default',
    choosesNothing: true,
  },
});

/** What every configuration has needs no word. */
export const silentKeywords: ReadonlySet<string> = new Set(
  words('log log-format log-tag description stats acl errorfile option-log'),
);

/** Words that a keyword of a proxy needs behind it. */
export const leastWords: Readonly<Record<string, number>> = table({
  acl: 2,
  capture: 4,
  compression: 2,
  cookie: 1,
  declare: 4,
  description: 1,
  'dynamic-cookie-key': 1,
  'email-alert': 2,
  'error-log-format': 1,
  errorfile: 2,
  errorfiles: 1,
  errorloc: 2,
  errorloc302: 2,
  errorloc303: 2,
  'external-check': 2,
  filter: 1,
  'force-persist': 2,
  'http-after-response': 1,
  'http-check': 1,
  'http-request': 1,
  'http-response': 1,
  'http-reuse': 1,
  'http-send-name-header': 1,
  'ignore-persist': 2,
  'log-format': 1,
  'log-format-sd': 1,
  'log-tag': 1,
  'max-keep-alive-queue': 1,
  'monitor-uri': 1,
  monitor: 3,
  persist: 1,
  'rate-limit': 2,
  redirect: 2,
  source: 1,
  stats: 1,
  stick: 2,
  'stick-table': 4,
  'tcp-response': 1,
  'unique-id-format': 1,
  'unique-id-header': 1,
  'use-fcgi-app': 1,
  'use-server': 3,
  dispatch: 1,
});

export interface OptionKind {
  readonly places: Places;
  /** It can be turned round by `no` and `default`. */
  readonly reversible: boolean;
  /** Words it takes. */
  readonly args?: readonly [least: number, most: number];
  /** Those it takes, when it takes only some. */
  readonly words?: readonly string[];
  readonly wordsSince?: HaproxyBranch;
  readonly since?: HaproxyBranch;
}

const reversible = (places: Places): OptionKind => ({ places, reversible: true, args: [0, 0] });

/** `option …` that are read. */
export const readOptions: Readonly<Record<string, OptionKind>> = table({
  redispatch: { places: 'dlb', reversible: true, args: [0, 1] },
  allbackups: reversible('dlb'),
  'independent-streams': reversible('dflb'),
  tcpka: { places: 'dflb', reversible: false, args: [0, 0] },
  clitcpka: reversible('dfl'),
  srvtcpka: reversible('dlb'),
  'tcp-check': { places: 'dlb', reversible: false, args: [0, 0] },
});

/** Checks that a manager does not pass, or that take a program. */
export const otherChecks = words(
  'httpchk ssl-hello-chk smtpchk mysql-check pgsql-check redis-check ldap-check spop-check external-check',
);

/** `option …` that matter and are not modelled. */
export const unmodelledOptions: Readonly<Record<string, Unmodelled & OptionKind>> = table({
  abortonclose: {
    ...reversible('dlb'),
    side: 'back',
    why: 'a session goes on when its agent gives up waiting',
    choosesNothing: true,
  },
  transparent: { ...reversible('dlb'), side: 'back', why: 'it sends connections to where they were addressed' },
});

/** `option …` that decide nothing for connections of agents. */
export const harmlessOptions: Readonly<Record<string, OptionKind>> = table({
  ...Object.fromEntries(
    words(`accept-invalid-http-request contstats disable-h2-upgrade dontlog-normal dontlognull h1-case-adjust-bogus-client
      http-ignore-probes http-use-proxy-header idle-close-on-response log-separate-errors logasap socket-stats
      tcp-smart-accept`).map((name) => [name, reversible('dfl')]),
  ),
  ...Object.fromEntries(
    words(`accept-invalid-http-response checkcache h1-case-adjust-bogus-server http-pretend-keepalive log-health-checks persist
      prefer-last-server tcp-smart-connect`).map((name) => [name, reversible('dlb')]),
  ),
  ...Object.fromEntries(
    words(`http-buffer-request http-keep-alive http-no-delay http-server-close httpclose nolinger splice-auto splice-request
      splice-response`).map((name) => [name, reversible('dflb')]),
  ),
  'accept-unsafe-violations-in-http-request': { ...reversible('dfl'), since: '3.1' },
  'accept-unsafe-violations-in-http-response': { ...reversible('dlb'), since: '3.1' },
  forwarded: { places: 'dlb', reversible: true, since: '2.8' },
  'http-drop-request-trailers': { ...reversible('db'), since: '3.2' },
  'http-drop-response-trailers': { ...reversible('dl'), since: '3.2' },
  'use-small-buffers': { places: 'dlb', reversible: true, since: '3.4' },
  forwardfor: { places: 'dflb', reversible: false },
  originalto: { places: 'dflb', reversible: false },
  'http-restrict-req-hdr-names': { places: 'dflb', reversible: false, args: [1, 1] },
  httplog: { places: 'dflb', reversible: false, args: [0, 1], words: ['clf'] },
  httpslog: { places: 'dflb', reversible: false, args: [0, 0] },
  // `clf` came with 3.1.
  tcplog: { places: 'dflb', reversible: false, args: [0, 1], words: ['clf'], wordsSince: '3.1' },
});

/** `timeout …`: those that are read, and those of HTTP. */
export const timeouts: Readonly<Record<string, Places>> = table({
  client: 'dfl',
  'client-fin': 'dfl',
  server: 'dlb',
  'server-fin': 'dlb',
  connect: 'dlb',
  check: 'dlb',
  queue: 'dlb',
  tunnel: 'dlb',
  'http-keep-alive': 'dflb',
  'http-request': 'dflb',
  tarpit: 'dflb',
  'client-hs': 'dfl',
});

/** Keywords of `global` that decide nothing for connections of agents. */
export const harmlessGlobals: ReadonlySet<string> = new Set(
  words(`busy-polling ca-base chroot close-spread-time cluster-secret cpu-map crt-base daemon default-path description
    expose-experimental-directives external-check gid group h1-accept-payload-with-any-method h1-case-adjust
    h1-case-adjust-file h2-workaround-bogus-websocket-clients httpclient.resolvers.id httpclient.resolvers.prefer
    httpclient.ssl.ca-file httpclient.ssl.verify insecure-fork-wanted insecure-setuid-wanted issuers-chain-path localpeer log
    log-send-hostname log-tag lua-prepend-path master-worker maxcompcpuusage maxcomprate maxpipes maxsslconn maxsslrate
    maxzlibmem mworker-max-reloads no-memory-trimming node noepoll noevports nogetaddrinfo nokqueue nopoll noreuseport
    nosplice numa-cpu-mapping pidfile pp2-never-send-local presetenv profiling.tasks quiet resetenv server-state-base
    server-state-file set-dumpable set-var set-var-fmt setenv ssl-default-bind-ciphers ssl-default-bind-ciphersuites
    ssl-default-bind-curves ssl-default-bind-options ssl-default-server-ciphers ssl-default-server-ciphersuites
    ssl-default-server-options ssl-dh-param-file ssl-load-extra-del-ext ssl-load-extra-files ssl-mode-async ssl-propquery
    ssl-provider ssl-provider-path ssl-server-verify ssl-skip-self-issued-ca stats strict-limits thread-group thread-groups
    tune.buffers.limit tune.buffers.reserve tune.bufsize tune.chksize tune.comp.maxlevel tune.fd.edge-triggered
    tune.h2.header-table-size tune.h2.initial-window-size tune.h2.max-concurrent-streams tune.h2.max-frame-size
    tune.http.cookielen tune.http.logurilen tune.http.maxhdr tune.idle-pool.shared tune.idletimer tune.listener.multi-queue
    tune.lua.forced-yield tune.lua.maxmem tune.lua.service-timeout tune.lua.session-timeout tune.lua.task-timeout
    tune.maxaccept tune.maxpollevents tune.maxrewrite tune.pattern.cache-size tune.peers.max-updates-at-once tune.pipesize
    tune.pool-high-fd-ratio tune.pool-low-fd-ratio tune.rcvbuf.client tune.rcvbuf.server tune.recv_enough
    tune.runqueue-depth tune.sched.low-latency tune.sndbuf.client tune.sndbuf.server tune.ssl.cachesize
    tune.ssl.capture-buffer-size tune.ssl.capture-cipherlist-size tune.ssl.default-dh-param tune.ssl.force-private-cache
    tune.ssl.hard-maxrecord tune.ssl.keylog tune.ssl.lifetime tune.ssl.maxrecord tune.ssl.ssl-ctx-cache-size
    tune.vars.check-max-size tune.vars.global-max-size tune.vars.proc-max-size tune.vars.reqres-max-size
    tune.vars.sess-max-size tune.vars.txn-max-size uid ulimit-n unix-bind unsetenv user zero-warning`),
);

/** Those of `global` that came later, and decide nothing either. */
export const laterGlobals: Readonly<Record<string, HaproxyBranch>> = table({
  anonkey: '2.7',
  'prealloc-fd': '2.8',
  'ssl-default-bind-sigalgs': '2.8',
  'ssl-default-bind-client-sigalgs': '2.8',
  'httpclient.resolvers.disabled': '2.8',
  'tune.memory.hot-size': '2.8',
  'tune.stick-counters': '2.8',
  'tune.ssl.ocsp-update.maxdelay': '2.8',
  'tune.ssl.ocsp-update.mindelay': '2.8',
  'tune.disable-zero-copy-forwarding': '2.9',
  'tune.rcvbuf.backend': '2.9',
  'tune.rcvbuf.frontend': '2.9',
  'tune.sndbuf.backend': '2.9',
  'tune.sndbuf.frontend': '2.9',
  'tune.max-checks-per-thread': '2.9',
  'tune.h2.fe.max-concurrent-streams': '2.9',
  'tune.h2.be.max-concurrent-streams': '2.9',
  'tune.h2.fe.initial-window-size': '2.9',
  'tune.h2.be.initial-window-size': '2.9',
  'httpclient.retries': '2.9',
  'httpclient.timeout.connect': '2.9',
  'ssl-default-server-curves': '2.9',
  'ssl-default-server-sigalgs': '2.9',
  'expose-deprecated-directives': '3.0',
  'key-base': '3.0',
  'ssl-security-level': '3.0',
  'stats-file': '3.0',
  'tune.ring.queues': '3.0',
  'ocsp-update.mode': '3.0',
  'warn-blocked-traffic-after': '3.1',
  'tune.renice.runtime': '3.1',
  'tune.renice.startup': '3.1',
  'dns-accept-family': '3.2',
  'cpu-policy': '3.2',
  'cpu-set': '3.2',
  'cpu-affinity': '3.4',
  'max-threads-per-group': '3.4',
});

/** Keywords of `global` that matter and are not modelled. */
export const unmodelledGlobals: Readonly<Record<string, Omit<Unmodelled, 'side'>>> = table({
  'lua-load': { why: 'scripts are not run, and they can move servers and sessions' },
  'lua-load-per-thread': { why: 'scripts are not run, and they can move servers and sessions' },
  maxconnrate: { why: 'new connections per second are not limited in the simulation', choosesNothing: true },
  maxsessrate: { why: 'new sessions per second are not limited in the simulation', choosesNothing: true },
  grace: { why: 'at a reload the old process goes on listening for that time', choosesNothing: true },
});

/** Read from `global`. */
export const readGlobals = words(
  'maxconn nbthread hard-stop-after spread-checks max-spread-checks fd-hard-limit ulimit-n',
);

/** What the sections beside proxies hold. Of 2.6.12; of those that came later everything is taken. */
export const otherSections: Readonly<Record<string, ReadonlySet<string> | null>> = table({
  peers: new Set(words('bind default-bind default-server disabled enabled log peer server table shards')),
  resolvers: new Set(
    words('nameserver parse-resolv-conf hold resolve_retries timeout accepted_payload_size resolution_pool_size'),
  ),
  mailers: new Set(words('mailer timeout')),
  userlist: new Set(words('group user')),
  cache: new Set(words('total-max-size max-age max-object-size process-vary max-secondary-entries')),
  'http-errors': new Set(words('errorfile')),
  program: new Set(words('command group option user')),
  ring: new Set(words('backing-file description format maxlen server size timeout')),
  'log-forward': new Set(words('backlog bind dgram-bind log maxconn timeout option')),
  'fcgi-app': new Set(words('acl docroot index log-stderr option pass-header path-info set-param')),
  'crt-store': null,
  traces: null,
  'log-profile': null,
  acme: null,
  healthcheck: null,
});

/** Those that came later than 2.6. */
export const sectionsSince: Readonly<Record<string, HaproxyBranch>> = table({
  'crt-store': '3.0',
  traces: '3.1',
  'log-profile': '3.1',
  acme: '3.2',
  healthcheck: '3.4',
});

export function isGlobalKeyword(name: string): boolean {
  return (
    harmlessGlobals.has(name) ||
    readGlobals.includes(name) ||
    Object.hasOwn({ ...laterGlobals, ...unmodelledGlobals }, name)
  );
}
