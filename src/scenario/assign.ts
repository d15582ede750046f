// Which server does each client address land on? The same choice the simulation makes, asked one connection after the other.
import { isIP, SocketAddress } from 'node:net';
import { clientKey, parseKey } from '../models/balancer/nginx/clientKey.ts';
import { createNginxBalancer, createUpstream } from '../models/balancer/nginx/nginx.ts';
import { readNginxConf } from './import/nginxConf.ts';
import type { ReadInclude } from './import/nginxSyntax.ts';
import { ScenarioError, type Problem } from './problem.ts';
import type { Warning } from './scenario.ts';
import { listNames, quote } from './wording.ts';

export interface AssignInput {
  readonly file: string;
  readonly text: string;
  readonly readInclude: ReadInclude;
  /** Client addresses, IPv4 or IPv6, one a connection. */
  readonly clients: readonly string[];
  /** Where the clients were read, for messages. */
  readonly clientsFile?: string;
  readonly upstream?: string | undefined;
  /** Port of the listening `server`; default 1514. */
  readonly port?: number | undefined;
  /** Servers, as written without their parameters, that refuse connections. */
  readonly down: readonly string[];
  /** Addresses of a host name; `null`: print the text. */
  readonly resolve: (host: string) => readonly string[] | null;
}

export interface Assignment {
  /** Address connected to for each client, or the server's text when its name was not resolved; empty: nothing usable. */
  readonly servers: readonly string[];
  readonly warnings: readonly Warning[];
}

/**
 * The clients connect one after the other in one second through one worker process, and each leaves before the next comes.
 * @throws ScenarioError for mistakes in the configuration, a line that is no address, or a name that is not in the file.
 */
export function assignNginx(input: AssignInput): Assignment {
  const { options, listenPositions, warnings } = readNginxConf({
    file: input.file,
    text: input.text,
    readInclude: input.readInclude,
    cpus: 1,
    resolve: input.resolve,
    assume: [],
    udp: 'allow',
  });
  const problems: Problem[] = [];
  const port = input.port ?? 1514;
  const named = options.upstreams.findIndex(({ name }) => name === input.upstream);
  const byPort = options.listeners.findIndex(
    (listener) => listener.port === port && (input.upstream === undefined || listener.upstreamIndex === named),
  );
  const byUpstream = options.listeners.findIndex(({ upstreamIndex }) => upstreamIndex === named);
  const chosen = byPort >= 0 ? byPort : input.upstream !== undefined && input.port === undefined ? byUpstream : -1;
  if (input.upstream !== undefined && named < 0) {
    problems.push({
      position: null,
      text: `--upstream: there is no upstream ${quote(input.upstream)}. Known: ${listNames(options.upstreams.map(({ name }) => name))}.`,
    });
  } else if (chosen < 0) {
    const ports = options.listeners.map((listener, index) => `${listener.port} (line ${listenPositions[index]!.line})`);
    problems.push({
      position: null,
      text:
        input.upstream === undefined
          ? `--port: no server listens on ${port}. Ports of this file: ${listNames(ports)}.`
          : `no server${input.port === undefined ? '' : ` listening on ${port}`} passes to upstream ${quote(input.upstream)}.`,
    });
  }
  const listener = options.listeners[Math.max(0, chosen)]!;
  const upstream = options.upstreams[listener.upstreamIndex]!;
  const texts = [...new Set(upstream.peers.map(({ serverText }) => serverText))];
  for (const text of input.down) {
    if (!texts.includes(text)) {
      problems.push({
        position: null,
        text: `--down: no server is written ${quote(text)}. Known: ${listNames(texts)}.`,
      });
    }
  }
  const clientsFile = input.clientsFile ?? 'standard input';
  input.clients.forEach((client, index) => {
    if (isIP(client) !== 0 && !client.includes('%')) return;
    problems.push({
      position: { file: clientsFile, line: index + 1, column: 1 },
      text: `expected one address a line such as 10.1.0.7, got ${quote(client)}.`,
    });
  });
  if (problems.length > 0) throw new ScenarioError(input.file, problems.slice(0, 100));

  const key = 'key' in upstream.method ? parseKey(upstream.method.key) : [];
  if (typeof key === 'string') throw new Error(`hash: ${key}`);
  const balancer = createNginxBalancer(createUpstream(upstream, 1), listener);
  const shown = upstream.peers.map(({ serverText, address, port: peerPort }) =>
    serverText.startsWith(`${address}:`) || input.resolve(hostOf(serverText)) === null
      ? serverText
      : `${address}:${peerPort}`,
  );
  // The clock of nginx stands still meanwhile; which second it is does not matter.
  const nowSeconds = 1_000_000;
  const servers = input.clients.map((client, index) => {
    const session = balancer.open(
      clientKey(key, {
        remoteAddress: canonical(client, listener.mappedAddresses),
        remotePort: 32_768 + (index % 28_232),
        serverPort: listener.port,
        protocol: listener.protocol === 'udp' ? 'UDP' : 'TCP',
      }),
      0,
    );
    let peer = balancer.next(session, nowSeconds);
    while (peer >= 0 && input.down.includes(upstream.peers[peer]!.serverText)) {
      peer = balancer.failed(session, nowSeconds, 0) ? balancer.next(session, nowSeconds) : -1;
    }
    if (peer < 0) return '';
    balancer.connected(session, nowSeconds);
    balancer.closed(session, nowSeconds);
    return shown[peer]!;
  });
  return { servers, warnings };
}

function hostOf(serverText: string): string {
  return serverText.slice(0, serverText.lastIndexOf(':'));
}

/** The text nginx has for an address: IPv6 shortened and in lower case, IPv4 as it is, or mapped on a dual listener. */
function canonical(address: string, mapped: boolean): string {
  if (isIP(address) === 4) return mapped ? `::ffff:${address}` : address;
  return new SocketAddress({ address, family: 'ipv6' }).address;
}
