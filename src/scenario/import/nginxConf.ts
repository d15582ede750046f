// nginx.conf → the options of the balancer. Directives and limits: nginx 1.22.1, src/stream/ngx_stream_{core,upstream,proxy,
// upstream_hash,upstream_least_conn,upstream_zone}_module.c, src/event/ngx_event.c, src/core/nginx.c.
import { parseKey } from '../../models/balancer/nginx/clientKey.ts';
import { pointsPerWeight } from '../../models/balancer/nginx/hashConsistent.ts';
import { peerDefaults } from '../../models/balancer/nginx/options.ts';
import type {
  NginxListenerOptions,
  NginxMethod,
  NginxOptions,
  NginxPeerOptions,
  NginxUpstreamOptions,
} from '../../models/balancer/nginx/options.ts';
import { nearest, ScenarioError, type Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { quote } from '../wording.ts';
import { choosesNothing, harmless, modelled, notModelled, refused, silent, type Context } from './nginxDirectives.ts';
import { bothTakeIpv4, countSockets, isIpv6, ownSocket, sameSocket, socketsOf, type Socket } from './nginxListeners.ts';
import { readDirectives, type Directive, type ReadInclude, type Word } from './nginxSyntax.ts';
import { parseSize, parseTarget, parseTime, type Target } from './nginxValues.ts';

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
  /** `agents`: those that simulated agents can use, over TCP and IPv4, one a port; `all`: `assign` only asks for a choice. */
  readonly listeners: 'agents' | 'all';
}

export interface NginxConf {
  readonly options: NginxOptions;
  readonly warnings: readonly Warning[];
  /** Directives passed over because the user said so, with the reason. */
  readonly assumed: readonly string[];
  /** Where each `server` text of each upstream stands, by `upstream index/server text`. */
  readonly serverPositions: ReadonlyMap<string, SourcePosition>;
  readonly listenPositions: readonly SourcePosition[];
  /**
   * What is not modelled of a listener, or of the upstream it passes to. A mistake only for who uses it: the balancer of the
   * agents may serve a dashboard as well.
   * @param upstreamIndex another upstream than the listener's.
   */
  readonly problemsOf: (listenerIndex: number, upstreamIndex?: number) => readonly Problem[];
  /** `nginx hash $remote_addr consistent`. */
  readonly description: (listenerIndex: number) => string;
}

/** How a scenario says what `worker_processes auto` counts. */
export const givesCpus = 'give the balancer `cpus: 4`';

/** @throws ScenarioError with every mistake of the file and of what it includes. */
export function readNginxConf(input: NginxConfInput): NginxConf {
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  const top = readDirectives(input.file, input.text, input.readInclude, problems, warnings);
  const conf = new ConfReader(input, problems, warnings).read(top);
  if (problems.length === 0) return conf;
  // Who uses which listener cannot be asked any more; on the ports of agents it will be they.
  const { listeners } = conf.options;
  const agents = listeners.flatMap(({ port }, index) => (port === 1514 || port === 1515 ? conf.problemsOf(index) : []));
  throw new ScenarioError(input.file, sorted([...new Set([...problems, ...agents])], input.file));
}

