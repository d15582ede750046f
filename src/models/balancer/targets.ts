// Targets of a balancer that keeps one list of them: who may be chosen, who is healthy, how many sessions each has. What products of
// this kind differ in are rules: how they choose, what a failed attempt leads to, what their checks make of a target.
import type {
  Balancer,
  BalancerAdmin,
  BalancerClient,
  BalancerNews,
  BalancerSession,
  HealthChecks,
  PeerAddress,
} from './contract.ts';
import type { ChoiceStory, Hash, LookStep, PassedOver, PeerSeen, RingView, SessionTrace } from './trace.ts';

export interface TargetOptions extends PeerAddress {
  /** Whole, ≥ 1; products that know no weights give 1. */
  readonly weight: number;
  /** Most sessions at once; 0: no limit. */
  readonly maxSessions: number;
  /** Never chosen. */
  readonly disabled: boolean;
}

export interface Target {
  readonly index: number;
  readonly options: TargetOptions;
  weight: number;
  /** What checks, or failures of sessions, have found. */
  healthy: boolean;
  admin: 'ready' | 'drain' | 'maint';
  sessions: number;
}

export interface TargetSession extends BalancerSession {
  readonly client: BalancerClient;
  /** Random numbers it has drawn. */
  draws: number;
  /** Connections to targets it has begun. */
  attempts: number;
  connected: boolean;
  readonly trace: SessionTrace | null;
}

/** What becomes of the sessions of a target that is no longer chosen. */
export type SessionsOfDown = 'kept' | 'closed' | 'resetOnUse';

export interface Targets {
  readonly all: readonly Target[];
  /** Counts the changes of who may be chosen, or of weights. */
  changes: number;
  news: BalancerNews[];
}

export function newTargets(options: readonly TargetOptions[]): Targets {
  return {
    all: options.map((each, index) => ({
      index,
      options: each,
      weight: each.weight,
      healthy: true,
      admin: each.disabled ? 'maint' : 'ready',
      sessions: 0,
    })),
    changes: 0,
    news: [],
  };
}

/** In service, whether healthy or not. */
export function inService({ admin }: Target): boolean {
  return admin === 'ready';
}

export function isFull({ options, sessions }: Target): boolean {
  return options.maxSessions > 0 && sessions >= options.maxSessions;
}

/** Checks or failures of sessions have found something. */
export function setHealthy(targets: Targets, target: Target, healthy: boolean, sessions: SessionsOfDown): void {
  if (target.healthy === healthy) return;
  target.healthy = healthy;
  targets.changes += 1;
  if (!inService(target)) return;
  const { index: peerIndex } = target;
  targets.news.push(healthy ? { kind: 'up', peerIndex } : { kind: 'down', peerIndex, sessions });
}

export interface TargetRules {
  readonly workers: number;
  /** @returns `null`: nothing is usable. */
  choose(session: TargetSession, nowUs: number): Target | null;
  /** A connection to the target failed. @returns as `Balancer.failed`; absent: the client is told, and nobody else is tried. */
  failed?(session: TargetSession, target: Target, nowUs: number, timedOut: boolean): number;
  connected?(session: TargetSession, target: Target, nowUs: number): void;
  /** A session that a target had is over. @param wasConnected it was not just being connected. */
  closed?(session: BalancerSession, target: Target, nowUs: number, wasConnected: boolean): void;
  readonly checks?: HealthChecks | undefined;
  /** Checks in a row that an unhealthy target has to pass; absent: one. */
  readonly passes?: number | undefined;
  /** What the choice hashes of a client, as bytes; `null`, or absent: nothing. */
  keyOf?(client: BalancerClient): Uint8Array | null;
  /**
   * What an onlooker is told of a choice that has just been made, into the trace.
   * @returns where the target was found; `null`, or absent: the method has no places.
   */
  tell?(session: TargetSession, trace: SessionTrace): Hash | null;
  /** Of a consistent hash, while everything works. */
  ring?(): RingView;
  /** Absent: the product takes no orders. */
  readonly orders?: {
    /** Its state has just changed. */
    changed?(target: Target, nowUs: number): void;
  };
}

