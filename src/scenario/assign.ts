// Which server does each client address land on? The same choice the simulation makes, asked one connection after the other.
import { isIP } from 'node:net';
import { parseKey } from '../models/balancer/nginx/clientKey.ts';
import { createNginxBalancer, startUpstreams } from '../models/balancer/nginx/nginx.ts';
import type { NginxListenerOptions, NginxUpstreamOptions } from '../models/balancer/nginx/options.ts';
import { upstreamsBehind } from '../models/balancer/nginx/servers.ts';
import { expressionsOf } from '../models/balancer/nginx/variables.ts';
import { assigned, isAddress, resolverOf, type AssignAsked, type Assignment, type Chooser } from './chooser.ts';
import { readNginxConf, type NginxConf, type NginxConfInput } from './import/nginxConf.ts';
import type { ReadInclude } from './import/nginxSyntax.ts';
import { parseTarget, withPort } from './import/nginxValues.ts';
import type { Problem } from './problem.ts';
import type { Warning } from './scenario.ts';
import {
  changeUpstream,
  isChange,
  noChanges,
  readChanged,
  unfound,
  weightSettings,
  type ServerChanges,
} from './serverChanges.ts';
import { listNames, quote } from './wording.ts';

export interface NginxAsked {
  readonly file: string;
  readonly text: string;
  readonly readInclude: ReadInclude;
  readonly upstream?: string | undefined;
  /** Port of the listening `server`; default 1514. */
  readonly port?: number | undefined;
  /** Release of nginx; absent: the one that was measured. */
  readonly version?: string | undefined;
  /** Servers, as written without their parameters, that refuse connections. */
  readonly down: readonly string[];
  /** Addresses of host names. */
  readonly resolve: ReadonlyMap<string, readonly string[]>;
}

export type AssignInput = NginxAsked & AssignAsked;

/** The `server` block that is asked, and the upstream it is asked about. */
interface Way {
  readonly listener: NginxListenerOptions;
  readonly upstream: NginxUpstreamOptions;
}

/**
 * The clients connect one after the other in one second through one worker process, and each leaves before the next comes.
 * @throws ScenarioError for mistakes in the configuration, a line that is no address, or a name that is not in the file.
 */
export function assignNginx(input: AssignInput): Assignment {
  const problems: Problem[] = [];
  return assigned(input, nginxChooser(input, problems), problems);
}

/**
 * @param problems names that are not in the file, and the like, go there.
 * @param changes a hypothetical other configuration.
 * @returns `null` where there were problems.
 * @throws ScenarioError for mistakes in the configuration.
 */
export function nginxChooser(
  input: NginxAsked,
  problems: Problem[],
  changes: ServerChanges = noChanges,
): Chooser | null {
  const conf = readAsked(input);
  const warnings = [...conf.warnings];
  const before = problems.length;
  const problem = (text: string): void => void problems.push({ position: null, text });
  const warn = (text: string): void => void warnings.push({ position: null, text });
  const way = wayThrough(conf, input, problem, warn);
  if (way && isChange(changes)) {
    const changed = changedConf(input, way, changes, problems);
    return (
      changed &&
      chooserOf(
        changed,
        input,
        wayThrough(
          changed,
          input,
          () => {},
          () => {},
        )!,
        changed.warnings,
      )
    );
  }
  const asked = way && askedListener(conf, input, way, problems);
  checkNames(conf, input, asked, problem, warn);
  if (problems.length > before || way === null) return null;
  return chooserOf(conf, input, way, warnings);
}

function readAsked(input: NginxAsked, more: Partial<NginxConfInput> = {}): NginxConf {
  return readNginxConf({
    file: input.file,
    text: input.text,
    readInclude: input.readInclude,
    version: input.version,
    cpus: 1,
    resolve: resolverOf(input.resolve),
    assume: [],
    listeners: 'all',
    ...more,
  });
}

/** The file as it would be. */
function changedConf(
  input: NginxAsked,
  { listener, upstream }: Way,
  changes: ServerChanges,
  problems: Problem[],
): NginxConf | null {
  if (listener.route !== undefined && input.upstream === undefined) {
    problems.push({
      position: null,
      text: 'variables decide about the upstream. Name the one that changes: --upstream NAME.',
    });
    return null;
  }
  const settings = weightSettings(changes, { name: 'upstream', selector: upstream.name });
  return readChanged(problems, () =>
    readAsked(input, {
      settings,
      edit: (top, found) => {
        problems.push(...unfound(settings));
        return changeUpstream(top, upstream.name, changes, found);
      },
    }),
  );
}

function chooserOf(conf: NginxConf, input: NginxAsked, way: Way, warnings: readonly Warning[]): Chooser {
  const asked = askedListener(conf, input, way, []);
  const running = startUpstreams(conf.options, [asked]);
  const drawn = [...running.values()].filter(({ options }) => options.method.kind === 'random');
  const balancer = createNginxBalancer(running.get(upstreamsBehind(asked)[0]!)!, asked, running);
  const down = new Set(input.down);
  const peers = upstreamsBehind(asked).flatMap((index) => conf.options.upstreams[index]!.peers);
  return {
    balancer,
    description: conf.description(conf.options.listeners.indexOf(way.listener)),
    place: `${input.file}, the server that listens on ${asked.port}`,
    servers: peers.map(({ serverText, address, port, weight, backup, down: isOut }) => ({
      label: isIP(address) === 0 ? serverText : withPort(address, port),
      weight,
      takesPart: !backup && !isOut && !down.has(serverText),
      refuses: down.has(serverText),
    })),
    warnings: [
      ...warnings,
      ...drawn.map(({ options }) => ({
        position: null,
        text: `upstream ${quote(options.name)} draws its servers: these are one possible answer, only its shares are nginx's.`,
      })),
    ],
  };
}

