// Unix sockets among the servers of an upstream. Who connects to one that this nginx listens on itself is a client of that server block,
// which makes a choice of its own; where nobody listens the attempt is refused at once. Measured (1.22.1): `npm run conformance`.
// The worker process that has the client is taken to accept its connection to the socket as well (any of them may).
import type { Balancer, BalancerClient, BalancerSession } from '../contract.ts';
import { newTrace, type ChoiceStory, type LookStep, type RingView, type SessionTrace } from '../trace.ts';
import { createNginxBalancer, type NginxUpstream } from './nginx.ts';
import type { NginxListenerOptions, NginxOptions, NginxPeerOptions } from './options.ts';
import { blockAt, socketPath, upstreamsBehind } from './servers.ts';
import type { NginxSession } from './session.ts';

type Blocks = Pick<NginxOptions, 'upstreams' | 'sockets'>;

/** Where a session of a listener may end: a peer, with the server blocks on its way, the listener's own first. */
export interface Leaf {
  readonly peer: NginxPeerOptions;
  readonly blocks: readonly NginxListenerOptions[];
}

/** What stands behind a server block, peer by peer; sockets that this nginx listens on stand for what is behind them. */
export function leavesOf(
  options: Blocks,
  block: NginxListenerOptions,
  before: readonly NginxListenerOptions[] = [],
): readonly Leaf[] {
  if (before.includes(block)) throw new Error(`unix:${block.path ?? ''} leads to itself`);
  const blocks = [...before, block];
  return upstreamsBehind(block)
    .flatMap((index) => options.upstreams[index]!.peers)
    .flatMap((peer): readonly Leaf[] => {
      const next = blockAt(options, peer);
      if (next === null) return [{ peer, blocks }];
      return leavesOf(options, next, blocks).map((leaf) => ({ ...leaf, peer: underneath(peer, leaf.peer) }));
    });
}

function underneath(outer: NginxPeerOptions, inner: NginxPeerOptions): NginxPeerOptions {
  return { ...inner, backup: outer.backup || inner.backup, down: outer.down || inner.down };
}

/** A server of the first block. */
interface Door {
  /** `null`: it is a peer, or nobody listens on its socket. */
  readonly inner: Balancer | null;
  readonly isNobodys: boolean;
  /** Of its peers among all. */
  readonly first: number;
}

interface SocketSession extends BalancerSession {
  readonly outer: NginxSession;
  readonly client: BalancerClient;
  readonly trace: SessionTrace | null;
  /** Its first attempt; -1: none so far. */
  sinceUs: number;
  /** Behind a socket. */
  door: Door | null;
  inner: BalancerSession | null;
  innerTrace: SessionTrace | null;
  innerSinceUs: number;
}

/** @param upstreams running, all that may be passed. */
export function createNginxProxy(
  options: Blocks,
  listener: NginxListenerOptions,
  upstreams: ReadonlyMap<number, NginxUpstream>,
): Balancer {
  const outer = createNginxBalancer(upstreams.get(listener.upstreamIndex)!, listener, upstreams);
  const isPlain = outer.peers.every(({ address }) => socketPath(address) === null);
  return isPlain ? outer : throughSockets(options, outer, upstreams);
}

