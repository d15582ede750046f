// The `server` blocks of an nginx.conf: where they listen, and which upstream they pass to. nginx 1.22.1,
// src/stream/ngx_stream_core_module.c.
import { blockAt, blocksPassed, socketPath, upstreamsBehind } from '../../models/balancer/nginx/servers.ts';
import type { NginxListenerOptions } from '../../models/balancer/nginx/options.ts';
import type { SetOptions } from '../../models/balancer/nginx/variables.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import { bothTakeIpv4, isIpv6, ownSocket, sameSocket, type Socket } from './nginxListeners.ts';
import { readProxySetting, type ProxySettings } from './nginxProxySettings.ts';
import type { Reading } from './nginxReading.ts';
import { isSince } from './nginxReleases.ts';
import type { Directive, Word } from './nginxSyntax.ts';
import type { Upstreams } from './nginxUpstreams.ts';
import type { ServerFacts, Variables } from './nginxVariables.ts';
import { parseTarget, parseTime } from './nginxValues.ts';

/** `so_keepalive=30m::10`: idle time, interval and count, one of them at least. src/stream/ngx_stream_core_module.c. */
function isKeepalive(text: string): boolean {
  const [, idle = '', interval = '', count = ''] = /^so_keepalive=([^:]*):([^:]*)(?::(\d*))?$/.exec(text) ?? [];
  const isTime = (part: string): boolean => part === '' || parseTime(part, 'seconds') !== null;
  return idle + interval + count !== '' && isTime(idle) && isTime(interval) && count !== '0';
}

const unsaid = { proxyProtocol: false, tls: false, protocol: 'tcp', address: null } as const;

export class Servers {
  readonly list: NginxListenerOptions[] = [];
  /** Where each of them is written. */
  readonly positions: SourcePosition[] = [];
  /** What is not modelled of each. */
  readonly problems: Problem[][] = [];
  /** Sockets of all blocks of the file. */
  readonly sockets: Socket[] = [];
  readonly #reading: Reading;
  readonly #upstreams: Upstreams;

  readonly #variables: Variables;
  readonly #facts: ServerFacts[] = [];
  /** Where the `proxy_pass` of each is written. */
  readonly #passPositions: SourcePosition[] = [];

  constructor(reading: Reading, upstreams: Upstreams, variables: Variables) {
    this.#reading = reading;
    this.#upstreams = upstreams;
    this.#variables = variables;
  }

