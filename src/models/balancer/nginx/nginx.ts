// nginx's stream proxy: one upstream with every worker's memory of its peers, and a listener that hands sessions on to it.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c and ngx_stream_proxy_module.c (next_upstream,
// finalize).
import type { Balancer, BalancerClient } from '../contract.ts';
import { clientKey, parseKey, unixClient, type KeyClient, type KeyPart } from './clientKey.ts';
import { createHash } from './hash.ts';
import { createHashConsistent } from './hashConsistent.ts';
import { leastConn } from './leastConn.ts';
import type { NginxListenerOptions, NginxOptions, NginxUpstreamOptions } from './options.ts';
import { banUntilSeconds, newMemory, recordFailure, recordSuccess, take, type Memory } from './peers.ts';
import { createRandom } from './random.ts';
import { roundRobin } from './roundRobin.ts';
import { upstreamsPassed } from './servers.ts';
import { whyNot, type Method, type NginxSession } from './session.ts';
import type { PeerSeen, SessionTrace } from '../trace.ts';
import { createVariables, type Variables } from './variables.ts';

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

/** Every upstream that these listeners pass to, as it is when nginx starts: the others may have servers that are no nodes. */
export function startUpstreams(
  options: Pick<NginxOptions, 'upstreams' | 'workers' | 'sockets'>,
  listeners: readonly NginxListenerOptions[],
): ReadonlyMap<number, NginxUpstream> {
  const { upstreams, workers } = options;
  const used = new Set(listeners.flatMap((listener) => upstreamsPassed(options, listener)));
  return new Map([...used].map((index) => [index, createUpstream(upstreams[index]!, workers)]));
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

/** An upstream sessions of a listener may go to. */
interface Way extends NginxUpstream {
  readonly keyParts: readonly KeyPart[];
  /** Attempts one session has. */
  readonly attempts: number;
  /** Index of its first peer among those of all ways. */
  readonly firstPeer: number;
}

/**
 * @param upstream what the listener passes to.
 * @param others all upstreams by their index; needed where variables decide which one it is.
 */
export function createNginxBalancer(
  upstream: NginxUpstream,
  listener: NginxListenerOptions,
  others: ReadonlyMap<number, NginxUpstream> = new Map(),
): Balancer<NginxSession> {
  const variables = createVariables(listener.variables ?? [], listener.sets ?? []);
  const route = listener.route ?? null;
  const behind = route ? route.upstreams.map(([, index]) => others.get(index)!) : [upstream];
  const ways = waysOf([...new Set(behind)], listener, variables);
  const wayTo = new Map(
    route?.upstreams.map(([value], index) => [
      value,
      ways.find(({ memories }) => memories === behind[index]!.memories)!,
    ]),
  );
  const routeParts = route ? parsed(route.expression, variables) : [];
  const own = listener.variables !== undefined || listener.sets !== undefined || route !== null ? variables : null;
  const { length: workers } = upstream.memories;
  /** A value that names no upstream: nginx closes the client. */
  const nowhere = waysOf(
    [createUpstream({ name: '', method: { kind: 'roundRobin' }, zone: false, peers: [] }, workers)],
    listener,
    variables,
  )[0]!;
  const wayAt = (peerIndex: number): Way => ways.findLast(({ firstPeer }) => firstPeer <= peerIndex)!;
  return {
    peers: ways.flatMap(({ options }) => options.peers),
    workers,
    open(client, worker, trace) {
      const seen = clientOf(listener, client);
      const values = own?.of(seen);
      const way = route ? (wayTo.get(values!.valueOf(routeParts)) ?? nowhere) : ways[0]!;
      const memory = way.memories[worker]!;
      const key = values ? values.valueOf(way.keyParts) : clientKey(way.keyParts, seen);
      const session: NginxSession = {
        worker,
        peerIndex: -1,
        firstPeer: way.firstPeer,
        method: way.method,
        key,
        memory,
        group: memory.main,
        tried: [],
        left: way.attempts,
        position: way.method.start(key),
        rehashes: 0,
        skips: 0,
        luck: client.luck,
        draws: 0,
        trace: trace ?? null,
      };
      if (trace !== undefined) way.method.explain?.(session, trace);
      return session;
    },
    next(session, nowUs) {
      const nowSeconds = inSeconds(nowUs);
      if (session.trace !== null) beginStory(session.trace, session, nowUs);
      const peer = session.method.choose(session, nowSeconds);
      session.peerIndex = peer === null ? -1 : session.firstPeer + peer.index;
      if (session.trace !== null) session.trace.choices.at(-1)!.answer = session.peerIndex;
      if (peer === null) return -1;
      session.tried.push(peer);
      take(peer, nowSeconds);
      return session.peerIndex;
    },
    failed(session, nowUs, elapsedUs) {
      const peer = session.memory.all[session.peerIndex - session.firstPeer]!;
      peer.conns -= 1;
      session.peerIndex = -1;
      session.left -= 1;
      if (session.memory.single) return Infinity;
      recordFailure(peer, inSeconds(nowUs));
      if (session.left <= 0 || !listener.nextUpstream) return Infinity;
      return listener.nextUpstreamTimeoutUs === 0 || elapsedUs < listener.nextUpstreamTimeoutUs ? 0 : Infinity;
    },
    banUntilUs(worker, peerIndex) {
      const { memories, firstPeer } = wayAt(peerIndex);
      return banUntilSeconds(memories[worker]!.all[peerIndex - firstPeer]!) * 1_000_000;
    },
    connected(session) {
      recordSuccess(session.memory.all[session.peerIndex - session.firstPeer]!);
    },
    closed(session) {
      if (session.peerIndex < 0) return;
      const { memories, firstPeer } = wayAt(session.peerIndex);
      const peer = memories[session.worker]!.all[session.peerIndex - firstPeer]!;
      recordSuccess(peer);
      peer.conns -= 1;
      session.peerIndex = -1;
    },
    ring(session) {
      const view = session.method.ring?.(session);
      if (!view || session.firstPeer === 0) return view ?? null;
      return { ...view, owners: view.owners.map((owner) => owner + session.firstPeer) };
    },
  };
}

/** What the worker process remembers as it is about to choose. */
function beginStory(trace: SessionTrace, { memory, firstPeer }: NginxSession, nowUs: number): void {
  const peers = memory.all.map((peer): PeerSeen => ({
    peerIndex: firstPeer + peer.index,
    sessions: peer.conns,
    passedOver: whyNot(null, peer, inSeconds(nowUs)) ?? (peer.options.backup ? { kind: 'backup' } : null),
    counters: {
      weight: peer.options.weight,
      effective_weight: peer.effectiveWeight,
      current_weight: peer.currentWeight,
      fails: peer.fails,
    },
  }));
  trace.choices.push({ atUs: nowUs, peers, steps: [], answer: -1 });
}

function waysOf(
  upstreams: readonly NginxUpstream[],
  { nextUpstreamTries }: NginxListenerOptions,
  variables: Variables,
): readonly Way[] {
  let firstPeer = 0;
  return upstreams.map((upstream): Way => {
    const { method, peers } = upstream.options;
    const standing = peers.filter(({ down }) => !down).length;
    const way = {
      ...upstream,
      keyParts: 'key' in method ? parsed(method.key, variables) : [],
      attempts: nextUpstreamTries > 0 ? Math.min(nextUpstreamTries, standing) : standing,
      firstPeer,
    };
    firstPeer += peers.length;
    return way;
  });
}

/** nginx compares whole seconds of its clock. nginx 1.22.1, src/core/ngx_times.c, ngx_time(). */
function inSeconds(nowUs: number): number {
  return Math.floor(nowUs / 1_000_000);
}

function parsed(expression: string, variables: Variables): readonly KeyPart[] {
  const parts = parseKey(expression, (name) => variables.has(name));
  if (typeof parts === 'string') throw new Error(`${expression}: ${parts}`);
  return parts;
}

/** A client as the listener sees it. On a unix socket `$remote_port` and `$server_port` are empty: measured (1.22.1). */
function clientOf(listener: NginxListenerOptions, { address, port }: BalancerClient): KeyClient {
  if (listener.path !== undefined)
    return { remoteAddress: unixClient, remotePort: '', serverPort: '', protocol: 'TCP' };
  return {
    remoteAddress: listener.mappedAddresses && !address.includes(':') ? `::ffff:${address}` : address,
    remotePort: port,
    serverPort: listener.port,
    protocol: listener.protocol === 'udp' ? 'UDP' : 'TCP',
  };
}

/** TCP sessions one worker process can proxy: each takes two of its connection slots. nginx 1.22.1, measured. */
export function maxSessionsPerWorker({ workerConnections, listeningSockets }: NginxOptions): number {
  return Math.max(0, Math.floor((workerConnections - 1 - listeningSockets) / 2));
}
