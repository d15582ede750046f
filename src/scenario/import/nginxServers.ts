// The `server` blocks of an nginx.conf: where they listen, and which upstream they pass to. nginx 1.22.1,
// src/stream/ngx_stream_core_module.c.
import type { NginxListenerOptions } from '../../models/balancer/nginx/options.ts';
import type { Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import { bothTakeIpv4, isIpv6, ownSocket, sameSocket, type Socket } from './nginxListeners.ts';
import { readProxySetting, type ProxySettings } from './nginxProxySettings.ts';
import type { Reading } from './nginxReading.ts';
import type { Directive, Word } from './nginxSyntax.ts';
import type { Upstreams } from './nginxUpstreams.ts';
import { parseTarget } from './nginxValues.ts';

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

  constructor(reading: Reading, upstreams: Upstreams) {
    this.#reading = reading;
    this.#upstreams = upstreams;
  }

  read(directive: Directive, defaults: ProxySettings): void {
    const settings = { ...defaults };
    const seen = new Set<string>();
    let pass: Word | undefined;
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
      } else if (!readProxySetting(this.#reading, inner, settings, seen)) this.#reading.other(inner, 'server');
    }
    // What is missing may stand in a line that a mistake has swallowed: then the mistake is enough.
    const complete = (): boolean => this.#reading.problems.length === before;
    if (listens.length === 0 && complete()) this.#reading.problem(directive.position, 'this server has no "listen".');
    const upstreamIndex = pass ? this.#upstreams.of(pass) : 0;
    const { length: first } = this.list;
    for (const listen of listens) this.#listen(listen, settings, upstreamIndex);
    this.#reading.unmodelled = null;
    for (let index = first; index < this.list.length; index++) this.problems[index]!.push(...unmodelled);
    if (!pass && complete()) this.#reading.problem(directive.position, 'this server has no "proxy_pass".');
  }

  #listen(directive: Directive, settings: ProxySettings, upstreamIndex: number): void {
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
      else if (
        !/^(bind|reuseport|default_server|deferred|ipv6only=on|(rcvbuf|sndbuf)=\d+[kKmM]?|fastopen=\d+|so_keepalive=.+|setfib=\d+|accept_filter=.+)$/.test(
          text,
        )
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
      this.list.push({ port, protocol, mappedAddresses: socket.dual, upstreamIndex, ...settings });
    }
  }

  /** May agents use this socket? */
  #reachable({ address, port, protocol, dual, position }: Socket): boolean {
    if (/^unix:/i.test(address)) {
      this.#reading.warn(position, 'agents cannot connect to a unix: socket; this listen is passed over.');
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
    if (protocol === 'udp') {
      this.#reading.warn(position, 'UDP sessions through nginx are not modelled; this listen is passed over.');
      return false;
    }
    const twin = this.list.findIndex((other) => other.port === port);
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
