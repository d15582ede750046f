// nginx.conf → the options of the balancer. Directives and limits: nginx 1.22.1, src/stream/ngx_stream_{core,upstream,proxy,
// upstream_hash,upstream_least_conn,upstream_zone}_module.c, src/event/ngx_event.c, src/core/nginx.c.
import type {
  NginxListenerOptions,
  NginxMethod,
  NginxOptions,
  NginxPeerOptions,
  NginxUpstreamOptions,
} from '../../models/balancer/nginx/options.ts';
import { parseKey } from '../../models/balancer/nginx/clientKey.ts';
import { parseAddress } from '../addresses.ts';
import { nearest, ScenarioError, type Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { quote } from '../wording.ts';
import { readDirectives, type Directive, type ReadInclude, type Word } from './nginxSyntax.ts';

export interface NginxConfInput {
  /** As the user named it; appears in messages. */
  readonly file: string;
  readonly text: string;
  readonly readInclude: ReadInclude;
  /** Processors, for `worker_processes auto`; `null`: not known. */
  readonly cpus: number | null;
  /** Addresses of a host name; `null`: not known, the name stays. */
  readonly resolve: (host: string) => readonly string[] | null;
  /** Directives that matter, are not modelled, and may be passed over. */
  readonly assume: readonly { readonly directive: string; readonly because: string }[];
  /** `assign` may ask for the choice of a UDP listener; the simulation refuses UDP sessions. */
  readonly udp: 'refuse' | 'allow';
}

export interface NginxConf {
  readonly options: NginxOptions;
  readonly warnings: readonly Warning[];
  /** Directives passed over because the user said so, with the reason. */
  readonly assumed: readonly string[];
  /** Where each `server` text of each upstream stands, by `upstream index/server text`. */
  readonly serverPositions: ReadonlyMap<string, SourcePosition>;
  readonly listenPositions: readonly SourcePosition[];
  /** `nginx hash $remote_addr consistent`. */
  readonly description: (listenerIndex: number) => string;
}

// Directives that cannot change where a client lands or when it notices something.
const harmless: Readonly<Record<'main' | 'events' | 'stream' | 'server' | 'upstream', readonly string[]>> = {
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
    'worker_shutdown_timeout',
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
  stream: [
    'access_log',
    'error_log',
    'log_format',
    'open_log_file_cache',
    'map',
    'map_hash_bucket_size',
    'map_hash_max_size',
    'geo',
    'split_clients',
    'variables_hash_bucket_size',
    'variables_hash_max_size',
    'tcp_nodelay',
    'proxy_socket_keepalive',
    'proxy_half_close',
    'proxy_responses',
    'proxy_requests',
    'preread_buffer_size',
    'preread_timeout',
    'ssl_preread',
    'resolver',
    'resolver_timeout',
    'proxy_protocol_timeout',
    'limit_conn_log_level',
    'limit_conn_zone',
  ],
  server: ['server_name', 'server_names_hash_bucket_size', 'server_names_hash_max_size'],
  upstream: [],
};

// Directives that matter and are not modelled, and why.
const notModelled: Readonly<Record<string, string>> = {
  random: 'the draw of the C library cannot be repeated',
  proxy_bind: 'the managers would see other addresses',
  proxy_protocol: 'the manager does not speak it',
  proxy_ssl: 'the manager speaks no TLS on its events port',
  proxy_download_rate: 'rates are not limited in the simulation',
  proxy_upload_rate: 'rates are not limited in the simulation',
  allow: 'which clients are let in is not modelled',
  deny: 'which clients are let in is not modelled',
  limit_conn: 'the number of connections per key is not limited in the simulation',
  return: 'nothing is handed on to a node',
  js_access: 'scripts are not run',
  js_filter: 'scripts are not run',
  js_preread: 'scripts are not run',
  set_real_ip_from: 'the client address would come from the PROXY protocol',
  worker_rlimit_nofile: 'open files are not limited in the simulation',
  timer_resolution: 'the clock of nginx is taken as exact',
};

// What nginx 1.22.1 refuses in `stream`, though other releases or products know it.
const refused: Readonly<Record<string, string>> = {
  ip_hash: 'exists only in http; use hash $remote_addr',
  sticky: 'is part of the commercial product',
  least_time: 'is part of the commercial product (and of nginx 1.31)',
  state: 'is part of the commercial product',
  ntlm: 'exists only in http',
  keepalive: 'exists only in http',
  health_check: 'is part of the commercial product',
};

/** @throws ScenarioError with every mistake of the file and of what it includes. */
export function readNginxConf(input: NginxConfInput): NginxConf {
  const problems: Problem[] = [];
  const top = readDirectives(input.file, input.text, input.readInclude, problems);
  const reader = new ConfReader(input, problems);
  const conf = reader.read(top);
  if (problems.length > 0) throw new ScenarioError(input.file, sorted(problems, input.file));
  return conf;
}

function sorted(problems: readonly Problem[], file: string): Problem[] {
  const key = ({ position }: Problem): [number, number, number] =>
    position === null ? [0, 0, 0] : [position.file === file ? 0 : 1, position.line, position.column];
  return [...problems].sort((a, b) => {
    const [a0, a1, a2] = key(a);
    const [b0, b1, b2] = key(b);
    return a0 - b0 || a1 - b1 || a2 - b2;
  });
}

interface ProxySettings {
  connectTimeoutUs: number;
  sessionTimeoutUs: number;
  nextUpstream: boolean;
  nextUpstreamTries: number;
  nextUpstreamTimeoutUs: number;
  proxyBufferBytes: number;
}

// src/stream/ngx_stream_proxy_module.c, ngx_stream_proxy_merge_srv_conf().
const proxyDefaults: ProxySettings = {
  connectTimeoutUs: 60_000_000,
  sessionTimeoutUs: 600_000_000,
  nextUpstream: true,
  nextUpstreamTries: 0,
  nextUpstreamTimeoutUs: 0,
  proxyBufferBytes: 16_384,
};

interface OpenUpstream extends NginxUpstreamOptions {
  readonly position: SourcePosition;
}

class ConfReader {
  readonly #input: NginxConfInput;
  readonly #problems: Problem[];
  readonly #warnings: Warning[] = [];
  readonly #named = new Set<string>();
  readonly #assumed: string[] = [];
  readonly #upstreams: OpenUpstream[] = [];
  readonly #listeners: NginxListenerOptions[] = [];
  readonly #listenPositions: SourcePosition[] = [];
  readonly #serverPositions = new Map<string, SourcePosition>();
  #sockets = 0;

  constructor(input: NginxConfInput, problems: Problem[]) {
    this.#input = input;
    this.#problems = problems;
  }

  read(top: readonly Directive[]): NginxConf {
    const syntaxIsBroken = this.#problems.length > 0;
    let workers = 1;
    // src/event/ngx_event.c, DEFAULT_CONNECTIONS.
    let workerConnections = 512;
    const streams = top.filter(({ name }) => name === 'stream');
    const seen = new Set<string>();
    for (const directive of top) {
      const { name, position } = directive;
      if (name === 'stream') continue;
      if (name === 'events') {
        for (const inner of directive.block ?? []) {
          if (inner.name === 'worker_connections') {
            this.#once(inner, seen);
            workerConnections = this.#number(inner, 1, 10_000_000) ?? workerConnections;
          } else this.#other(inner, 'events');
        }
      } else if (name === 'worker_processes') {
        this.#once(directive, seen);
        const [value] = this.#args(directive, 1, 1);
        if (value?.text === 'auto') {
          if (this.#input.cpus === null) {
            this.#problem(
              value.position,
              'worker_processes auto needs the number of processors: give the balancer `cpus: 4`.',
            );
          } else workers = this.#input.cpus;
        } else if (value) workers = this.#number(directive, 1, 1024) ?? workers;
      } else if (name === 'upstream' || name === 'server' || name === 'listen' || name === 'proxy_pass') {
        this.#problem(position, `${name} belongs into a "stream" block.`);
      } else this.#other(directive, 'main');
    }
    if (streams.length === 0 && !syntaxIsBroken) {
      const http = top.find(({ name }) => name === 'http');
      this.#problem(
        http?.position ?? { file: this.#input.file, line: 1, column: 1 },
        `there is no "stream" block${http ? ' (only http)' : ''}. Agents are balanced in stream { upstream … server … }.`,
      );
    }
    if (streams.length > 1) this.#problem(streams[1]!.position, 'a second "stream" block. Put both into one.');
    if (streams[0]) this.#stream(streams[0], syntaxIsBroken);
    return {
      options: {
        workers,
        workerConnections,
        listeningSockets: this.#sockets,
        listeners: this.#listeners,
        upstreams: this.#upstreams.map(({ name, method, peers, zone }) => ({ name, method, peers, zone })),
      },
      warnings: this.#warnings,
      assumed: this.#assumed,
      serverPositions: this.#serverPositions,
      listenPositions: this.#listenPositions,
      description: (index) => {
        const { method } = this.#upstreams[this.#listeners[index]!.upstreamIndex]!;
        switch (method.kind) {
          case 'hashConsistent':
            return `nginx hash ${method.key} consistent`;
          case 'hash':
            return `nginx hash ${method.key}`;
          case 'leastConn':
            return 'nginx least_conn';
          case 'roundRobin':
            return 'nginx round robin';
          default:
            return method satisfies never;
        }
      },
    };
  }

  // ---------------------------------------------------------------------------------------------------------------- blocks

  #stream(stream: Directive, syntaxIsBroken: boolean): void {
    const block = stream.block ?? [];
    if (stream.block === null) this.#problem(stream.position, 'stream takes a block in braces.');
    const defaults = { ...proxyDefaults };
    const seen = new Set<string>();
    for (const directive of block) {
      if (directive.name === 'upstream') this.#upstream(directive);
      else if (directive.name !== 'server' && !this.#proxySetting(directive, defaults, seen)) {
        this.#other(directive, 'stream');
      }
    }
    const servers = block.filter(({ name }) => name === 'server');
    for (const server of servers) this.#server(server, defaults);
    if (servers.length === 0 && !syntaxIsBroken) {
      this.#problem(stream.position, 'the "stream" block has no "server" block: nothing listens for agents.');
    } else if (this.#upstreams.length === 0 && this.#problems.length === 0) {
      this.#problem(stream.position, 'the "stream" block has no upstream. Add upstream cluster { server …; }.');
    }
  }

  #upstream(directive: Directive): void {
    const [name] = this.#args(directive, 1, 1);
    if (directive.block === null) {
      this.#problem(directive.position, 'upstream takes a name and a block in braces.');
      return;
    }
    if (!name) return;
    if (this.#upstreams.some((known) => known.name === name.text)) {
      this.#problem(name.position, `a second upstream ${quote(name.text)}. Names of upstreams must differ.`);
    }
    const peers: NginxPeerOptions[] = [];
    const index = this.#upstreams.length;
    let method: NginxMethod = { kind: 'roundRobin' };
    let chosen: Directive | null = null;
    let zone = false;
    const before = this.#problems.length;
    for (const inner of directive.block) {
      switch (inner.name) {
        case 'server':
          peers.push(...this.#peer(inner, index));
          break;
        case 'hash':
        case 'least_conn':
          if (chosen) {
            this.#problem(inner.position, `a second method beside ${chosen.name}. Keep one of them.`);
          }
          if (peers.length > 0) {
            this.#warn(inner.position, `${inner.name} stands below the servers; nginx wants the method above them.`);
          }
          chosen = inner;
          method = inner.name === 'hash' ? this.#hash(inner) : { kind: 'leastConn' };
          if (inner.name === 'least_conn') this.#args(inner, 0, 0);
          break;
        case 'zone':
          this.#args(inner, 1, 2);
          zone = true;
          break;
        default:
          this.#other(inner, 'upstream');
      }
    }
    if (method.kind === 'hashConsistent' || method.kind === 'hash') {
      for (const inner of directive.block) {
        const backup = inner.name === 'server' && inner.args.find(({ text }) => text === 'backup');
        if (backup) this.#problem(backup.position, 'the hash method takes no backup server. Remove "backup".');
      }
    }
    if (peers.length === 0 && this.#problems.length === before) {
      this.#problem(directive.position, `upstream ${quote(name.text)} has no server.`);
    } else if (peers.length > 0 && peers.every(({ backup }) => backup)) {
      this.#problem(directive.position, `upstream ${quote(name.text)} has only backup servers.`);
    }
    this.#upstreams.push({ name: name.text, method, peers, zone, position: directive.position });
  }

  #hash(directive: Directive): NginxMethod {
    const [key, consistent] = this.#args(directive, 1, 2);
    if (consistent && consistent.text !== 'consistent') {
      this.#problem(
        consistent.position,
        `unknown parameter ${quote(consistent.text)} of hash. Write "consistent", or nothing.`,
      );
    }
    if (!key) return { kind: 'roundRobin' };
    const parts = parseKey(key.text);
    if (typeof parts === 'string') this.#problem(key.position, `hash: ${parts}.`);
    return { kind: consistent ? 'hashConsistent' : 'hash', key: key.text };
  }

  #peer(directive: Directive, upstreamIndex: number): NginxPeerOptions[] {
    const [target, ...parameters] = this.#args(directive, 1, 20);
    if (!target) return [];
    let weight = 1;
    let maxFails = 1;
    let failTimeoutSeconds = 10;
    let maxConns = 0;
    let down = false;
    let backup = false;
    for (const { text, position } of parameters) {
      const [, name = text, value = ''] = /^([a-z_]+)=(.*)$/.exec(text) ?? [];
      const whole = (least: number): number => {
        if (/^\d{1,9}$/.test(value) && Number(value) >= least) return Number(value);
        this.#problem(position, `${name} takes a whole number from ${least}, got ${quote(value)}.`);
        return least;
      };
      switch (name) {
        case 'weight':
          weight = whole(1);
          break;
        case 'max_fails':
          maxFails = whole(0);
          break;
        case 'max_conns':
          maxConns = whole(0);
          break;
        case 'fail_timeout': {
          const us = parseTime(value);
          if (us === null || us % 1_000_000 !== 0) {
            this.#problem(position, `fail_timeout takes whole seconds such as 10s, got ${quote(value)}.`);
          } else failTimeoutSeconds = us / 1_000_000;
          break;
        }
        case 'down':
          down = true;
          break;
        case 'backup':
          backup = true;
          break;
        case 'resolve':
        case 'service':
        case 'slow_start':
        case 'route':
        case 'drain':
          this.#problem(position, `${name} is not part of nginx 1.22 in stream, and not modelled. Remove it.`);
          break;
        default:
          this.#problem(position, `unknown parameter ${quote(text)} of server.`);
      }
    }
    const split = splitTarget(target.text);
    if (split === null) {
      this.#problem(target.position, `no port in ${quote(target.text)}. Write host:1514.`);
      return [];
    }
    this.#serverPositions.set(`${upstreamIndex}/${target.text}`, target.position);
    const addresses = isAddress(split.host) ? [split.host] : (this.#input.resolve(split.host) ?? [split.host]);
    return addresses.map((address) => ({
      serverText: target.text,
      address,
      port: split.port,
      weight,
      maxFails,
      failTimeoutSeconds,
      maxConns,
      down,
      backup,
    }));
  }

  #server(directive: Directive, defaults: ProxySettings): void {
    if (directive.block === null) {
      this.#problem(directive.position, 'server takes a block in braces.');
      return;
    }
    const settings = { ...defaults };
    const seen = new Set<string>();
    let pass: Word | undefined;
    const listens: Directive[] = [];
    const before = this.#problems.length;
    for (const inner of directive.block) {
      if (inner.name === 'listen') listens.push(inner);
      else if (inner.name === 'proxy_pass') {
        this.#once(inner, seen);
        [pass] = this.#args(inner, 1, 1);
      } else if (!this.#proxySetting(inner, settings, seen)) this.#other(inner, 'server');
    }
    if (listens.length === 0) this.#problem(directive.position, 'this server has no "listen".');
    if (!pass) {
      if (this.#problems.length === before) this.#problem(directive.position, 'this server has no "proxy_pass".');
      return;
    }
    const upstreamIndex = this.#upstreamOf(pass);
    for (const listen of listens) this.#listen(listen, settings, upstreamIndex);
  }

  #upstreamOf(pass: Word): number {
    const known = this.#upstreams.findIndex(({ name }) => name === pass.text);
    if (known >= 0) return known;
    if (pass.text.includes('$')) {
      this.#problem(pass.position, 'proxy_pass with variables is not modelled. Name an upstream.');
      return 0;
    }
    const target = splitTarget(pass.text);
    if (target === null) {
      const guess = nearest(
        pass.text,
        this.#upstreams.map(({ name }) => name),
      );
      this.#problem(
        pass.position,
        `there is no upstream ${quote(pass.text)}, and no port in it.${guess ? ` Did you mean ${guess}?` : ' Add the upstream, or write host:port.'}`,
      );
      return 0;
    }
    const addresses = isAddress(target.host) ? [target.host] : (this.#input.resolve(target.host) ?? [target.host]);
    const index = this.#upstreams.length;
    this.#serverPositions.set(`${index}/${pass.text}`, pass.position);
    this.#upstreams.push({
      name: pass.text,
      method: { kind: 'roundRobin' },
      zone: false,
      position: pass.position,
      peers: addresses.map((address) => ({
        serverText: pass.text,
        address,
        port: target.port,
        weight: 1,
        maxFails: 1,
        failTimeoutSeconds: 10,
        maxConns: 0,
        down: false,
        backup: false,
      })),
    });
    return index;
  }

  #listen(directive: Directive, settings: ProxySettings, upstreamIndex: number): void {
    const [target, ...parameters] = this.#args(directive, 1, 20);
    if (!target) return;
    let protocol: 'tcp' | 'udp' = 'tcp';
    let ipv6only = true;
    for (const { text, position } of parameters) {
      const name = text.split('=')[0]!;
      if (text === 'udp') protocol = 'udp';
      else if (text === 'ipv6only=off') ipv6only = false;
      else if (text === 'ssl' || text === 'proxy_protocol') {
        this.#matters(text, position, `listen … ${text}: agents do not speak it on their events port`);
      } else if (name === 'backlog') this.#harmless(`listen … backlog`, position);
      else if (!/^(bind|reuseport|ipv6only|rcvbuf|sndbuf|so_keepalive|fastopen|default_server|deferred)$/.test(name)) {
        this.#problem(position, `unknown parameter ${quote(text)} of listen.`);
      }
    }
    const match = /^(?:(unix:.*)|(?:(\[[^\]]*\]|[^:[\]]+):)?(\d+)(?:-(\d+))?)$/.exec(target.text);
    if (!match) {
      this.#problem(target.position, `listen takes a port or address:port, got ${quote(target.text)}.`);
      return;
    }
    const [, unix, host = '', from, to = from] = match;
    if (unix !== undefined) {
      this.#sockets += 1;
      this.#warn(target.position, 'agents cannot connect to a unix: socket; this listen is passed over.');
      return;
    }
    const first = Number(from);
    const last = Number(to);
    if (first < 1 || last > 65_535 || last < first) {
      this.#problem(target.position, `ports are 1 to 65535, got ${quote(target.text)}.`);
      return;
    }
    this.#sockets += last - first + 1;
    const v6 = host.startsWith('[');
    if (v6 && ipv6only) {
      this.#warn(target.position, 'agents have IPv4 addresses and do not reach this IPv6 listener; it is passed over.');
      return;
    }
    if (protocol === 'udp' && this.#input.udp === 'refuse') {
      this.#matters(
        'udp',
        directive.position,
        'UDP sessions through nginx are not modelled. Use TCP, or let agents connect to the nodes',
        true,
      );
      return;
    }
    for (let port = first; port <= last; port++) {
      const twice = this.#listeners.some(
        (other) => other.port === port && other.protocol === protocol && other.mappedAddresses === v6,
      );
      if (twice) {
        this.#problem(target.position, `a second server listens on ${port}. Ports of servers must differ.`);
        continue;
      }
      this.#listenPositions.push(target.position);
      this.#listeners.push({ port, protocol, mappedAddresses: v6, upstreamIndex, ...settings });
    }
  }

  /** @returns false when the directive is none of the proxy module's. */
  #proxySetting(directive: Directive, settings: ProxySettings, seen: Set<string>): boolean {
    const { name } = directive;
    switch (name) {
      case 'proxy_connect_timeout':
        settings.connectTimeoutUs = this.#time(directive, seen) ?? settings.connectTimeoutUs;
        return true;
      case 'proxy_timeout':
        settings.sessionTimeoutUs = this.#time(directive, seen) ?? settings.sessionTimeoutUs;
        return true;
      case 'proxy_next_upstream_timeout':
        settings.nextUpstreamTimeoutUs = this.#time(directive, seen) ?? settings.nextUpstreamTimeoutUs;
        return true;
      case 'proxy_next_upstream_tries':
        this.#once(directive, seen);
        settings.nextUpstreamTries = this.#number(directive, 0, 1_000_000) ?? settings.nextUpstreamTries;
        return true;
      case 'proxy_next_upstream':
        this.#once(directive, seen);
        settings.nextUpstream = this.#flag(directive) ?? settings.nextUpstream;
        return true;
      case 'proxy_buffer_size':
      case 'proxy_downstream_buffer':
      case 'proxy_upstream_buffer': {
        if (name !== 'proxy_buffer_size') return false;
        this.#once(directive, seen);
        const [value] = this.#args(directive, 1, 1);
        const bytes = value ? parseSize(value.text) : null;
        if (value && bytes === null) {
          this.#problem(value.position, `proxy_buffer_size takes a size such as 16k, got ${quote(value.text)}.`);
        }
        settings.proxyBufferBytes = bytes ?? settings.proxyBufferBytes;
        return true;
      }
      case 'proxy_protocol':
      case 'proxy_ssl':
        if (this.#flag(directive) !== false) {
          this.#matters(name, directive.position, `${name} is not modelled: ${notModelled[name]!}`);
        }
        return true;
      case 'proxy_download_rate':
      case 'proxy_upload_rate':
        if (directive.args[0]?.text !== '0') {
          this.#matters(name, directive.position, `${name} is not modelled: ${notModelled[name]!}`);
        }
        return true;
      default:
        return false;
    }
  }

  // --------------------------------------------------------------------------------------------------------------- helpers

  #problem(position: SourcePosition, text: string): void {
    this.#problems.push({ position, text });
  }

  #warn(position: SourcePosition, text: string): void {
    this.#warnings.push({ position, text });
  }

  /** Says once of each name that it does not change anything here. */
  #harmless(name: string, position: SourcePosition): void {
    if (this.#named.has(name)) return;
    this.#named.add(name);
    this.#warn(position, `${name} does not change what is simulated; it is passed over.`);
  }

  #matters(name: string, position: SourcePosition, why: string, final = false): void {
    const assumed = this.#input.assume.find(({ directive }) => directive === name);
    if (assumed && !final) {
      const text = `${name} is passed over: ${assumed.because}`;
      if (!this.#assumed.includes(text)) this.#assumed.push(text);
      return;
    }
    this.#problem(
      position,
      final
        ? `${why}.`
        : `${why}. Remove it, or say in the scenario why it does not matter: assume: [{ directive: ${name}, because: … }].`,
    );
  }

  #other(directive: Directive, context: keyof typeof harmless): void {
    const { name, position, args } = directive;
    if (name === 'allow' && args[0]?.text === 'all') return;
    const places = context === 'server' ? [...harmless.server, ...harmless.stream] : harmless[context];
    if (places.includes(name)) {
      // What every configuration has needs no word.
      if (!/^(user|pid|error_log|access_log|log_format|load_module|tcp_nodelay|use|multi_accept)$/.test(name)) {
        this.#harmless(name, position);
      }
      return;
    }
    const reason = notModelled[name];
    if (reason !== undefined) {
      this.#matters(name, position, `${name} is not modelled: ${reason}`);
      return;
    }
    const commercial = refused[name];
    if (commercial !== undefined) {
      this.#problem(position, `nginx 1.22 refuses ${name} here: it ${commercial}.`);
      return;
    }
    if (/^(ssl_|proxy_ssl_|js_)/.test(name)) {
      this.#matters(name, position, `${name} is not modelled: agents speak no TLS on their events port`);
      return;
    }
    const known = [
      ...harmless[context],
      ...Object.keys(notModelled),
      ...(context === 'upstream' ? ['server', 'hash', 'least_conn', 'zone'] : []),
      ...(context === 'events' ? ['worker_connections'] : []),
      ...(context === 'main' ? ['worker_processes', 'events', 'stream'] : []),
      ...(context === 'server' || context === 'stream'
        ? [
            'listen',
            'proxy_pass',
            'upstream',
            'server',
            'proxy_connect_timeout',
            'proxy_timeout',
            'proxy_next_upstream',
            'proxy_next_upstream_tries',
            'proxy_next_upstream_timeout',
            'proxy_buffer_size',
          ]
        : []),
    ];
    const guess = nearest(name, known);
    this.#matters(name, position, `unknown directive ${quote(name)}${guess ? `. Did you mean ${guess}?` : ''}`);
  }

  #once(directive: Directive, seen: Set<string>): void {
    if (seen.has(directive.name))
      this.#problem(directive.position, `a second ${directive.name} in this block. Keep one.`);
    seen.add(directive.name);
  }

  #args(directive: Directive, least: number, most: number): readonly Word[] {
    const { length } = directive.args;
    if (length < least || length > most) {
      const wanted = least === most ? String(least) : `${least} to ${most}`;
      this.#problem(
        directive.position,
        `${directive.name} takes ${wanted} value${wanted === '1' ? '' : 's'}, got ${length}.`,
      );
      return length > most ? directive.args.slice(0, most) : directive.args;
    }
    return directive.args;
  }

  #number(directive: Directive, least: number, most: number): number | null {
    const [value] = this.#args(directive, 1, 1);
    if (!value) return null;
    if (/^\d{1,9}$/.test(value.text) && Number(value.text) >= least && Number(value.text) <= most)
      return Number(value.text);
    this.#problem(
      value.position,
      `${directive.name} takes a whole number from ${least} to ${most}, got ${quote(value.text)}.`,
    );
    return null;
  }

  #flag(directive: Directive): boolean | null {
    const [value] = this.#args(directive, 1, 1);
    if (!value) return null;
    const text = value.text.toLowerCase();
    if (text === 'on' || text === 'off') return text === 'on';
    this.#problem(value.position, `${directive.name} is on or off, got ${quote(value.text)}.`);
    return null;
  }

  #time(directive: Directive, seen: Set<string>): number | null {
    this.#once(directive, seen);
    const [value] = this.#args(directive, 1, 1);
    if (!value) return null;
    const us = parseTime(value.text);
    if (us === null)
      this.#problem(value.position, `${directive.name} takes a time such as 60s, got ${quote(value.text)}.`);
    return us;
  }
}

