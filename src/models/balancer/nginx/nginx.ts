// nginx's stream proxy: one upstream as one listener uses it, with every worker's own memory of the peers.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_{round_robin,hash,least_conn}_module.c and
// ngx_stream_proxy_module.c (next_upstream, finalize). Not modelled: `random`, UDP sessions, reload.
import { crc32 } from 'node:zlib';
import type { Balancer, BalancerSession } from '../contract.ts';
import { buildRing, findPoint, type Ring } from './hashConsistent.ts';
import type { NginxListenerOptions, NginxOptions, NginxUpstreamOptions } from './options.ts';
import { isUsable, newPeer, recordFailure, recordSuccess, smoothWeighted, take, type Peer } from './peers.ts';

export interface NginxSession extends BalancerSession {
  readonly key: string;
  /** Peers this session has tried, by index. */
  readonly tried: Set<number>;
  /** Attempts that are left. */
  left: number;
  /** Position on the ring, or the sum of the plain hash. */
  position: number;
  rehashes: number;
  /** Points or draws looked at in vain; past 20 the choice falls back to round robin. */
  skips: number;
}

// ngx_stream_upstream_get_hash_peer, get_chash_peer: `++hp->tries > 20`.
const skipLimit = 20;

export function createNginxBalancer(
  upstream: NginxUpstreamOptions,
  listener: NginxListenerOptions,
  workers: number,
): Balancer<NginxSession> {
  const memories: Peer[][] = [];
  for (let worker = 0; worker < workers; worker++) {
    memories.push(upstream.zone && worker > 0 ? memories[0]! : upstream.peers.map(newPeer));
  }
  const { method, peers } = upstream;
  const main = peers.filter((peer) => !peer.backup);
  const ring = method.kind === 'hashConsistent' ? buildRing(peers) : null;
  const addressesOf = (text: string): number[] =>
    peers.flatMap((peer, index) => (!peer.backup && peer.serverText === text ? [index] : []));
  const ringPeers = ring ? ring.texts.map(addressesOf) : [];
  const totalWeight = main.reduce((sum, peer) => sum + peer.weight, 0);
  const tries = peers.filter((peer) => !peer.down).length;

  function usable(session: NginxSession, memory: readonly Peer[], index: number, nowSeconds: number): boolean {
    return !session.tried.has(index) && isUsable(memory[index]!, nowSeconds);
  }

  function roundRobin(session: NginxSession, memory: readonly Peer[], nowSeconds: number): number {
    if (main.length === 1 && peers.length === 1) {
      // A lone peer is never banned; ngx_stream_upstream_get_round_robin_peer, `single`.
      const { options, conns } = memory[0]!;
      return options.down || (options.maxConns > 0 && conns >= options.maxConns) ? -1 : 0;
    }
    const first = smoothWeighted(memory, (i) => !peers[i]!.backup && usable(session, memory, i, nowSeconds));
    if (first >= 0) return first;
    session.tried.clear();
    return smoothWeighted(memory, (i) => peers[i]!.backup && usable(session, memory, i, nowSeconds));
  }

  function leastConn(session: NginxSession, memory: readonly Peer[], nowSeconds: number): number {
    let best = -1;
    let ties = false;
    const load = (a: Peer, b: Peer): number => a.conns * b.options.weight - b.conns * a.options.weight;
    for (let index = 0; index < memory.length; index++) {
      if (peers[index]!.backup || !usable(session, memory, index, nowSeconds)) continue;
      const order = best < 0 ? -1 : load(memory[index]!, memory[best]!);
      if (order < 0) {
        best = index;
        ties = false;
      } else if (order === 0) {
        ties = true;
      }
    }
    if (best < 0) return roundRobin(session, memory, nowSeconds);
    if (!ties) return best;
    const least = memory[best]!;
    return smoothWeighted(
      memory,
      (i) => !peers[i]!.backup && load(memory[i]!, least) === 0 && usable(session, memory, i, nowSeconds),
      best,
    );
  }

  function hashConsistent(points: Ring, session: NginxSession, memory: readonly Peer[], nowSeconds: number): number {
    while (session.skips <= skipLimit) {
      const owners = ringPeers[points.owners[session.position % points.owners.length]!]!;
      const chosen =
        owners.length === 1
          ? usable(session, memory, owners[0]!, nowSeconds)
            ? owners[0]!
            : -1
          : smoothWeighted(memory, (i) => owners.includes(i) && usable(session, memory, i, nowSeconds));
      if (chosen >= 0) return chosen;
      session.position += 1;
      session.skips += 1;
    }
    return roundRobin(session, memory, nowSeconds);
  }

  function hash(session: NginxSession, memory: readonly Peer[], nowSeconds: number): number {
    while (session.skips <= skipLimit) {
      const text = session.rehashes > 0 ? `${session.rehashes}${session.key}` : session.key;
      session.position = (session.position + ((crc32(Buffer.from(text, 'latin1')) >>> 16) & 0x7fff)) >>> 0;
      session.rehashes += 1;
      let rest = session.position % totalWeight;
      let index = peers.findIndex((peer) => {
        if (peer.backup) return false;
        rest -= peer.weight;
        return rest < 0;
      });
      if (!usable(session, memory, index, nowSeconds)) index = -1;
      if (index >= 0) return index;
      session.skips += 1;
    }
    return roundRobin(session, memory, nowSeconds);
  }

  function choose(session: NginxSession, memory: readonly Peer[], nowSeconds: number): number {
    const hashed = session.key !== '' && main.length > 1;
    switch (method.kind) {
      case 'hashConsistent':
        return hashed ? hashConsistent(ring!, session, memory, nowSeconds) : roundRobin(session, memory, nowSeconds);
      case 'hash':
        return hashed ? hash(session, memory, nowSeconds) : roundRobin(session, memory, nowSeconds);
      case 'leastConn':
        return peers.length > 1 ? leastConn(session, memory, nowSeconds) : roundRobin(session, memory, nowSeconds);
      case 'roundRobin':
        return roundRobin(session, memory, nowSeconds);
      default:
        return method satisfies never;
    }
  }

  return {
    peers,
    workers,
    open(key, worker) {
      const limit = listener.nextUpstreamTries;
      return {
        worker,
        peerIndex: -1,
        key,
        tried: new Set(),
        left: limit > 0 ? Math.min(limit, tries) : tries,
        position: ring && key !== '' ? findPoint(ring, crc32(Buffer.from(key, 'latin1'))) : 0,
        rehashes: 0,
        skips: 0,
      };
    },
    next(session, nowSeconds) {
      const memory = memories[session.worker]!;
      const chosen = choose(session, memory, nowSeconds);
      session.peerIndex = chosen;
      if (chosen >= 0) {
        session.tried.add(chosen);
        if (peers.length > 1) take(memory[chosen]!, nowSeconds);
        else memory[chosen]!.conns += 1;
      }
      return chosen;
    },
    failed(session, nowSeconds, elapsedUs) {
      const peer = memories[session.worker]![session.peerIndex]!;
      peer.conns -= 1;
      session.peerIndex = -1;
      session.left -= 1;
      if (peers.length === 1) return false;
      recordFailure(peer, nowSeconds);
      if (session.left <= 0 || !listener.nextUpstream) return false;
      return listener.nextUpstreamTimeoutUs === 0 || elapsedUs < listener.nextUpstreamTimeoutUs;
    },
    connected(session) {
      recordSuccess(memories[session.worker]![session.peerIndex]!);
    },
    closed(session) {
      if (session.peerIndex < 0) return;
      const peer = memories[session.worker]![session.peerIndex]!;
      recordSuccess(peer);
      peer.conns -= 1;
      session.peerIndex = -1;
    },
  };
}

/** TCP sessions one worker process can proxy: each takes two of its connection slots. nginx 1.22.1, measured. */
export function maxSessionsPerWorker({ workerConnections, listeningSockets }: NginxOptions): number {
  return Math.max(0, Math.floor((workerConnections - 1 - listeningSockets) / 2));
}
