// What nginx remembers about the peers of one upstream, and its smooth weighted round robin.
// Source: nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c.
import type { NginxPeerOptions } from './options.ts';

/** State of one peer in one worker process (or in all of them, with a `zone`). */
export interface Peer {
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

export function newPeer(options: NginxPeerOptions): Peer {
  return {
    options,
    fails: 0,
    accessedAtSeconds: 0,
    checkedAtSeconds: 0,
    conns: 0,
    currentWeight: 0,
    effectiveWeight: options.weight,
  };
}

/** True while the peer is passed over for its failures. */
export function isBanned({ options, fails, checkedAtSeconds }: Peer, nowSeconds: number): boolean {
  if (options.maxFails === 0 || fails < options.maxFails) return false;
  return nowSeconds - checkedAtSeconds <= options.failTimeoutSeconds;
}

/** True when a session that has not tried it yet may use the peer. */
export function isUsable(peer: Peer, nowSeconds: number): boolean {
  const { down, maxConns } = peer.options;
  return !down && !isBanned(peer, nowSeconds) && !(maxConns > 0 && peer.conns >= maxConns);
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

/**
 * Smooth weighted round robin over the peers for which `candidate` is true, from index `from` on, in file order.
 * @returns the index of the chosen peer, -1 when there is no candidate.
 */
export function smoothWeighted(peers: readonly Peer[], candidate: (index: number) => boolean, from = 0): number {
  let best = -1;
  let total = 0;
  for (let index = from; index < peers.length; index++) {
    if (!candidate(index)) continue;
    const peer = peers[index]!;
    peer.currentWeight += peer.effectiveWeight;
    total += peer.effectiveWeight;
    if (peer.effectiveWeight < peer.options.weight) peer.effectiveWeight += 1;
    if (best < 0 || peer.currentWeight > peers[best]!.currentWeight) best = index;
  }
  if (best >= 0) peers[best]!.currentWeight -= total;
  return best;
}
