// nginx.conf → the options of the balancer: the file, its main level and its `stream` block. Directives and limits: nginx 1.22.1,
// src/core/nginx.c, src/event/ngx_event.c, src/stream/ngx_stream.c.
import type { NginxListenerOptions, NginxOptions } from '../../models/balancer/nginx/options.ts';
import { upstreamsPassed } from '../../models/balancer/nginx/servers.ts';
import { ScenarioError, type Problem } from '../problem.ts';
import type { SourcePosition, Warning } from '../scenario.ts';
import { countSockets, socketsOf } from './nginxListeners.ts';
import { nginxPlace } from './nginxPlaces.ts';
import { proxyDefaults, readProxySetting } from './nginxProxySettings.ts';
import { Reading, type NginxConfInput } from './nginxReading.ts';
import { Servers } from './nginxServers.ts';
import { changeDirectives } from './nginxSettings.ts';
import { readDirectives, type Directive } from './nginxSyntax.ts';
import { methodText, Upstreams } from './nginxUpstreams.ts';
import { Variables } from './nginxVariables.ts';

export type { NginxConfInput } from './nginxReading.ts';

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
  /** A listener as it would be if it passed to another upstream. */
  readonly passingTo: (listenerIndex: number, upstreamIndex: number) => NginxListenerOptions;
  /** `nginx hash $remote_addr consistent`. */
  readonly description: (listenerIndex: number) => string;
  /** Where a directive stands that decides for a listener; `null`: it is not written. */
  readonly placeOf: (listenerIndex: number, name: string) => SourcePosition | null;
}

/** How a scenario says what `worker_processes auto` counts. */
export const givesCpus = 'give the balancer `cpus: 4`';