/** A balancer that keeps to these rules. */
export function balancerOf(targets: Targets, rules: TargetRules): Balancer<TargetSession> {
  const { all } = targets;
  const optional: { checks?: HealthChecks; admin?: BalancerAdmin; ring?: () => RingView } = {};
  if (rules.checks) optional.checks = rules.checks;
  if (rules.orders) optional.admin = adminOf(targets, rules.orders);
  if (rules.ring) optional.ring = () => rules.ring!();
  return {
    peers: all.map(({ options }) => options),
    workers: rules.workers,
    open(client, worker, trace) {
      if (trace) trace.key = rules.keyOf?.(client) ?? null;
      return { worker, peerIndex: -1, client, draws: 0, attempts: 0, connected: false, trace: trace ?? null };
    },
    next(session, nowUs) {
      const seen = session.trace ? all.map((target) => seenOf(target, rules.passes ?? 1)) : null;
      const target = rules.choose(session, nowUs);
      session.peerIndex = target?.index ?? -1;
      if (session.trace && seen) {
        const at = rules.tell?.(session, session.trace) ?? null;
        session.trace.choices.push(storyOf(seen, target, at, nowUs));
      }
      if (target === null) return -1;
      session.attempts += 1;
      target.sessions += 1;
      return target.index;
    },
    failed(session, nowUs, _elapsedUs, timedOut) {
      const target = all[session.peerIndex]!;
      target.sessions -= 1;
      session.peerIndex = -1;
      return rules.failed?.(session, target, nowUs, timedOut) ?? Infinity;
    },
    connected(session, nowUs) {
      session.connected = true;
      rules.connected?.(session, all[session.peerIndex]!, nowUs);
    },
    closed(session, nowUs) {
      const target = all[session.peerIndex];
      if (!target) return;
      target.sessions -= 1;
      rules.closed?.(session, target, nowUs, !isTrying(session));
      session.peerIndex = -1;
    },
    ...optional,
    takeNews() {
      const { news } = targets;
      if (news.length > 0) targets.news = [];
      return news;
    },
  };
}

/** Why a target is no choice at this moment, whatever the method. */
function passedOver(target: Target, passes: number): PassedOver | null {
  const { options, admin, healthy, sessions } = target;
  if (options.disabled) return { kind: 'down' };
  if (admin !== 'ready') return { kind: admin === 'drain' ? 'drained' : 'maintenance' };
  if (!healthy) return { kind: 'unhealthy', passes };
  return isFull(target) ? { kind: 'full', sessions, limit: options.maxSessions } : null;
}

function seenOf(target: Target, passes: number): PeerSeen {
  const { index: peerIndex, sessions, weight } = target;
  return { peerIndex, sessions, passedOver: passedOver(target, passes), counters: { weight } };
}

function storyOf(peers: readonly PeerSeen[], target: Target | null, at: Hash | null, atUs: number): ChoiceStory {
  const steps = peers.flatMap(({ peerIndex, passedOver: why }): LookStep[] =>
    why === null || peerIndex === target?.index ? [] : [{ kind: 'looked', at: null, peerIndex, why }],
  );
  if (target) steps.push({ kind: 'took', at, peerIndex: target.index });
  return { atUs, peers, steps, answer: target?.index ?? -1 };
}

/** Of an established session no more than worker and peer may be left. */
function isTrying(session: BalancerSession): boolean {
  return 'connected' in session && session.connected === false;
}

function adminOf(targets: Targets, orders: NonNullable<TargetRules['orders']>): BalancerAdmin {
  const { all } = targets;
  return {
    setState(peerIndex, state, nowUs) {
      const target = all[peerIndex]!;
      const before = inService(target);
      target.admin = state;
      const after = inService(target);
      if (before === after) return;
      targets.changes += 1;
      if (target.healthy) {
        targets.news.push(after ? { kind: 'up', peerIndex } : { kind: 'down', peerIndex, sessions: 'kept' });
      }
      orders.changed?.(target, nowUs);
    },
    setWeight(peerIndex, weight) {
      all[peerIndex]!.weight = weight;
      targets.changes += 1;
    },
    sessions: (peerIndex) => all[peerIndex]!.sessions,
    isUp: (peerIndex) => all[peerIndex]!.healthy,
  };
}