  read(directive: Directive, defaults: ProxySettings): void {
    const settings = { ...defaults };
    const seen = new Set<string>();
    let pass: Word | undefined;
    const sets: SetOptions[] = [];
    const listens: Directive[] = [];
    const block = this.#reading.block(directive, 0);
    if (directive.block === null) return;
    const before = this.#reading.problems.length;
    const unmodelled: Problem[] = [];
    this.#reading.unmodelled = unmodelled;
    for (const inner of block) {
      if (inner.name === 'listen') listens.push(inner);
      else if (inner.name === 'proxy_pass') {
        this.#reading.once(inner, seen);
        [pass] = this.#reading.args(inner, 1, 1);
      } else if (inner.name === 'set') {
        const set = this.#variables.readSet(inner);
        if (set) sets.push(set);
      } else if (!readProxySetting(this.#reading, inner, settings, seen)) this.#reading.other(inner, 'server', seen);
    }
    // What is missing may stand in a line that a mistake has swallowed: then the mistake is enough.
    const complete = (): boolean => this.#reading.problems.length === before;
    if (listens.length === 0 && complete()) this.#reading.problem(directive.position, 'this server has no "listen".');
    const { length: first } = this.list;
    const { length: firstSocket } = this.sockets;
    const way = this.#wayOf(pass, { ...unsaid, sets, preread: settings.preread });
    for (const listen of listens) this.#listen(listen, settings, way, sets, firstSocket);
    this.#reading.unmodelled = null;
    for (let index = first; index < this.list.length; index++) {
      this.problems[index]!.push(...unmodelled);
      this.#passPositions[index] = pass?.position ?? directive.position;
    }
    if (!pass && complete()) this.#reading.problem(directive.position, 'this server has no "proxy_pass".');
  }

  /** Where a `proxy_pass` leads. */
  #wayOf(pass: Word | undefined, facts: ServerFacts): Pick<NginxListenerOptions, 'upstreamIndex' | 'route'> {
    if (!pass) return { upstreamIndex: 0 };
    if (!pass.text.includes('$') || this.#upstreams.named(pass.text) >= 0) {
      return { upstreamIndex: this.#upstreams.of(pass) };
    }
    this.#variables.note(pass, 'proxy_pass');
    const upstreams = this.#upstreams.routesOf(pass, facts);
    const route = { expression: pass.text, upstreams };
    if (upstreams[0]) return { upstreamIndex: upstreams[0][1], route };
    return { upstreamIndex: this.#upstreams.none(pass.text), route };
  }

  /** Once everything is read: what choosing for each listener needs of the variables. */
  resolveVariables(): void {
    this.list.forEach((listener, index) => {
      this.list[index] = this.#withVariables(listener, this.#facts[index]!);
    });
  }

  /** Once everything is read: where unix sockets lead. */
  checkSockets(): void {
    const { list: upstreams } = this.#upstreams;
    const options = { upstreams, sockets: this.onSockets() };
    const known = new Set<NginxListenerOptions>();
    upstreams.forEach(({ peers }, upstreamIndex) => {
      for (const peer of peers) {
        if (socketPath(peer.serverText) === null) continue;
        const block = blockAt(options, { address: peer.serverText });
        const position = this.#upstreams.serverPositions.get(`${upstreamIndex}/${peer.serverText}`) ?? null;
        if (block) known.add(block);
        if (block && peer.address !== peer.serverText) {
          const { line } = this.positions[this.list.indexOf(block)]!;
          this.#reading.problem(
            position,
            `this file itself listens on ${peer.serverText} (line ${line}), which is said to be ${peer.address} as well. Keep one of them.`,
          );
        } else if (
          block &&
          blocksPassed(options, block).some((each) => upstreamsBehind(each).includes(upstreamIndex))
        ) {
          this.#reading.problem(
            position,
            `${peer.serverText} leads back to upstream ${quote(upstreams[upstreamIndex]!.name)}.`,
          );
        } else if (block === null && peer.address === peer.serverText && this.#reading.input.listeners === 'agents') {
          this.#reading.warn(
            position!,
            `nobody is known to listen on ${peer.serverText}: every attempt there is refused. Let a server of this file listen on it, or give it to a node (names: ["${peer.serverText}"]).`,
          );
        }
      }
    });
    this.list.forEach((block, index) => {
      const sockets = upstreamsBehind(block).flatMap(
        (each) => upstreams[each]?.peers.map(({ serverText }) => serverText) ?? [],
      );
      const socket = sockets.find((text) => socketPath(text) !== null);
      if (block.protocol === 'udp' && socket !== undefined) {
        this.problems[index]!.push({
          position: this.positions[index]!,
          text: `datagrams to ${socket} are not modelled. Let UDP lead to addresses.`,
        });
      }
      if (block.path === undefined) return;
      if (!known.has(block)) {
        this.#reading.warn(
          this.positions[index]!,
          'agents cannot connect to a unix: socket, and no server of this file leads there; this listen is passed over.',
        );
      } else if (upstreamsBehind(block).some((each) => 'key' in (upstreams[each]?.method ?? {}))) {
        this.#reading.warn(
          this.positions[index]!,
          `everybody who comes over unix:${block.path} has the same address (unix:), so that the hash behind it takes one server for all.`,
        );
      }
    });
  }

  passingTo(index: number, upstreamIndex: number): NginxListenerOptions {
    const { route, ...listener } = this.list[index]!;
    if (route === undefined && listener.upstreamIndex === upstreamIndex) return listener;
    return this.#withVariables({ ...listener, upstreamIndex }, this.#facts[index]!);
  }

  #withVariables(listener: NginxListenerOptions, facts: ServerFacts): NginxListenerOptions {
    const { route } = listener;
    const keys = upstreamsBehind(listener).flatMap((each) => {
      const method = this.#upstreams.list[each]?.method;
      return method && 'key' in method ? [method.key] : [];
    });
    const { variables, sets } = this.#variables.needed(route ? [route.expression, ...keys] : keys, facts);
    return variables.length === 0 && sets.length === 0 ? listener : { ...listener, variables, sets };
  }

  /** Those on unix sockets. */
  onSockets(): readonly NginxListenerOptions[] {
    return this.list.filter(({ path }) => path !== undefined);
  }

  /** @param upstreamIndex another upstream than where it leads. */
  problemsOf(index: number, upstreamIndex?: number): readonly Problem[] {
    const { list: upstreams } = this.#upstreams;
    const options = { upstreams, sockets: this.onSockets() };
    const own = this.list[index]!;
    const first = upstreamIndex === undefined ? own : this.passingTo(index, upstreamIndex);
    const behind = blocksPassed(options, first).filter((block) => block !== first);
    return [
      ...this.#ownProblems(index, upstreamIndex),
      ...behind.flatMap((block) => this.#ownProblems(this.list.indexOf(block))),
    ];
  }

  #ownProblems(index: number, upstreamIndex?: number): readonly Problem[] {
    const listener = this.list[index]!;
    const facts = this.#facts[index]!;
    const problems = [...this.problems[index]!];
    const unknown = (expression: string, position: SourcePosition, what: string): void => {
      for (const why of this.#variables.needed([expression], facts).problems) {
        problems.push({ position, text: `${what}: ${why}, which is not known.` });
      }
    };
    if (upstreamIndex === undefined && listener.route) {
      unknown(listener.route.expression, this.#passPositions[index]!, 'proxy_pass');
    }
    for (const each of upstreamIndex === undefined ? upstreamsBehind(listener) : [upstreamIndex]) {
      const method = this.#upstreams.list[each]?.method;
      if (method && 'key' in method) unknown(method.key, this.#upstreams.keyPositions.get(each)!, 'hash');
      problems.push(...(this.#upstreams.problems[each] ?? []));
    }
    return problems;
  }

  #listen(
    directive: Directive,
    { preread, requests, responses, ...settings }: ProxySettings,
    way: Pick<NginxListenerOptions, 'upstreamIndex' | 'route'>,
    sets: readonly SetOptions[],
    firstSocket: number,
  ): void {
    const [word, ...parameters] = this.#reading.args(directive, 1, Infinity);
    if (!word) return;
    let protocol: 'tcp' | 'udp' = 'tcp';
    let dual = false;
    for (const parameter of parameters) {
      const { text, position } = parameter;
      if (text === 'udp') protocol = 'udp';
      else if (text === 'ipv6only=off') dual = true;
      else if (text === 'ssl' || text === 'proxy_protocol') {
        this.#reading.matters(text, position, `listen … ${text}: agents do not speak it on their events port`);
      } else if (/^backlog=0*[1-9]\d*$/.test(text)) this.#reading.harmless('listen … backlog', position);
      else if (/^(default_server|deferred|multipath|setfib=\d+|accept_filter=.+)$/.test(text)) {
        this.#reading.knows(`listen ${text.split('=')[0]!}`, position);
      } else if (
        !/^(bind|reuseport|ipv6only=on|(rcvbuf|sndbuf)=\d+[kKmM]?|fastopen=\d+|so_keepalive=(on|off))$/.test(text) &&
        !isKeepalive(text)
      ) {
        this.#reading.unknownParameter(directive, parameter, 0);
      }
    }
    const target = parseTarget(word.text, 'listen');
    if (typeof target === 'string' || target.ports === null) {
      const reason = typeof target === 'string' ? target : 'no port';
      this.#reading.problem(word.position, `listen takes a port or address:port, got ${quote(word.text)} (${reason}).`);
      return;
    }
    const address = target.address ?? target.host;
    const [first, last] = target.ports;
    const bound = parameters.some(({ text }) => ownSocket.test(text));
    const isDefault = parameters.some(({ text }) => text === 'default_server');
    const before = isDefault ? 0 : firstSocket;
    for (let port = first; port <= last; port++) {
      const socket: Socket = {
        address,
        port,
        protocol,
        bound,
        dual: dual && address === '::',
        position: word.position,
      };
      const twice = this.sockets.find((other) => sameSocket(socket, other) || bothTakeIpv4(socket, other));
      if (twice && this.#isByName(twice, socket, before)) {
        this.#reading.warn(word.position, 'only clients that name it in TLS reach this server; it is passed over.');
        return;
      }
      if (twice) {
        const { file, line } = twice.position;
        const where = file === word.position.file ? `line ${line}` : `${file}:${line}`;
        this.#reading.problem(word.position, `${word.text} is listened on already (${where}). Keep one of them.`);
        return;
      }
      this.sockets.push(socket);
      if (!this.#reachable(socket)) return;
      this.positions.push(word.position);
      this.problems.push([]);
      const has = (text: string): boolean => parameters.some((parameter) => parameter.text === text);
      this.#facts.push({
        sets,
        preread,
        proxyProtocol: has('proxy_protocol'),
        tls: has('ssl'),
        protocol,
        address: this.#addressOf(socket),
      });
      // Changes of nginx 1.23.0: no empty datagram for an ICMP error.
      const passesErrors = !isSince(this.#reading.version, '1.23.0');
      const datagrams = protocol === 'udp' ? { datagrams: { requests, responses, passesErrors } } : {};
      const path = socketPath(address);
      const place = path === null ? { port } : { port, path };
      this.list.push({ ...place, protocol, mappedAddresses: socket.dual, ...way, ...settings, ...datagrams });
    }
  }

  /** `$server_addr`; `null`: not known. */
  #addressOf({ address, dual }: Socket): string | null {
    if (address !== '*' && address !== '0.0.0.0' && address !== '::') return address;
    const own = this.#reading.input.address ?? null;
    return own !== null && dual && !own.includes(':') ? `::ffff:${own}` : own;
  }

  /** From 1.25.5 several servers may share a socket. Who speaks no TLS gets the first. @param before sockets of servers above. */
  #isByName(twice: Socket, socket: Socket, before: number): boolean {
    const isAbove = this.sockets.indexOf(twice) < before;
    return isAbove && sameSocket(twice, socket) && isSince(this.#reading.version, '1.25.5');
  }

  /** May agents use this socket? */
  #reachable({ address, port, protocol, dual, position }: Socket): boolean {
    if (socketPath(address) !== null) {
      if (protocol === 'tcp') return true;
      this.#reading.warn(position, 'datagrams over a unix: socket are not modelled; this listen is passed over.');
      return false;
    }
    if (this.#reading.input.listeners === 'all') return true;
    if (isIpv6(address) && !dual) {
      this.#reading.warn(
        position,
        'agents have IPv4 addresses and do not reach this IPv6 listener; it is passed over.',
      );
      return false;
    }
    const twin = this.list.findIndex((other) => other.port === port && other.protocol === protocol);
    if (twin >= 0) {
      this.problems[twin]!.push({
        position,
        text: `a second server listens on ${port}, on another address. The simulation tells servers by their port: let them differ.`,
      });
      return false;
    }
    return true;
  }

  /** @returns false when the directive is none of the proxy module's. */
}
