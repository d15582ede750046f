// A balancer on its host: its listeners, the connection slots of its worker processes, its source ports, and which node each
// of its peers is. What it chooses is the business of the product's own files.
import { clientKey, parseKey, type KeyPart } from './nginx/clientKey.ts';
import { createNginxBalancer, createUpstream, maxSessionsPerWorker } from './nginx/nginx.ts';
import type { NginxBalancerOptions, NginxListenerOptions } from './nginx/options.ts';
import type { NginxSession } from './nginx/session.ts';
import type { Balancer } from './contract.ts';
import type { NodeOptions } from '../node.ts';

/** `listen()` backlog of nginx on Linux. nginx 1.22.1, src/core/ngx_connection.h, NGX_LISTEN_BACKLOG. */
export const listenBacklog = 511;

/** Where a peer's address leads. */
export interface PeerTarget {
  /** -1: to no node of the cluster, behind a listener that no agent uses. */
  readonly nodeIndex: number;
  readonly registration: boolean;
}

export interface ProxyListener {
  readonly options: NginxListenerOptions;
  readonly balancer: Balancer<NginxSession>;
  readonly targets: readonly PeerTarget[];
  /** Open connections to each peer, of all listeners that pass to the upstream. */
  readonly ports: Int32Array;
  /** Parts of the `hash` expression; empty: the method has none. */
  readonly key: readonly KeyPart[];
}

export interface Proxy {
  readonly listeners: readonly ProxyListener[];
  readonly workers: number;
  readonly sessionsPerWorker: number;
  /** Sessions of each worker process. */
  readonly slots: Int32Array;
  readonly portsPerPeer: number;
}

/** A balancer whose processes have just started. */
export function newProxy(options: NginxBalancerOptions, nodes: readonly NodeOptions[]): Proxy {
  const { nginx } = options;
  // Only upstreams something passes to: the others may have servers that are no nodes.
  const used = [...new Set(nginx.listeners.map(({ upstreamIndex }) => upstreamIndex))];
  const running = new Map(
    used.map((index) => {
      const upstream = createUpstream(nginx.upstreams[index]!, nginx.workers);
      return [index, { upstream, ports: new Int32Array(upstream.options.peers.length) }];
    }),
  );
  const listeners = nginx.listeners.map((listener): ProxyListener => {
    const { upstream, ports } = running.get(listener.upstreamIndex)!;
    const { method, peers } = upstream.options;
    const targets = peers.map(({ address, port }): PeerTarget => {
      const nodeIndex = nodes.findIndex((node) => node.address === address);
      return { nodeIndex, registration: port !== nodes[nodeIndex]?.eventsPort };
    });
    const key = 'key' in method ? parseKey(method.key) : [];
    if (typeof key === 'string') throw new Error(`hash: ${key}`);
    return {
      options: listener,
      balancer: createNginxBalancer(upstream, listener),
      targets,
      ports,
      key,
    };
  });
  return {
    listeners,
    workers: nginx.workers,
    sessionsPerWorker: maxSessionsPerWorker(nginx),
    slots: new Int32Array(nginx.workers),
    portsPerPeer: options.sourcePorts * Math.max(1, options.addresses.length),
  };
}

/** The text nginx hashes for a client. @param address IPv4 as an unsigned 32-bit integer. */
export function keyOf(listener: ProxyListener, address: number, remotePort: number): string {
  if (listener.key.length === 0) return '';
  const text = `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
  return clientKey(listener.key, {
    remoteAddress: listener.options.mappedAddresses ? `::ffff:${text}` : text,
    remotePort,
    serverPort: listener.options.port,
    protocol: 'TCP',
  });
}