/** The file itself first, then what it includes. */
function sorted(problems: readonly Problem[], file: string): Problem[] {
  const name = ({ position }: Problem): string => (position === null || position.file === file ? '' : position.file);
  return [...problems].sort((a, b) => {
    if (name(a) !== name(b)) return name(a) < name(b) ? -1 : 1;
    const [lineA, lineB] = [a.position?.line ?? 0, b.position?.line ?? 0];
    return lineA - lineB || (a.position?.column ?? 0) - (b.position?.column ?? 0);
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

// nginx knows no limit but memory: 16 bytes a point of the ring, here 8.
const largestRing = 16_000_000;

// src/stream/ngx_stream_upstream_zone_module.c, ngx_stream_upstream_zone(): eight pages.
const smallestZone = 8 * 4096;

class ConfReader {
  readonly #input: NginxConfInput;
  readonly #problems: Problem[];
  readonly #warnings: Warning[];
  readonly #named = new Set<string>();
  readonly #assumed: string[] = [];
  readonly #upstreams: NginxUpstreamOptions[] = [];
  readonly #listeners: NginxListenerOptions[] = [];
  readonly #listenPositions: SourcePosition[] = [];
  readonly #listenProblems: Problem[][] = [];
  readonly #upstreamProblems: Problem[][] = [];
  /** What is not modelled in the block that is being read; `null`: outside of server and upstream blocks. */
  #unmodelled: Problem[] | null = null;
  readonly #serverPositions = new Map<string, SourcePosition>();
  readonly #sockets: Socket[] = [];
  readonly #zones = new Map<string, { sized: boolean; position: SourcePosition }>();
  #workerConnections = 512; // src/event/ngx_event.c, DEFAULT_CONNECTIONS

  constructor(input: NginxConfInput, problems: Problem[], warnings: Warning[]) {
    this.#input = input;
    this.#problems = problems;
    this.#warnings = warnings;
  }

  read(top: readonly Directive[]): NginxConf {
    const syntaxIsBroken = this.#problems.length > 0;
    const seen = new Set<string>();
    let workers = 1;
    let openFiles: Directive | null = null;
    let connectionsAt: SourcePosition | null = null;
    const streams = top.filter(({ name }) => name === 'stream');
    for (const directive of top) {
      const { name, position, block } = directive;
      switch (name) {
        case 'stream':
          break;
        case 'events':
          this.#once(directive, seen);
          for (const inner of this.#block(directive, 0)) {
            if (inner.name === 'worker_connections') {
              this.#once(inner, seen);
              this.#workerConnections = this.#number(inner, 1, 10_000_000) ?? this.#workerConnections;
              connectionsAt = inner.position;
            } else this.#other(inner, 'events');
          }
          break;
        case 'worker_processes':
          this.#once(directive, seen);
          workers = this.#workers(directive) ?? workers;
          break;
        case 'worker_rlimit_nofile':
          this.#once(directive, seen);
          openFiles = directive;
          break;
        case 'upstream':
        case 'server':
        case 'listen':
        case 'proxy_pass':
        case 'hash':
        case 'random':
        case 'least_conn':
          this.#problem(position, `${name} belongs into a "stream" block.`);
          break;
        default:
          if (name === 'http' || name === 'mail') this.#sockets.push(...socketsOf(block ?? []));
          this.#other(directive, 'main');
      }
    }
    if (openFiles && (this.#number(openFiles, 1, 1_000_000_000) ?? Infinity) < this.#workerConnections) {
      this.#notModelled(openFiles);
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
    if (!seen.has('events') && streams[0]) {
      this.#warn(streams[0].position, 'there is no "events" block, without which nginx does not start.');
    }
    const listeningSockets = countSockets(this.#sockets);
    if (this.#workerConnections < listeningSockets + 1) {
      this.#problem(
        connectionsAt ?? streams[0]?.position ?? null,
        `${this.#workerConnections} worker_connections are not enough for ${listeningSockets} listening sockets.`,
      );
    }
    return {
      options: {
        workers,
        workerConnections: this.#workerConnections,
        listeningSockets,
        listeners: this.#listeners,
        upstreams: this.#upstreams,
      },
      warnings: this.#warnings,
      assumed: this.#assumed,
      serverPositions: this.#serverPositions,
      listenPositions: this.#listenPositions,
      problemsOf: (index, upstreamIndex = this.#listeners[index]!.upstreamIndex) =>
        sorted([...this.#listenProblems[index]!, ...(this.#upstreamProblems[upstreamIndex] ?? [])], this.#input.file),
      description: (index) => `nginx ${methodText(this.#upstreams[this.#listeners[index]!.upstreamIndex]!.method)}`,
    };
  }

  #workers(directive: Directive): number | null {
    const [value] = this.#args(directive, 1, 1);
    if (value?.text !== 'auto') return this.#number(directive, 1, 1024);
    if (this.#input.cpus === null) {
      this.#problem(value.position, `worker_processes auto needs the number of processors: ${givesCpus}.`);
    }
    return this.#input.cpus;
  }

  // ---------------------------------------------------------------------------------------------------------------- blocks

  #stream(stream: Directive, syntaxIsBroken: boolean): void {
    const block = this.#block(stream, 0);
    const defaults = { ...proxyDefaults };
    const seen = new Set<string>();
    for (const directive of block) {
      if (directive.name === 'upstream') this.#upstream(directive);
      else if (directive.name !== 'server' && !this.#proxySetting(directive, defaults, seen)) {
        this.#other(directive, 'stream');
      }
    }
    for (const [name, { sized, position }] of this.#zones) {
      if (!sized) this.#problem(position, `zone ${quote(name)} has no size. Write zone ${name} 64k.`);
    }
    const servers = block.filter(({ name }) => name === 'server');
    for (const server of servers) this.#server(server, defaults);
    const udp = this.#sockets.find(({ protocol }) => protocol === 'udp');
    if (udp && this.#listeners.length === 0) {
      this.#problem(
        udp.position,
        'UDP sessions through nginx are not modelled. Use TCP, or let agents connect to the nodes.',
      );
    }
    if (servers.length === 0 && !syntaxIsBroken) {
      this.#problem(stream.position, 'the "stream" block has no "server" block: nothing listens for agents.');
    }
  }

  #upstream(directive: Directive): void {
    const block = this.#block(directive, 1);
    const name = directive.args[0];
    if (!name || directive.block === null) return;
    const known = this.#upstreamNamed(name.text);
    if (known >= 0)
      this.#problem(name.position, `a second upstream ${quote(name.text)}. Names of upstreams must differ.`);
    const peers: NginxPeerOptions[] = [];
    const index = this.#upstreams.length;
    let method: NginxMethod = { kind: 'roundRobin' };
    let chosen: Directive | null = null;
    let zone = false;
    const before = this.#problems.length;
    const unmodelled: Problem[] = [];
    this.#unmodelled = unmodelled;
    for (const inner of block) {
      switch (inner.name) {
        case 'server':
          if (inner.block !== null) {
            this.#problem(
              inner.position,
              `a server block inside upstream ${quote(name.text)}. Is a "}" missing above?`,
            );
            break;
          }
          // src/stream/ngx_stream_upstream_{hash,random}_module.c: they take the right to backup servers from the lines below.
          peers.push(...this.#peer(inner, index, chosen !== null && chosen.name !== 'least_conn' ? chosen.name : null));
          break;
        case 'hash':
        case 'random':
        case 'least_conn':
          if (chosen) {
            this.#warn(
              inner.position,
              `a second method beside ${chosen.name} in line ${chosen.position.line}; this one counts.`,
            );
          }
          chosen = inner;
          method = this.#method(inner);
          break;
        case 'zone':
          this.#zone(inner);
          zone = true;
          break;
        default:
          this.#other(inner, 'upstream');
      }
    }
    this.#unmodelled = null;
    if (peers.length === 0 && this.#problems.length === before) {
      this.#problem(directive.position, `upstream ${quote(name.text)} has no server.`);
    } else if (peers.length > 0 && peers.every(({ backup }) => backup)) {
      this.#problem(directive.position, `upstream ${quote(name.text)} has only backup servers.`);
    }
    const points = peers.reduce((sum, { weight }) => sum + weight, 0) * pointsPerWeight;
    if (method.kind === 'hashConsistent' && points > largestRing) {
      this.#problem(
        directive.position,
        `the weights of upstream ${quote(name.text)} make a ring of ${points} points, more than ${largestRing}. Divide the weights.`,
      );
    }
    this.#upstreams.push({ name: name.text, method, peers, zone });
    this.#upstreamProblems[index] = unmodelled;
  }

  /** Case does not matter. src/stream/ngx_stream_upstream.c, ngx_stream_upstream_add(). */
  #upstreamNamed(text: string): number {
    return this.#upstreams.findIndex(({ name }) => name.toLowerCase() === text.toLowerCase());
  }

  #zone(directive: Directive): void {
    const [name, size] = this.#args(directive, 1, 2);
    if (!name) return;
    const bytes = size ? parseSize(size.text) : null;
    if (name.text === '') this.#problem(name.position, 'a zone has a name. Write zone cluster 64k.');
    else if (size && bytes === null) {
      this.#problem(size.position, `zone takes a size such as 64k, got ${quote(size.text)}.`);
    } else if (bytes !== null && bytes < smallestZone) {
      this.#problem(size!.position, `zone ${quote(name.text)} is too small: nginx wants 32k at least.`);
    }
    const sized = size !== undefined || (this.#zones.get(name.text)?.sized ?? false);
    this.#zones.set(name.text, { sized, position: directive.position });
  }

  #method(directive: Directive): NginxMethod {
    switch (directive.name) {
      case 'hash':
        return this.#hash(directive);
      case 'random':
        return this.#random(directive);
      default:
        this.#args(directive, 0, 0);
        return { kind: 'leastConn' };
    }
  }

  #random(directive: Directive): NginxMethod {
    const [two, method] = this.#args(directive, 0, 2);
    if (two && two.text !== 'two') {
      this.#problem(two.position, `unknown parameter ${quote(two.text)} of random. Write "two", or nothing.`);
    }
    if (method && method.text !== 'least_conn') {
      const later = method.text.startsWith('least_time');
      const why = later ? 'is part of the commercial product' : 'is unknown';
      this.#problem(method.position, `random two ${quote(method.text)} ${why}. Write least_conn, or nothing.`);
    }
    return { kind: 'random', two: two !== undefined };
  }

  #hash(directive: Directive): NginxMethod {
    const [key, consistent] = this.#args(directive, 1, 2);
    if (consistent && consistent.text !== 'consistent') {
      this.#problem(
        consistent.position,
        `unknown parameter ${quote(consistent.text)} of hash. Write "consistent", or nothing.${missingSemicolon(directive, consistent)}`,
      );
    }
    if (!key) return { kind: 'roundRobin' };
    const parts = parseKey(key.text);
    if (typeof parts === 'string') this.#problem(key.position, `hash: ${parts}.`);
    return { kind: consistent ? 'hashConsistent' : 'hash', key: key.text };
  }

  #peer(directive: Directive, upstreamIndex: number, above: string | null): NginxPeerOptions[] {
    const [target, ...parameters] = this.#args(directive, 1, Infinity);
    if (!target) return [];
    const peer = { ...peerDefaults };
    for (const word of parameters) {
      const { text, position } = word;
      const [, name = text, value] = /^(weight|max_fails|max_conns|fail_timeout)=(.*)$/s.exec(text) ?? [];
      const whole = (least: number): number => {
        if (/^\d+$/.test(value!) && Number(value) >= least && Number(value) <= 1_000_000_000) return Number(value);
        this.#problem(position, `${name} takes a whole number from ${least}, got ${quote(value!)}.`);
        return least;
      };
      switch (value === undefined ? text : name) {
        case 'weight':
          peer.weight = value === undefined ? this.#unknownParameter(directive, word, 1) : whole(1);
          break;
        case 'max_fails':
          peer.maxFails = value === undefined ? this.#unknownParameter(directive, word, 1) : whole(0);
          break;
        case 'max_conns':
          peer.maxConns = value === undefined ? this.#unknownParameter(directive, word, 0) : whole(0);
          break;
        case 'fail_timeout': {
          const us = parseTime(value ?? '', 'seconds');
          if (us === null) {
            this.#problem(position, `fail_timeout takes whole seconds such as 10s, got ${quote(value ?? '')}.`);
          } else peer.failTimeoutSeconds = us / 1_000_000;
          break;
        }
        case 'down':
          peer.down = true;
          break;
        case 'backup':
          if (above) {
            this.#problem(position, `the ${above} method above takes no backup server. Remove "backup".`);
          }
          peer.backup = true;
          break;
        case 'resolve':
        case 'drain':
          this.#problem(position, `${text} is not part of nginx 1.22 in stream, and not modelled. Remove it.`);
          break;
        default:
          if (/^(service|slow_start|route)=/.test(text)) {
            this.#problem(
              position,
              `${text.split('=')[0]!} is not part of nginx 1.22 in stream, and not modelled. Remove it.`,
            );
          } else this.#unknownParameter(directive, word, 0);
      }
    }
    const to = this.#target(target);
    if (to === null) return [];
    this.#serverPositions.set(`${upstreamIndex}/${target.text}`, target.position);
    return this.#addressesOf(to).map((address) => ({ serverText: target.text, address, port: to.ports![0], ...peer }));
  }

  /** A target with one port, or `null` after a message. */
  #target({ text, position }: Word): Target | null {
    const target = parseTarget(text, 'connect');
    if (typeof target === 'string') this.#problem(position, `${target} in ${quote(text)}. Write host:1514.`);
    else if (target.ports === null) this.#problem(position, `no port in ${quote(text)}. Write host:1514.`);
    else return target;
    return null;
  }

  #addressesOf({ host, address }: Target): readonly string[] {
    return address !== null ? [address] : (this.#input.resolve(host) ?? [host]);
  }

  #server(directive: Directive, defaults: ProxySettings): void {
    const settings = { ...defaults };
    const seen = new Set<string>();
    let pass: Word | undefined;
    const listens: Directive[] = [];
    const block = this.#block(directive, 0);
    if (directive.block === null) return;
    const before = this.#problems.length;
    const unmodelled: Problem[] = [];
    this.#unmodelled = unmodelled;
    for (const inner of block) {
      if (inner.name === 'listen') listens.push(inner);
      else if (inner.name === 'proxy_pass') {
        this.#once(inner, seen);
        [pass] = this.#args(inner, 1, 1);
      } else if (!this.#proxySetting(inner, settings, seen)) this.#other(inner, 'server');
    }
    // What is missing may stand in a line that a mistake has swallowed: then the mistake is enough.
    const complete = (): boolean => this.#problems.length === before;
    if (listens.length === 0 && complete()) this.#problem(directive.position, 'this server has no "listen".');
    const upstreamIndex = pass ? this.#upstreamOf(pass) : 0;
    const { length: first } = this.#listeners;
    for (const listen of listens) this.#listen(listen, settings, upstreamIndex);
    this.#unmodelled = null;
    for (let index = first; index < this.#listeners.length; index++) this.#listenProblems[index]!.push(...unmodelled);
    if (!pass && complete()) this.#problem(directive.position, 'this server has no "proxy_pass".');
  }

  #upstreamOf(pass: Word): number {
    const known = this.#upstreamNamed(pass.text);
    if (known >= 0) return known;
    if (pass.text.includes('$')) {
      this.#unmodelled!.push({
        position: pass.position,
        text: 'proxy_pass with variables is not modelled. Name an upstream.',
      });
      this.#upstreams.push({ name: pass.text, method: { kind: 'roundRobin' }, zone: false, peers: [] });
      return this.#upstreams.length - 1;
    }
    const named = this.#upstreamNamed(pass.text.replace(/:\d*$/, ''));
    if (named >= 0) {
      this.#problem(
        pass.position,
        `upstream ${quote(this.#upstreams[named]!.name)} may not have a port. Leave it out.`,
      );
      return named;
    }
    const target = parseTarget(pass.text, 'connect');
    if (typeof target !== 'string' && target.ports === null) {
      const names = this.#upstreams.map(({ name }) => name);
      const guess = nearest(pass.text, names);
      this.#problem(
        pass.position,
        `there is no upstream ${quote(pass.text)}, and no port in it.${guess ? ` Did you mean ${guess}?` : ' Add the upstream, or write host:port.'}`,
      );
      return 0;
    }
    const to = this.#target(pass);
    if (to === null) return 0;
    const index = this.#upstreams.length;
    this.#serverPositions.set(`${index}/${pass.text}`, pass.position);
    const peers = this.#addressesOf(to).map((address) => ({
      serverText: pass.text,
      address,
      port: to.ports![0],
      ...peerDefaults,
    }));
    this.#upstreams.push({ name: pass.text, method: { kind: 'roundRobin' }, zone: false, peers });
    return index;
  }

  #listen(directive: Directive, settings: ProxySettings, upstreamIndex: number): void {
    const [word, ...parameters] = this.#args(directive, 1, Infinity);
    if (!word) return;
    let protocol: 'tcp' | 'udp' = 'tcp';
    let dual = false;
    for (const parameter of parameters) {
      const { text, position } = parameter;
      if (text === 'udp') protocol = 'udp';
      else if (text === 'ipv6only=off') dual = true;
      else if (text === 'ssl' || text === 'proxy_protocol') {
        this.#matters(text, position, `listen … ${text}: agents do not speak it on their events port`);
      } else if (/^backlog=0*[1-9]\d*$/.test(text)) this.#harmless('listen … backlog', position);
      else if (
        !/^(bind|reuseport|default_server|deferred|ipv6only=on|(rcvbuf|sndbuf)=\d+[kKmM]?|fastopen=\d+|so_keepalive=.+|setfib=\d+|accept_filter=.+)$/.test(
          text,
        )
      ) {
        this.#unknownParameter(directive, parameter, 0);
      }
    }
    const target = parseTarget(word.text, 'listen');
    if (typeof target === 'string' || target.ports === null) {
      const reason = typeof target === 'string' ? target : 'no port';
      this.#problem(word.position, `listen takes a port or address:port, got ${quote(word.text)} (${reason}).`);
      return;
    }
    const address = target.address ?? target.host;
    const [first, last] = target.ports;
    const bound = parameters.some(({ text }) => ownSocket.test(text));
    for (let port = first; port <= last; port++) {
      const socket: Socket = {
        address,
        port,
        protocol,
        bound,
        dual: dual && address === '::',
        position: word.position,
      };
      const twice = this.#sockets.find((other) => sameSocket(socket, other) || bothTakeIpv4(socket, other));
      if (twice) {
        const { file, line } = twice.position;
        const where = file === word.position.file ? `line ${line}` : `${file}:${line}`;
        this.#problem(word.position, `${word.text} is listened on already (${where}). Keep one of them.`);
        return;
      }
      this.#sockets.push(socket);
      if (!this.#reachable(socket)) return;
      this.#listenPositions.push(word.position);
      this.#listenProblems.push([]);
      this.#listeners.push({ port, protocol, mappedAddresses: socket.dual, upstreamIndex, ...settings });
    }
  }

  /** May agents use this socket? */
  #reachable({ address, port, protocol, dual, position }: Socket): boolean {
    if (/^unix:/i.test(address)) {
      this.#warn(position, 'agents cannot connect to a unix: socket; this listen is passed over.');
      return false;
    }
    if (this.#input.listeners === 'all') return true;
    if (isIpv6(address) && !dual) {
      this.#warn(position, 'agents have IPv4 addresses and do not reach this IPv6 listener; it is passed over.');
      return false;
    }
    if (protocol === 'udp') {
      this.#warn(position, 'UDP sessions through nginx are not modelled; this listen is passed over.');
      return false;
    }
    const twin = this.#listeners.findIndex((other) => other.port === port);
    if (twin >= 0) {
      this.#listenProblems[twin]!.push({
        position,
        text: `a second server listens on ${port}, on another address. The simulation tells servers by their port: let them differ.`,
      });
      return false;
    }
    return true;
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
        settings.nextUpstreamTries = this.#number(directive, 0, 1_000_000_000) ?? settings.nextUpstreamTries;
        return true;
      case 'proxy_next_upstream':
        this.#once(directive, seen);
        settings.nextUpstream = this.#flag(directive) ?? settings.nextUpstream;
        return true;
      case 'proxy_downstream_buffer':
      case 'proxy_upstream_buffer':
      case 'proxy_buffer_size': {
        if (name !== 'proxy_buffer_size') {
          this.#warn(directive.position, `${name} is an old name of proxy_buffer_size.`);
        }
        this.#once({ ...directive, name: 'proxy_buffer_size' }, seen);
        const [value] = this.#args(directive, 1, 1);
        const bytes = value ? parseSize(value.text) : null;
        if (value && (bytes === null || bytes === 0)) {
          this.#problem(value.position, `${name} takes a size such as 16k, got ${quote(value.text)}.`);
        }
        settings.proxyBufferBytes = bytes ?? settings.proxyBufferBytes;
        return true;
      }
      case 'proxy_protocol':
      case 'proxy_ssl':
        this.#once(directive, seen);
        if (this.#flag(directive) === true) this.#notModelled(directive);
        return true;
      case 'proxy_download_rate':
      case 'proxy_upload_rate': {
        this.#once(directive, seen);
        const [value] = this.#args(directive, 1, 1);
        if (value && value.text !== '0') this.#notModelled(directive);
        return true;
      }
      default:
        return false;
    }
  }

  // --------------------------------------------------------------------------------------------------------------- helpers

  #problem(position: SourcePosition | null, text: string): void {
    this.#problems.push({ position, text });
  }

  #warn(position: SourcePosition, text: string): void {
    this.#warnings.push({ position, text });
  }

  #unknownParameter(directive: Directive, word: Word, instead: number): number {
    const hint = missingSemicolon(directive, word);
    this.#problem(word.position, `unknown parameter ${quote(word.text)} of ${directive.name}.${hint}`);
    return instead;
  }

  /** Says once of each name that it does not change anything here. */
  #harmless(name: string, position: SourcePosition): void {
    if (this.#named.has(name)) return;
    this.#named.add(name);
    this.#warn(position, `${name} does not change what is simulated; it is passed over.`);
  }

  #notModelled({ name, position }: Directive): void {
    this.#matters(name, position, `${name} is not modelled: ${notModelled[name]!}`);
  }

  #matters(
    name: string,
    position: SourcePosition,
    why: string,
    problems: Problem[] = this.#unmodelled ?? this.#problems,
  ): void {
    const assumed = this.#input.assume.find(({ directive }) => directive === name);
    if (assumed) {
      const text = `${name} is passed over: ${assumed.because}`;
      if (!this.#assumed.includes(text)) this.#assumed.push(text);
      return;
    }
    if (this.#input.listeners === 'agents') {
      const mend = `say in the scenario why it does not matter: assume: [{ directive: ${name}, because: … }]`;
      problems.push({ position, text: `${why}. Remove it, or ${mend}.` });
    } else if (choosesNothing.has(name)) this.#harmless(name, position);
    else problems.push({ position, text: `${why}. Remove it.` });
  }

  /** A directive that is not read: harmless, not modelled, or unknown. */
  #other(directive: Directive, context: Context): void {
    const { name, position, args } = directive;
    if (name === 'allow' && args[0]?.text === 'all') return;
    if (harmless[context].includes(name)) {
      if (!silent.has(name)) this.#harmless(name, position);
      return;
    }
    if (/^ssl_/.test(name) && (context === 'stream' || context === 'server')) {
      this.#harmless(name, position); // `listen … ssl` is what matters
      return;
    }
    if (/^proxy_ssl_/.test(name)) {
      this.#harmless(name, position); // `proxy_ssl on` is what matters
      return;
    }
    if (notModelled[name] !== undefined) {
      this.#notModelled(directive);
      return;
    }
    const reason = refused[name];
    if (reason !== undefined) {
      this.#problem(position, `nginx 1.22 refuses ${name} here: it ${reason}.`);
      return;
    }
    const guess = nearest(name, [...modelled[context], ...harmless[context], ...Object.keys(notModelled)]);
    const unknown = `unknown directive ${quote(name)}${guess ? `. Did you mean ${guess}?` : ''}`;
    // nginx would not start with it, whoever uses the block it stands in.
    this.#matters(name, position, unknown, this.#problems);
  }

  #once(directive: Directive, seen: Set<string>): void {
    if (seen.has(directive.name)) {
      this.#problem(directive.position, `a second ${directive.name} in this block. Keep one.`);
    }
    seen.add(directive.name);
  }

  /** What stands in the braces of a directive that has them. */
  #block(directive: Directive, args: 0 | 1): readonly Directive[] {
    const { name, position, block } = directive;
    if (block === null) this.#problem(position, `${name} takes ${args === 1 ? 'a name and ' : ''}a block in braces.`);
    else if (directive.args.length !== args) {
      const wanted = args === 0 ? 'nothing' : 'one name';
      this.#problem(position, `${name} takes ${wanted} before its block, got ${directive.args.length} words.`);
    }
    return block ?? [];
  }

  #args(directive: Directive, least: number, most: number): readonly Word[] {
    const { name, position, args, block } = directive;
    if (block !== null) this.#problem(position, `${name} takes no block. End it with ";".`);
    if (args.length >= least && args.length <= most) return args;
    const wanted = least === most ? String(least) : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    const hint = args.length > most ? missingSemicolon(directive, args[most]!) : '';
    this.#problem(position, `${name} takes ${wanted} value${wanted === '1' ? '' : 's'}, got ${args.length}.${hint}`);
    return args.slice(0, most);
  }

  #number(directive: Directive, least: number, most: number): number | null {
    const [value] = this.#args(directive, 1, 1);
    if (!value) return null;
    const number = /^\d+$/.test(value.text) ? Number(value.text) : -1;
    if (number >= least && number <= most) return number;
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
    const us = parseTime(value.text, 'milliseconds');
    if (us === null)
      this.#problem(value.position, `${directive.name} takes a time such as 60s, got ${quote(value.text)}.`);
    return us;
  }
}

function methodText(method: NginxMethod): string {
  switch (method.kind) {
    case 'hashConsistent':
      return `hash ${method.key} consistent`;
    case 'hash':
      return `hash ${method.key}`;
    case 'leastConn':
      return 'least_conn';
    case 'random':
      return method.two ? 'random two' : 'random';
    case 'roundRobin':
      return 'round robin';
    default:
      return method satisfies never;
  }
}

/** A word too many that stands in a later line than the one before it was meant to begin a directive. */
function missingSemicolon({ position, args }: Directive, word: Word): string {
  const before = args[args.indexOf(word) - 1]?.position ?? position;
  if (before.file !== word.position.file || before.line === word.position.line) return '';
  return ` Is a ";" missing at the end of line ${before.line}?`;
}