/** The listener with what its choice needs. */
function askedListener(
  conf: NginxConf,
  { upstream: named }: NginxAsked,
  { listener, upstream }: Way,
  problems: Problem[],
): NginxListenerOptions {
  const index = conf.options.listeners.indexOf(listener);
  if (named === undefined) {
    problems.push(...conf.problemsOf(index));
    return listener;
  }
  const upstreamIndex = conf.options.upstreams.indexOf(upstream);
  problems.push(...conf.problemsOf(index, upstreamIndex));
  return conf.passingTo(index, upstreamIndex);
}

/** Does anything on the way of a client ask for its port? */
function asksForPort(listener: NginxListenerOptions, upstreams: readonly NginxUpstreamOptions[]): boolean {
  const { variables = [], sets = [], route } = listener;
  const keys = upstreams.flatMap(({ method }) => ('key' in method ? [method.key] : []));
  const expressions = [
    ...keys,
    ...(route ? [route.expression] : []),
    ...variables.flatMap(expressionsOf),
    ...sets.map(({ value }) => value),
  ];
  return expressions.some((expression) => {
    const parts = parseKey(expression, (name) => name !== 'remote_port');
    return typeof parts !== 'string' && parts.some((part) => part.kind === 'variable' && part.name === 'remote_port');
  });
}

/** The server that listens on the port, else the one that passes to the upstream. */
function wayThrough(
  { options, listenPositions }: NginxConf,
  input: NginxAsked,
  problem: (text: string) => void,
  warn: (text: string) => void,
): Way | null {
  const { listeners, upstreams } = options;
  const port = input.port ?? 1514;
  // Of TCP and UDP agents use TCP.
  const tcp = listeners.filter(({ protocol }) => protocol === 'tcp');
  const onPort = (tcp.some((listener) => listener.port === port) ? tcp : listeners).filter(
    (listener) => listener.port === port,
  );
  const first = (list: readonly NginxListenerOptions[]): NginxListenerOptions | undefined =>
    list.find(({ protocol }) => protocol === 'tcp') ?? list[0];
  const ports = (): string =>
    listNames(listeners.map((listener, index) => `${listener.port} (line ${listenPositions[index]!.line})`));

  if (input.upstream === undefined) {
    const [only, ...others] = new Set(listeners.map(({ upstreamIndex }) => upstreamIndex));
    const listener = first(onPort) ?? (input.port === undefined && others.length === 0 ? first(listeners) : null);
    if (new Set(onPort.map(({ upstreamIndex }) => upstreamIndex)).size > 1) {
      problem(`several servers listen on ${port}. Name the upstream: --upstream NAME.`);
    } else if (listener) return { listener, upstream: upstreams[listener.upstreamIndex]! };
    else if (only === undefined) problem('no server of this file listens for connections.');
    else problem(`--port: no server listens on ${port}. Ports of this file: ${ports()}.`);
    return null;
  }

  const wanted = input.upstream.toLowerCase();
  const index = upstreams.findIndex(({ name }) => name.toLowerCase() === wanted);
  if (index < 0) {
    const known = listNames(upstreams.map(({ name }) => name));
    problem(`--upstream: there is no upstream ${quote(input.upstream)}. Known: ${known}.`);
    return null;
  }
  const upstream = upstreams[index]!;
  const passing = (list: readonly NginxListenerOptions[]): NginxListenerOptions | undefined =>
    first(list.filter(({ upstreamIndex }) => upstreamIndex === index));
  const listener =
    passing(onPort) ??
    (input.port === undefined ? passing(listeners) : undefined) ??
    first(onPort) ??
    passing(listeners);
  if (!listener) {
    problem(
      `no server passes to upstream ${quote(upstream.name)}, and none listens on ${port}. Ports of this file: ${ports()}.`,
    );
    return null;
  }
  if (listener.upstreamIndex !== index) {
    const other = quote(upstreams[listener.upstreamIndex]!.name);
    warn(`the server listening on ${listener.port} passes to ${other}, not to ${quote(upstream.name)}.`);
  } else if (input.port !== undefined && listener.port !== port) {
    warn(`no server listens on ${port}; the one on ${listener.port} passes to ${quote(upstream.name)} and is taken.`);
  }
  return { listener, upstream };
}

/** What was said about servers must be about servers of this file. */
function checkNames(
  { options }: NginxConf,
  input: NginxAsked,
  asked: NginxListenerOptions | null,
  problem: (text: string) => void,
  warn: (text: string) => void,
): void {
  if (asked) {
    const behind = upstreamsBehind(asked).map((index) => options.upstreams[index]!);
    const texts = [...new Set(behind.flatMap(({ peers }) => peers.map(({ serverText }) => serverText)))];
    for (const text of input.down) {
      if (!texts.includes(text)) problem(`--down: no server is written ${quote(text)}. Known: ${listNames(texts)}.`);
    }
    if (asksForPort(asked, behind)) problem('hash with $remote_port: the port of a client is not in its line.');
  }
  const hosts = new Set<string>();
  for (const { serverText } of options.upstreams.flatMap(({ peers }) => peers)) {
    const target = parseTarget(serverText, 'connect');
    if (typeof target !== 'string' && target.address === null) hosts.add(target.host);
  }
  for (const [name, addresses] of input.resolve) {
    if (![...hosts].some((host) => host.toLowerCase() === name.toLowerCase())) {
      warn(`--resolve: no server has the host name ${quote(name)}. Known: ${listNames([...hosts])}.`);
    }
    const wrong = addresses.find((address) => !isAddress(address));
    if (wrong !== undefined) problem(`--resolve: ${quote(wrong)} is no address.`);
  }
}
