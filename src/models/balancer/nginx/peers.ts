// What nginx remembers about the peers of one upstream, and its smooth weighted round robin.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c.
import type { NginxPeerOptions } from './options.ts';

/** State of one peer in one worker process (or in all of them, with a `zone`). */
export interface Peer {
  /** Position among all peers of the upstream. */
  readonly index: number;
  readonly options: NginxPeerOptions;
  fails: number;
  /** Whole seconds of the last failure. */
  accessedAtSeconds: number;
  /** Whole seconds of the last failure or probe (nginx: `checked`). */
  checkedAtSeconds: number;
  conns: number;
  currentWeight: number;
  effectiveWeight: number;
}

/** What one worker process remembers about an upstream. Each list is in the order of the file. */
export interface Memory {
  readonly all: readonly Peer[];
  readonly main: readonly Peer[];
  readonly backup: readonly Peer[];
  /** A lone peer is never banned and never retried. */
  readonly single: boolean;
}

export function newMemory(peers: readonly NginxPeerOptions[]): Memory {
  const all = peers.map((options, index): Peer => ({
    index,
    options,
    fails: 0,
    accessedAtSeconds: 0,
    checkedAtSeconds: 0,
    conns: 0,
    currentWeight: 0,
    effectiveWeight: options.weight,
  }));
  return {
    all,
    main: all.filter(({ options }) => !options.backup),
    backup: all.filter(({ options }) => options.backup),
    single: all.length === 1,
  };
}

/** True while the peer is passed over for its failures. */
export function isBanned({ options, fails, checkedAtSeconds }: Peer, nowSeconds: number): boolean {
  if (options.maxFails === 0 || fails < options.maxFails) return false;
  return nowSeconds - checkedAtSeconds <= options.failTimeoutSeconds;
}

/** The whole second from which on the peer is tried again, as far as its failures go; 0: it is not passed over for them. */
export function banUntilSeconds({ options, fails, checkedAtSeconds }: Peer): number {
  if (options.maxFails === 0 || fails < options.maxFails) return 0;
  return checkedAtSeconds + options.failTimeoutSeconds + 1;
}

/** True when a session that has not tried it yet may use the peer. */
export function isUsable(peer: Peer, nowSeconds: number): boolean {
  return !peer.options.down && !isFull(peer) && !isBanned(peer, nowSeconds);
}

export function isFull({ options, conns }: Peer): boolean {
  return options.maxConns > 0 && conns >= options.maxConns;
}

/** A session takes the peer: it counts as probed when its ban is over. */
export function take(peer: Peer, nowSeconds: number): void {
  peer.conns += 1;
  if (nowSeconds - peer.checkedAtSeconds > peer.options.failTimeoutSeconds) peer.checkedAtSeconds = nowSeconds;
}

export function recordFailure(peer: Peer, nowSeconds: number): void {
  const { maxFails, weight } = peer.options;
  peer.fails += 1;
  peer.accessedAtSeconds = nowSeconds;
  peer.checkedAtSeconds = nowSeconds;
  if (maxFails > 0) peer.effectiveWeight = Math.max(0, peer.effectiveWeight - Math.floor(weight / maxFails));
}

/** A connection made or a session ended: failures older than the latest probe are forgotten. */
export function recordSuccess(peer: Peer): void {
  if (peer.accessedAtSeconds < peer.checkedAtSeconds) peer.fails = 0;
}

/** Smooth weighted round robin over the peers for which `candidate` is true; `null` when there is none. */
export function smoothWeighted(peers: readonly Peer[], candidate: (peer: Peer) => boolean): Peer | null {
  let best: Peer | null = null;
  let total = 0;
  for (const peer of peers) {
    if (!candidate(peer)) continue;
    peer.currentWeight += peer.effectiveWeight;
    total += peer.effectiveWeight;
    if (peer.effectiveWeight < peer.options.weight) peer.effectiveWeight += 1;
    if (best === null || peer.currentWeight > best.currentWeight) best = peer;
  }
  if (best !== null) best.currentWeight -= total;
  return best;
}