function throughSockets(
  options: Blocks,
  outer: Balancer<NginxSession>,
  upstreams: ReadonlyMap<number, NginxUpstream>,
): Balancer<SocketSession> {
  let first = 0;
  const doors = outer.peers.map((peer): Door => {
    const block = blockAt(options, peer);
    const inner = block && createNginxProxy(options, block, upstreams);
    const door = { inner, isNobodys: block === null && socketPath(peer.address) !== null, first };
    first += inner ? inner.peers.length : 1;
    return door;
  });
  const doorAt = (peerIndex: number): number => doors.findLastIndex((door) => door.first <= peerIndex);

  function leave(session: SocketSession, nowUs: number): void {
    outer.closed(session.outer, nowUs);
    session.door = null;
    session.inner = null;
    session.peerIndex = -1;
  }

  function nextBehind(session: SocketSession, nowUs: number): number {
    const { door, inner, innerTrace } = session;
    const peer = door!.inner!.next(inner!, nowUs);
    if (innerTrace && session.trace) {
      const story = innerTrace.choices.pop()!;
      session.trace.choices.push(retold(story, (index) => door!.first + index));
    }
    if (peer < 0) leave(session, nowUs);
    else session.peerIndex = door!.first + peer;
    return session.peerIndex;
  }

  return {
    peers: outer.peers.flatMap((peer, index) => doors[index]!.inner?.peers ?? [peer]),
    workers: outer.workers,
    open(client, worker, trace) {
      const session: SocketSession = {
        worker,
        peerIndex: -1,
        outer: outer.open(client, worker, trace),
        client,
        trace: trace ?? null,
        sinceUs: -1,
        door: null,
        inner: null,
        innerTrace: null,
        innerSinceUs: 0,
      };
      if (trace?.home) trace.home = { ...trace.home, peerIndex: doors[trace.home.peerIndex]!.first };
      return session;
    },
    next(session, nowUs) {
      if (session.inner) return nextBehind(session, nowUs);
      if (session.sinceUs < 0) session.sinceUs = nowUs;
      for (;;) {
        const peer = outer.next(session.outer, nowUs);
        if (session.trace) {
          const story = session.trace.choices.pop()!;
          session.trace.choices.push(retold(story, (index) => doors[index]!.first));
        }
        session.peerIndex = -1;
        if (peer < 0) return -1;
        const door = doors[peer]!;
        if (door.isNobodys) {
          // connect() finds no socket (ENOENT), or one that nobody has open (ECONNREFUSED).
          if (outer.failed(session.outer, nowUs, nowUs - session.sinceUs, false) === Infinity) return -1;
          continue;
        }
        if (door.inner === null) return (session.peerIndex = door.first);
        outer.connected(session.outer, nowUs);
        const { client, worker, trace } = session;
        session.door = door;
        session.innerTrace = trace && newTrace();
        session.innerSinceUs = nowUs;
        // Choices behind the socket are other draws than those before it.
        const luck = { ...client.luck, connect: -1 - client.luck.connect };
        session.inner = door.inner.open({ ...client, luck }, worker, session.innerTrace ?? undefined);
        return nextBehind(session, nowUs);
      }
    },
    failed(session, nowUs, elapsedUs, timedOut) {
      session.peerIndex = -1;
      if (session.inner === null) return outer.failed(session.outer, nowUs, elapsedUs, timedOut);
      const waitUs = session.door!.inner!.failed(session.inner, nowUs, nowUs - session.innerSinceUs, timedOut);
      // The block behind the socket closes its client, which had its connection: no other server is tried before the socket.
      if (waitUs === Infinity) leave(session, nowUs);
      return waitUs;
    },
    connected(session, nowUs) {
      if (session.inner === null) outer.connected(session.outer, nowUs);
      else session.door!.inner!.connected(session.inner, nowUs);
    },
    closed(session, nowUs) {
      if (session.peerIndex < 0) return;
      const index = doorAt(session.peerIndex);
      const { inner, first: before } = doors[index]!;
      const { worker } = session;
      if ('outer' in session) (session as SocketSession).outer.peerIndex = -1;
      inner?.closed({ worker, peerIndex: session.peerIndex - before }, nowUs);
      outer.closed({ worker, peerIndex: index }, nowUs);
      session.peerIndex = -1;
    },
    ring(session): RingView | null {
      const view = outer.ring?.(session.outer) ?? null;
      return view && { ...view, owners: view.owners.map((owner) => doors[owner]!.first) };
    },
  };
}

/** A choice with the peers' places among all. */
function retold(story: ChoiceStory, placeOf: (peerIndex: number) => number): ChoiceStory {
  const steps = story.steps.map((step): LookStep =>
    'peerIndex' in step && step.peerIndex >= 0 ? { ...step, peerIndex: placeOf(step.peerIndex) } : step,
  );
  const peers = story.peers.map((peer) => ({ ...peer, peerIndex: placeOf(peer.peerIndex) }));
  return { atUs: story.atUs, peers, steps, answer: story.answer < 0 ? story.answer : placeOf(story.answer) };
}