/** @throws ScenarioError with every mistake of the file and of what it includes. */
export function readNginxConf(input: NginxConfInput): NginxConf {
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  const written = readDirectives(input.file, input.text, input.readInclude, problems, warnings);
  const set = changeDirectives(written, input.settings ?? [], problems);
  const top = input.edit?.(set, problems) ?? set;
  const conf = new ConfReader(new Reading(input, problems, warnings)).read(top);
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

class ConfReader {
  readonly #reading: Reading;
  readonly #variables: Variables;
  readonly #upstreams: Upstreams;
  readonly #servers: Servers;
  #workerConnections = 512; // src/event/ngx_event.c, DEFAULT_CONNECTIONS

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#variables = new Variables(reading);
    this.#upstreams = new Upstreams(reading, this.#variables);
    this.#servers = new Servers(reading, this.#upstreams, this.#variables);
  }

  read(top: readonly Directive[]): NginxConf {
    const syntaxIsBroken = this.#reading.problems.length > 0;
    const seen = new Set<string>();
    let workers = 1;
    let shutdownUs = 0;
    let openFiles: Directive | null = null;
    let connectionsAt: SourcePosition | null = null;
    const streams = top.filter(({ name }) => name === 'stream');
    for (const directive of top) {
      const { name, position, block } = directive;
      switch (name) {
        case 'stream':
          break;
        case 'events':
          this.#reading.once(directive, seen);
          for (const inner of this.#reading.block(directive, 0)) {
            if (inner.name === 'worker_connections') {
              this.#reading.once(inner, seen);
              this.#workerConnections = this.#reading.number(inner, 1, 10_000_000) ?? this.#workerConnections;
              connectionsAt = inner.position;
            } else this.#reading.other(inner, 'events', seen);
          }
          break;
        case 'worker_processes':
          this.#reading.once(directive, seen);
          workers = this.#workers(directive) ?? workers;
          break;
        case 'worker_shutdown_timeout':
          shutdownUs = this.#reading.time(directive, seen) ?? shutdownUs;
          break;
        case 'worker_rlimit_nofile':
          this.#reading.once(directive, seen);
          openFiles = directive;
          break;
        case 'upstream':
        case 'server':
        case 'listen':
        case 'proxy_pass':
        case 'hash':
        case 'random':
        case 'least_conn':
          this.#reading.problem(position, `${name} belongs into a "stream" block.`);
          break;
        default:
          if (name === 'http' || name === 'mail') this.#servers.sockets.push(...socketsOf(block ?? []));
          this.#reading.other(directive, 'main', seen);
      }
    }
    if (openFiles && (this.#reading.number(openFiles, 1, 1_000_000_000) ?? Infinity) < this.#workerConnections) {
      this.#reading.notModelled(openFiles);
    }
    if (streams.length === 0 && !syntaxIsBroken) {
      const http = top.find(({ name }) => name === 'http');
      this.#reading.problem(
        http?.position ?? { file: this.#reading.input.file, line: 1, column: 1 },
        `there is no "stream" block${http ? ' (only http)' : ''}. Agents are balanced in stream { upstream … server … }.`,
      );
    }
    if (streams.length > 1) this.#reading.problem(streams[1]!.position, 'a second "stream" block. Put both into one.');
    if (streams[0]) this.#stream(streams[0], syntaxIsBroken);
    if (!seen.has('events') && streams[0]) {
      this.#reading.warn(streams[0].position, 'there is no "events" block, without which nginx does not start.');
    }
    // Agents connect to addresses: what listens on a unix socket stands behind those.
    const { list, positions } = this.#servers;
    const sockets = this.#servers.onSockets();
    const own = list.flatMap(({ path }, index) => (path === undefined ? [index] : []));
    const listeningSockets = countSockets(this.#servers.sockets);
    if (this.#workerConnections < listeningSockets + 1) {
      this.#reading.problem(
        connectionsAt ?? streams[0]?.position ?? null,
        `${this.#workerConnections} worker_connections are not enough for ${listeningSockets} listening sockets.`,
      );
    }
    return {
      options: {
        workers,
        workerConnections: this.#workerConnections,
        listeningSockets,
        // src/os/unix/ngx_process_cycle.c, ngx_set_shutdown_timer(): 0 is none.
        ...(shutdownUs > 0 ? { shutdownTimeoutUs: shutdownUs } : {}),
        listeners: own.map((index) => list[index]!),
        ...(sockets.length > 0 ? { sockets } : {}),
        upstreams: this.#upstreams.list,
      },
      warnings: this.#reading.warnings,
      assumed: this.#reading.assumed,
      serverPositions: this.#upstreams.serverPositions,
      listenPositions: own.map((index) => positions[index]!),
      problemsOf: (index, upstreamIndex) =>
        sorted(this.#servers.problemsOf(own[index]!, upstreamIndex), this.#reading.input.file),
      passingTo: (index, upstreamIndex) => this.#servers.passingTo(own[index]!, upstreamIndex),
      description: (index) => {
        const { route, upstreamIndex } = list[own[index]!]!;
        return `nginx ${route ? `proxy_pass ${route.expression}` : methodText(this.#upstreams.list[upstreamIndex]!.method)}`;
      },
      placeOf: (index, name) => {
        const options = { upstreams: this.#upstreams.list, sockets };
        const upstreams = upstreamsPassed(options, list[own[index]!]!).map((each) => options.upstreams[each]!.name);
        return nginxPlace(top, positions[own[index]!] ?? null, upstreams, name);
      },
    };
  }

  #workers(directive: Directive): number | null {
    const [value] = this.#reading.args(directive, 1, 1);
    if (value?.text !== 'auto') return this.#reading.number(directive, 1, 1024);
    if (this.#reading.input.cpus === null) {
      this.#reading.problem(value.position, `worker_processes auto needs the number of processors: ${givesCpus}.`);
    }
    return this.#reading.input.cpus;
  }

  #stream(stream: Directive, syntaxIsBroken: boolean): void {
    const block = this.#reading.block(stream, 0);
    const defaults = { ...proxyDefaults };
    const seen = new Set<string>();
    this.#variables.collect(block);
    for (const directive of block) {
      if (['map', 'geo', 'split_clients'].includes(directive.name)) continue;
      if (directive.name === 'upstream') this.#upstreams.read(directive);
      else if (directive.name !== 'server' && !readProxySetting(this.#reading, directive, defaults, seen)) {
        this.#reading.other(directive, 'stream', seen);
      }
    }
    this.#upstreams.checkZones();
    const servers = block.filter(({ name }) => name === 'server');
    for (const server of servers) this.#servers.read(server, defaults);
    this.#variables.check();
    this.#servers.checkSockets();
    this.#servers.resolveVariables();
    if (servers.length === 0 && !syntaxIsBroken) {
      this.#reading.problem(stream.position, 'the "stream" block has no "server" block: nothing listens for agents.');
    }
  }
}
