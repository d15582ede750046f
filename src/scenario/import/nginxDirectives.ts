// Which directives of nginx matter to the simulation. Names: nginx 1.22.1 and, where they came later, the documentation of 1.31.
import { table } from './table.ts';

export type Context = 'main' | 'events' | 'stream' | 'server' | 'upstream';

// What every configuration has needs no word.
export const silent: ReadonlySet<string> = new Set([
  'user',
  'pid',
  'error_log',
  'access_log',
  'log_format',
  'load_module',
  'tcp_nodelay',
  'use',
  'multi_accept',
  'http',
]);

const harmlessInStream = [
  // Scripts may make variables; whoever chooses by one is refused.
  'js_import',
  'js_include',
  'js_path',
  'js_set',
  'js_var',
  'js_shared_dict_zone',
  'access_log',
  'error_log',
  'log_format',
  'open_log_file_cache',
  'map_hash_bucket_size',
  'map_hash_max_size',
  'geoip_country',
  'geoip_city',
  'geoip_org',
  'variables_hash_bucket_size',
  'variables_hash_max_size',
  'server_names_hash_bucket_size',
  'server_names_hash_max_size',
  'tcp_nodelay',
  'proxy_socket_keepalive',
  'proxy_half_close',
  'proxy_protocol_timeout',
  'preread_buffer_size',
  'preread_timeout',
  'resolver',
  'resolver_timeout',
  'limit_conn_log_level',
  'limit_conn_zone',
];

/** Directives that cannot change where a client lands or when it notices something. */
export const harmless: Readonly<Record<Context, readonly string[]>> = {
  main: [
    'user',
    'pid',
    'lock_file',
    'error_log',
    'daemon',
    'master_process',
    'worker_priority',
    'worker_cpu_affinity',
    'worker_rlimit_core',
    'working_directory',
    'load_module',
    'env',
    'pcre_jit',
    'thread_pool',
    'debug_points',
    'ssl_engine',
    'http',
    'mail',
  ],
  events: ['use', 'multi_accept', 'accept_mutex', 'accept_mutex_delay', 'debug_connection', 'worker_aio_requests'],
  stream: harmlessInStream,
  server: [...harmlessInStream, 'server_name'],
  upstream: [],
};

/** Directives that matter and are not modelled, and why. */
export const notModelled: Readonly<Record<string, string>> = table({
  proxy_bind: 'the managers would see other addresses',
  proxy_protocol: 'the manager does not speak it',
  proxy_ssl: 'the manager speaks no TLS on its events port',
  proxy_download_rate: 'rates are not limited in the simulation',
  proxy_upload_rate: 'rates are not limited in the simulation',
  allow: 'which clients are let in is not modelled',
  deny: 'which clients are let in is not modelled',
  limit_conn: 'the number of connections per key is not limited in the simulation',
  least_time: 'the choice depends on measured times of answers',
  proxy_socket_rcvbuf: 'the kernel of the balancer says how much it takes',
  proxy_socket_sndbuf: 'the kernel of the balancer says how much it takes',
  return: 'nothing is handed on to a node',
  pass: 'the session would go on in another server block',
  js_access: 'scripts are not run',
  js_filter: 'scripts are not run',
  js_preread: 'scripts are not run',
  set_real_ip_from: 'the client address would come from the PROXY protocol',
  worker_rlimit_nofile: 'fewer open files than worker_connections would limit the sessions',
  timer_resolution: 'the clock of nginx is taken as exact',
});

/** Of these, and of the parameters of `listen`, what decides nothing about which server a client lands on. */
export const choosesNothing: ReadonlySet<string> = new Set([
  'ssl',
  'proxy_protocol',
  'proxy_ssl',
  'proxy_bind',
  'proxy_download_rate',
  'proxy_upload_rate',
  'js_filter',
  'worker_rlimit_nofile',
  'timer_resolution',
]);

/** What nginx 1.22.1 refuses in `stream`, though other releases or products know it. */
export const refused: Readonly<Record<string, string>> = table({
  ip_hash: 'exists only in http; use hash $remote_addr',
  sticky: 'is part of the commercial product',
  state: 'is part of the commercial product',
  ntlm: 'exists only in http',
  keepalive: 'exists only in http',
  health_check: 'is part of the commercial product',
  queue: 'is part of the commercial product',
});

/** Directives the simulation reads, for suggestions. */
export const modelled: Readonly<Record<Context, readonly string[]>> = {
  main: ['worker_processes', 'worker_shutdown_timeout', 'events', 'stream'],
  events: ['worker_connections'],
  stream: [
    'upstream',
    'server',
    'map',
    'geo',
    'split_clients',
    'proxy_connect_timeout',
    'proxy_timeout',
    'proxy_next_upstream',
    'proxy_next_upstream_tries',
    'proxy_next_upstream_timeout',
    'proxy_buffer_size',
    'proxy_requests',
    'proxy_responses',
  ],
  server: [
    'listen',
    'proxy_pass',
    'set',
    'proxy_connect_timeout',
    'proxy_timeout',
    'proxy_next_upstream',
    'proxy_next_upstream_tries',
    'proxy_next_upstream_timeout',
    'proxy_buffer_size',
    'proxy_requests',
    'proxy_responses',
  ],
  upstream: ['server', 'hash', 'least_conn', 'random', 'zone'],
};
