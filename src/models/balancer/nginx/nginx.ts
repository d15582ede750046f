// nginx's stream proxy: one upstream with every worker's memory of its peers, and a listener that hands sessions on to it.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c and ngx_stream_proxy_module.c (next_upstream,
// finalize).
import type { Balancer, BalancerClient } from '../contract.ts';
import { clientKey, parseKey, type KeyPart } from './clientKey.ts';
import { createHash } from './hash.ts';
import { createHashConsistent } from './hashConsistent.ts';
import { leastConn } from './leastConn.ts';
import type { NginxListenerOptions, NginxOptions, NginxUpstreamOptions } from './options.ts';
import { newMemory, recordFailure, recordSuccess, take, type Memory } from './peers.ts';
import { createRandom } from './random.ts';
import { roundRobin } from './roundRobin.ts';
import type { Method, NginxSession } from './session.ts';

/** An upstream of a running nginx. All listeners that pass to it share it. */
export interface NginxUpstream {
  readonly options: NginxUpstreamOptions;
  readonly method: Method;
  /** One a worker process; with a `zone` it is the same for all. */
  readonly memories: readonly Memory[];
}

export function createUpstream(options: NginxUpstreamOptions, workers: number): NginxUpstream {
  const shared = newMemory(options.peers);
  const memories = Array.from({ length: workers }, () => (options.zone ? shared : newMemory(options.peers)));
  return { options, method: createMethod(options), memories };
}

function createMethod({ method, peers }: NginxUpstreamOptions): Method {
  switch (method.kind) {
    case 'hashConsistent':
      return createHashConsistent(peers);
    case 'hash':
      return createHash(peers);
    case 'leastConn':
      return leastConn;
    case 'random':
      return createRandom(peers, method.two);
    case 'roundRobin':
      return roundRobin;
    default:
      return method satisfies never;
  }
}

export function createNginxBalancer(upstream: NginxUpstream, listener: NginxListenerOptions): Balancer<NginxSession> {
  const { method, memories } = upstream;
  const { peers } = upstream.options;
  const standing = peers.filter(({ down }) => !down).length;
  const attempts = listener.nextUpstreamTries > 0 ? Math.min(listener.nextUpstreamTries, standing) : standing;
  const parts = keyParts(upstream.options);
  return {
    peers,
    workers: memories.length,
    open(client, worker) {
      const memory = memories[worker]!;
      const key = keyOf(parts, listener, client);
      return {
        worker,
        peerIndex: -1,
        key,
        memory,
        group: memory.main,
        tried: [],
        left: attempts,
        position: method.start(key),
        rehashes: 0,
        skips: 0,
        luck: client.luck,
        draws: 0,
      };
    },
    next(session, nowUs) {
      const nowSeconds = inSeconds(nowUs);
      const peer = method.choose(session, nowSeconds);
      session.peerIndex = peer === null ? -1 : peer.index;
      if (peer === null) return -1;
      session.tried.push(peer);
      take(peer, nowSeconds);
      return peer.index;
    },
    failed(session, nowUs, elapsedUs) {
      const peer = session.memory.all[session.peerIndex]!;
      peer.conns -= 1;
      session.peerIndex = -1;
      session.left -= 1;
      if (session.memory.single) return Infinity;
      recordFailure(peer, inSeconds(nowUs));
      if (session.left <= 0 || !listener.nextUpstream) return Infinity;
      return listener.nextUpstreamTimeoutUs === 0 || elapsedUs < listener.nextUpstreamTimeoutUs ? 0 : Infinity;
    },
    connected(session) {
      recordSuccess(session.memory.all[session.peerIndex]!);
    },
    closed(session) {
      if (session.peerIndex < 0) return;
      const peer = memories[session.worker]!.all[session.peerIndex]!;
      recordSuccess(peer);
      peer.conns -= 1;
      session.peerIndex = -1;
    },
  };
}

/** nginx compares whole seconds of its clock. nginx 1.22.1, src/core/ngx_times.c, ngx_time(). */
function inSeconds(nowUs: number): number {
  return Math.floor(nowUs / 1_000_000);
}

/** Parts of the `hash` expression; none: the method has none. */
function keyParts({ method }: NginxUpstreamOptions): readonly KeyPart[] {
  const parts = 'key' in method ? parseKey(method.key) : [];
  if (typeof parts === 'string') throw new Error(`hash: ${parts}`);
  return parts;
}

/** What nginx hashes for a client. */
function keyOf(parts: readonly KeyPart[], listener: NginxListenerOptions, { address, port }: BalancerClient): string {
  if (parts.length === 0) return '';
  return clientKey(parts, {
    remoteAddress: listener.mappedAddresses && !address.includes(':') ? `::ffff:${address}` : address,
    remotePort: port,
    serverPort: listener.port,
    protocol: listener.protocol === 'udp' ? 'UDP' : 'TCP',
  });
}

/** TCP sessions one worker process can proxy: each takes two of its connection slots. nginx 1.22.1, measured. */
export function maxSessionsPerWorker({ workerConnections, listeningSockets }: NginxOptions): number {
  return Math.max(0, Math.floor((workerConnections - 1 - listeningSockets) / 2));
}