/** `60`, `1m30s`, `500ms` in µs; `null` when it is no time. src/core/ngx_parse.c, ngx_parse_time(). */
export function parseTime(text: string): number | null {
  const units: Readonly<Record<string, number>> = {
    y: 31_536_000,
    M: 2_592_000,
    w: 604_800,
    d: 86_400,
    h: 3_600,
    m: 60,
    s: 1,
    '': 1,
    ms: 0.001,
  };
  const order = Object.keys(units).filter((unit) => unit !== '');
  let rest = text;
  let last = -1;
  let us = 0;
  if (rest === '') return null;
  while (rest !== '') {
    const match = /^(\d{1,10})(ms|[yMwdhms]|)\s*/.exec(rest);
    if (!match) return null;
    const [all, amount = '', unit = ''] = match;
    const rank = unit === '' ? order.indexOf('s') : order.indexOf(unit);
    if (rank <= last || (unit === '' && all.length !== rest.length)) return null;
    last = rank;
    us += Number(amount) * units[unit]! * 1e6;
    rest = rest.slice(all.length);
  }
  // The clock of nginx counts milliseconds in 31 bits.
  return us / 1000 > 2_147_483_647 ? null : Math.round(us);
}

/** `16k`, `1m` in bytes. src/core/ngx_parse.c, ngx_parse_size(). */
function parseSize(text: string): number | null {
  const match = /^(\d{1,9})([kKmM]?)$/.exec(text);
  if (!match) return null;
  const factor = match[2] === '' ? 1 : match[2]!.toLowerCase() === 'k' ? 1024 : 1_048_576;
  const bytes = Number(match[1]) * factor;
  return bytes > 0 ? bytes : null;
}

/** Host and port of a `server` or `proxy_pass`; `null` without a port. */
function splitTarget(text: string): { host: string; port: number } | null {
  if (/^unix:/i.test(text)) return { host: text, port: 0 };
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  return match && port >= 1 && port <= 65_535 ? { host: match[1]!, port } : null;
}

function isAddress(host: string): boolean {
  return parseAddress(host) !== null || host.startsWith('[') || /^unix:/i.test(host);
}
