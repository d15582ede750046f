// The `upstream` blocks of an nginx.conf, and what a `proxy_pass` names. nginx 1.22.1, src/stream/ngx_stream_upstream.c,
// ngx_stream_upstream_{hash,least_conn,random,zone}_module.c.
import { pointsPerWeight } from '../../models/balancer/nginx/hashConsistent.ts';
import { peerDefaults } from '../../models/balancer/nginx/options.ts';
import { socketPath } from '../../models/balancer/nginx/servers.ts';
import type { NginxMethod, NginxPeerOptions, NginxUpstreamOptions } from '../../models/balancer/nginx/options.ts';
import { nearest, type Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';
import { missingSemicolon, type Reading } from './nginxReading.ts';
import type { Directive, Word } from './nginxSyntax.ts';
import type { ServerFacts, Variables } from './nginxVariables.ts';
import { parseSize, parseTarget, parseTime, type Target } from './nginxValues.ts';

// nginx knows no limit but memory: 16 bytes a point of the ring, here 8.
const largestRing = 16_000_000;

// src/stream/ngx_stream_upstream_zone_module.c, ngx_stream_upstream_zone(): eight pages.
const smallestZone = 8 * 4096;

export class Upstreams {
  readonly list: NginxUpstreamOptions[] = [];
  /** What is not modelled of each. */
  readonly problems: Problem[][] = [];
  /** Where each `server` text of each upstream stands, by `upstream index/server text`. */
  readonly serverPositions = new Map<string, SourcePosition>();
  readonly #reading: Reading;
  readonly #zones = new Map<string, { sized: boolean; position: SourcePosition }>();

  readonly #variables: Variables;
  /** `resolve` in the block that is being read. */
  #resolving: { readonly position: SourcePosition }[] = [];
  /** Where the `hash` of each is written. */
  readonly keyPositions = new Map<number, SourcePosition>();

  constructor(reading: Reading, variables: Variables) {
    this.#reading = reading;
    this.#variables = variables;
  }

  read(directive: Directive): void {
    const block = this.#reading.block(directive, 1);
    const name = directive.args[0];
    if (!name || directive.block === null) return;
    const known = this.named(name.text);
    if (known >= 0)
      this.#reading.problem(name.position, `a second upstream ${quote(name.text)}. Names of upstreams must differ.`);
    const peers: NginxPeerOptions[] = [];
    const index = this.list.length;
    let method: NginxMethod = { kind: 'roundRobin' };
    let chosen: Directive | null = null;
    let zone = false;
    this.#resolving = [];
    const before = this.#reading.problems.length;
    const unmodelled: Problem[] = [];
    this.#reading.unmodelled = unmodelled;
    for (const inner of block) {
      switch (inner.name) {
        case 'server':
          if (inner.block !== null) {
            this.#reading.problem(
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
            this.#reading.warn(
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
        case 'resolver':
        case 'resolver_timeout':
          this.#reading.knows(`upstream ${inner.name}`, inner.position);
          break;
        default:
          this.#reading.other(inner, 'upstream', new Set());
      }
    }
    this.#reading.unmodelled = null;
    // src/stream/ngx_stream_upstream_round_robin.c, ngx_stream_upstream_init_round_robin().
    for (const { position } of zone ? [] : this.#resolving) {
      this.#reading.problem(
        position,
        `resolve needs a zone in upstream ${quote(name.text)}. Write zone ${name.text} 64k.`,
      );
    }
    if (zone && this.#resolving.length > 0) {
      const { position } = this.#resolving[0]!;
      this.#reading.warn(position, 'names keep their addresses for the whole run: resolve looks nothing up again.');
    }
    if (peers.length === 0 && this.#reading.problems.length === before) {
      this.#reading.problem(directive.position, `upstream ${quote(name.text)} has no server.`);
    } else if (peers.length > 0 && peers.every(({ backup }) => backup)) {
      this.#reading.problem(directive.position, `upstream ${quote(name.text)} has only backup servers.`);
    }
    const points = peers.reduce((sum, { weight }) => sum + weight, 0) * pointsPerWeight;
    if (method.kind === 'hashConsistent' && points > largestRing) {
      this.#reading.problem(
        directive.position,
        `the weights of upstream ${quote(name.text)} make a ring of ${points} points, more than ${largestRing}. Divide the weights.`,
      );
    }
    this.list.push({ name: name.text, method, peers, zone });
    this.problems[index] = unmodelled;
  }

  /** An upstream that is nowhere, for a server whose way is not known. */
  none(name: string): number {
    this.list.push({ name, method: { kind: 'roundRobin' }, zone: false, peers: [] });
    return this.list.length - 1;
  }

  /** Case does not matter. src/stream/ngx_stream_upstream.c, ngx_stream_upstream_add(). */
  named(text: string): number {
    return this.list.findIndex(({ name }) => name.toLowerCase() === text.toLowerCase());
  }

  #zone(directive: Directive): void {
    const [name, size] = this.#reading.args(directive, 1, 2);
    if (!name) return;
    const bytes = size ? parseSize(size.text) : null;
    if (name.text === '') this.#reading.problem(name.position, 'a zone has a name. Write zone cluster 64k.');
    else if (size && bytes === null) {
      this.#reading.problem(size.position, `zone takes a size such as 64k, got ${quote(size.text)}.`);
    } else if (bytes !== null && bytes < smallestZone) {
      this.#reading.problem(size!.position, `zone ${quote(name.text)} is too small: nginx wants 32k at least.`);
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
        this.#reading.args(directive, 0, 0);
        return { kind: 'leastConn' };
    }
  }

  #random(directive: Directive): NginxMethod {
    const [two, method] = this.#reading.args(directive, 0, 2);
    if (two && two.text !== 'two') {
      this.#reading.problem(two.position, `unknown parameter ${quote(two.text)} of random. Write "two", or nothing.`);
    }
    if (method && method.text !== 'least_conn') {
      const why = method.text.startsWith('least_time') ? 'is part of the commercial product' : 'is unknown';
      this.#reading.problem(method.position, `random two ${quote(method.text)} ${why}. Write least_conn, or nothing.`);
    }
    return { kind: 'random', two: two !== undefined };
  }

  #hash(directive: Directive): NginxMethod {
    const [key, consistent] = this.#reading.args(directive, 1, 2);
    if (consistent && consistent.text !== 'consistent') {
      this.#reading.problem(
        consistent.position,
        `unknown parameter ${quote(consistent.text)} of hash. Write "consistent", or nothing.${missingSemicolon(directive, consistent)}`,
      );
    }
    if (!key) return { kind: 'roundRobin' };
    this.#variables.note(key, 'hash');
    this.keyPositions.set(this.list.length, key.position);
    return { kind: consistent ? 'hashConsistent' : 'hash', key: key.text };
  }

  #peer(directive: Directive, upstreamIndex: number, above: string | null): NginxPeerOptions[] {
    const [target, ...parameters] = this.#reading.args(directive, 1, Infinity);
    if (!target) return [];
    const peer = { ...peerDefaults };
    for (const word of parameters) {
      const { text, position } = word;
      const [, name = text, value] = /^(weight|max_fails|max_conns|fail_timeout)=(.*)$/s.exec(text) ?? [];
      const whole = (least: number): number => {
        if (/^\d+$/.test(value!) && Number(value) >= least && Number(value) <= 1_000_000_000) return Number(value);
        this.#reading.problem(position, `${name} takes a whole number from ${least}, got ${quote(value!)}.`);
        return least;
      };
      switch (value === undefined ? text : name) {
        case 'weight':
          peer.weight = value === undefined ? this.#reading.unknownParameter(directive, word, 1) : whole(1);
          break;
        case 'max_fails':
          peer.maxFails = value === undefined ? this.#reading.unknownParameter(directive, word, 1) : whole(0);
          break;
        case 'max_conns':
          peer.maxConns = value === undefined ? this.#reading.unknownParameter(directive, word, 0) : whole(0);
          break;
        case 'fail_timeout': {
          const us = parseTime(value ?? '', 'seconds');
          if (us === null) {
            this.#reading.problem(position, `fail_timeout takes whole seconds such as 10s, got ${quote(value ?? '')}.`);
          } else peer.failTimeoutSeconds = us / 1_000_000;
          break;
        }
        case 'down':
          peer.down = true;
          break;
        case 'backup':
          if (above) {
            this.#reading.problem(position, `the ${above} method above takes no backup server. Remove "backup".`);
          }
          peer.backup = true;
          break;
        case 'resolve':
          if (this.#reading.knows('server resolve', position)) this.#resolving.push({ position });
          break;
        case 'drain':
          this.#reading.problem(position, `${text} is part of the commercial product. Remove it.`);
          break;
        default:
          if (text.startsWith('service=')) {
            if (!this.#reading.knows('server service', position)) break;
            this.#reading.unmodelled!.push({
              position,
              text: 'service asks a name server for ports and weights, which is not modelled. Write the servers.',
            });
          } else if (/^(slow_start|route)=/.test(text)) {
            this.#reading.problem(position, `${text.split('=')[0]!} is part of the commercial product. Remove it.`);
          } else this.#reading.unknownParameter(directive, word, 0);
      }
    }
    if (target.text.includes('$')) {
      this.#reading.problem(
        target.position,
        `nginx has no variables in ${quote(target.text)}: it would be a host name. Fill them in before (envsubst).`,
      );
      return [];
    }
    const to = this.#target(target);
    if (to === null) return [];
    this.serverPositions.set(`${upstreamIndex}/${target.text}`, target.position);
    return this.#addressesOf(to).map((address) => ({ serverText: target.text, address, port: to.ports![0], ...peer }));
  }

  /** A target with one port, or `null` after a message. */
  #target({ text, position }: Word): Target | null {
    const target = parseTarget(text, 'connect');
    if (typeof target === 'string') this.#reading.problem(position, `${target} in ${quote(text)}. Write host:1514.`);
    else if (target.ports === null) this.#reading.problem(position, `no port in ${quote(text)}. Write host:1514.`);
    else return target;
    return null;
  }

  #addressesOf({ host, address }: Target): readonly string[] {
    if (address !== null && socketPath(host) === null) return [address];
    // A unix socket may be a name of a node.
    return this.#reading.input.resolve(host) ?? [host];
  }

  of(pass: Word): number {
    const known = this.named(pass.text);
    if (known >= 0) return known;
    const named = this.named(pass.text.replace(/:\d*$/, ''));
    if (named >= 0) {
      this.#reading.problem(
        pass.position,
        `upstream ${quote(this.list[named]!.name)} may not have a port. Leave it out.`,
      );
      return named;
    }
    const target = parseTarget(pass.text, 'connect');
    if (typeof target !== 'string' && target.ports === null) {
      const names = this.list.map(({ name }) => name);
      const guess = nearest(pass.text, names);
      this.#reading.problem(
        pass.position,
        `there is no upstream ${quote(pass.text)}, and no port in it.${guess ? ` Did you mean ${guess}?` : ' Add the upstream, or write host:port.'}`,
      );
      return 0;
    }
    const to = this.#target(pass);
    if (to === null) return 0;
    const index = this.list.length;
    this.serverPositions.set(`${index}/${pass.text}`, pass.position);
    const peers = this.#addressesOf(to).map((address) => ({
      serverText: pass.text,
      address,
      port: to.ports![0],
      ...peerDefaults,
    }));
    this.list.push({ name: pass.text, method: { kind: 'roundRobin' }, zone: false, peers });
    return index;
  }

  /**
   * Where a `proxy_pass` with variables leads. What cannot be modelled of it becomes a mistake of the server that is being read.
   * @returns the upstream behind each value that names one.
   */
  routesOf(pass: Word, facts: ServerFacts): readonly (readonly [value: string, upstreamIndex: number])[] {
    const { position } = pass;
    const refuse = (text: string): void => void this.#reading.unmodelled!.push({ position, text });
    const values = this.#variables.valuesOf(pass.text, facts);
    if (values === null) {
      refuse('where this proxy_pass leads cannot be listed. Name an upstream, or take a map, geo or split_clients.');
      return [];
    }
    const routes: [string, number][] = [];
    for (const value of values) {
      const known = this.named(value);
      const target = parseTarget(value, 'connect');
      if (known >= 0) routes.push([value, known]);
      else if (typeof target === 'string' || target.ports === null) {
        this.#reading.warn(
          position,
          `${quote(value)} is no upstream and has no port: nginx closes the clients for which ${pass.text} is that.`,
        );
      } else if (target.address === null) {
        refuse(
          `nginx looks up ${quote(target.host)} for each client while it runs, which is not modelled. Make an upstream of it.`,
        );
      } else routes.push([value, this.of({ text: value, position })]);
    }
    return routes;
  }

  /** Once all blocks are read. */
  checkZones(): void {
    for (const [name, { sized, position }] of this.#zones) {
      if (!sized) this.#reading.problem(position, `zone ${quote(name)} has no size. Write zone ${name} 64k.`);
    }
  }
}

/** As its directive says it. */
export function methodText(method: NginxMethod): string {
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
