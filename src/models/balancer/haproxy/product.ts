// HAProxy among the products.
import type { NodeOptions } from '../../node.ts';
import type { BalancerProduct, ListenerOptions } from '../options.ts';
import type { ListenerFacts, Product, ProductChange } from '../product.ts';
import { usedBackends } from './dataplane.ts';
import { createHaproxyBackend } from './haproxy.ts';
import {
  serverIds,
  type HaproxyBackendOptions,
  type HaproxyBindOptions,
  type HaproxyFrontendOptions,
  type HaproxyOptions,
  type HaproxyServerOptions,
} from './options.ts';

type Haproxy = Extract<BalancerProduct, { kind: 'haproxy' }>;

// HAProxy 2.6.0, include/haproxy/defaults.h, BUFSIZE; `tune.bufsize` is not read.
const bufferBytes = 16_384;

export const haproxyProduct: Product<Haproxy> = {
  start({ haproxy }, luck) {
    const { frontends, maxConn, hardStopAfterUs } = haproxy;
    const used = usedBackends(haproxy);
    const backends = new Map(used.map((index) => [index, createHaproxyBackend(haproxy, index, luck)]));
    const limits: number[] = [];
    const limitOf = (most: number): number[] => (most === 0 ? [] : [limits.push(most) - 1]);
    const listeners = frontends.flatMap((frontend) => {
      const { backendIndex, binds } = frontend;
      const own = limitOf(frontend.maxConn);
      return binds.map((bind) => ({
        options: listenerOf(haproxy, frontend, bind),
        balancer: backends.get(backendIndex)!(bind),
        pool: used.indexOf(backendIndex),
        limits: [...own, ...limitOf(bind.maxConn)],
      }));
    });
    return {
      workers: 1,
      sessionsPerWorker: maxConn,
      limits,
      whenFull: 'wait',
      listeners,
      pools: used.map((index) => backends.get(index)!({ port: 0, mappedAddresses: false })),
      shutdownTimeoutUs: hardStopAfterUs,
    };
  },
  listeners: ({ haproxy }) =>
    haproxy.frontends.flatMap((frontend) => frontend.binds.map((bind) => facts(haproxy, frontend, bind))),
  change: (product, verb, node, nodes) =>
    verb === 'addNode' ? addServer(product, node, nodes) : removeServer(product, node, nodes),
  canDrain: true,
  ends: () => 'process',
};

function listenerOf(
  { backends }: HaproxyOptions,
  frontend: HaproxyFrontendOptions,
  { port }: HaproxyBindOptions,
): ListenerOptions {
  const backend = backends[frontend.backendIndex]!;
  const { tunnelTimeoutUs, serverTimeoutUs, connectTimeoutUs, queueTimeoutUs } = backend;
  const isIndependent = frontend.independentStreams && backend.independentStreams;
  // A byte in either direction refreshes both time-outs. HAProxy 2.6.0, src/stream_interface.c, si_cs_process(); measured on 2.6.12.
  const sessionTimeoutUs = tunnelTimeoutUs ?? Math.min(frontend.clientTimeoutUs, serverTimeoutUs);
  return {
    port,
    backlog: frontend.backlog,
    connectTimeoutUs,
    wakesLate: false,
    queueTimeoutUs: queueTimeoutUs ?? connectTimeoutUs,
    sessionTimeoutUs,
    mutePeerTimeoutUs: isIndependent ? (tunnelTimeoutUs ?? serverTimeoutUs) : Infinity,
    asksClients: frontend.keepAlive,
    proxyBufferBytes: bufferBytes,
  };
}

function facts(haproxy: HaproxyOptions, frontend: HaproxyFrontendOptions, bind: HaproxyBindOptions): ListenerFacts {
  const { servers } = haproxy.backends[frontend.backendIndex]!;
  const peers = servers.map(({ serverText, address, port, backup, disabled, weight }) => ({
    serverText,
    address,
    port,
    backup,
    down: disabled || weight === 0,
  }));
  return { options: listenerOf(haproxy, frontend, bind), peers, failTimeoutSeconds: 0 };
}

/** Backends that take events; where a node registers agents is another matter. */
function changed(
  { haproxy }: Haproxy,
  nodes: readonly NodeOptions[],
  serversOf: (backend: HaproxyBackendOptions) => readonly HaproxyServerOptions[] | null,
  unchanged: string,
): ProductChange {
  const backends = haproxy.backends.map((backend, index) => {
    const isUsed = haproxy.frontends.some(({ backendIndex }) => backendIndex === index);
    const takesEvents = backend.servers.some(({ address, port }) =>
      nodes.some((node) => node.address === address && node.eventsPort === port),
    );
    const servers = isUsed && takesEvents ? serversOf(backend) : null;
    return servers === null ? backend : { ...backend, servers };
  });
  if (backends.every((backend, index) => backend === haproxy.backends[index]))
    return { product: null, note: unchanged };
  return { product: { kind: 'haproxy', haproxy: { ...haproxy, backends } }, note: null };
}

/** A server line like the last one, for another address. */
function addServer(product: Haproxy, node: NodeOptions, nodes: readonly NodeOptions[]): ProductChange {
  const { address, eventsPort: port, name } = node;
  return changed(
    product,
    nodes,
    ({ servers }) => {
      if (servers.some((server) => server.address === address && server.port === port)) return null;
      const like = servers[servers.length - 1]!; // a backend that takes events has one
      const id = serverIds([...servers.map((server) => server.id), null]).at(-1)!;
      const check = like.check && { ...like.check, address, port };
      return [...servers, { ...like, serverText: name, address, port, id, check, disabled: false, guid: null }];
    },
    `${name} is a server of the balancer already: adding it changes nothing.`,
  );
}

/** Ids that nobody has written are counted anew. */
function removeServer(product: Haproxy, node: NodeOptions, nodes: readonly NodeOptions[]): ProductChange {
  const { address, eventsPort: port, name } = node;
  return changed(
    product,
    nodes,
    ({ servers }) => {
      const rest = servers.filter((server) => server.address !== address || server.port !== port);
      if (rest.length === servers.length) return null;
      const isCounted = servers.every(({ id }, index) => id === index + 1);
      return isCounted ? rest.map((server, index) => ({ ...server, id: index + 1 })) : rest;
    },
    `${name} is no server of the balancer: removing it changes nothing.`,
  );
}
