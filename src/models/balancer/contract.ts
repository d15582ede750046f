// What every balancer can do, whatever product and method stand behind it.
import { below, type Key } from '../../kernel/random.ts';
import type { RingView, SessionTrace } from './trace.ts';

/** One resolved address a balancer connects to. */
export interface PeerAddress {
  /** The `server` text as written, without parameters: what nginx hashes. HAProxy and others: the server's name. */
  readonly serverText: string;
  readonly address: string;
  readonly port: number;
}

/** Who connects: what a balancer may choose by. */
export interface BalancerClient {
  /** Text of the address, as the client's packets carry it: dotted IPv4, or IPv6. */
  readonly address: string;
  readonly port: number;
  readonly luck: ClientLuck;
}

/** What a random choice for this connection is keyed by: never by mode or order. */
export interface ClientLuck {
  readonly key: Key;
  /** Number of the agent in its group. */
  readonly index: number;
  /** Number of the agent's connection. */
  readonly connect: number;
}

/** Draws one connection can make. */
const drawsPerConnection = 64;

/** The `nth` draw of a connection, uniform among 0 … n − 1. @param nth 0 … 63; a later one repeats the last. */
export function drawBelow(n: number, { key, index, connect }: ClientLuck, nth: number): number {
  return below(n, key, index, connect * drawsPerConnection + Math.min(nth, drawsPerConnection - 1));
}

/** One client's way through the balancer, from the accepted connection to its end. */
export interface BalancerSession {
  readonly worker: number;
  /** Index of the peer in use, -1 while there is none. */
  peerIndex: number;
  /** The peer it is tried on again when its pause is over; -1 or absent: none. */
  readonly retryIndex?: number;
}

/** Answers of `next` that are no peer. */
export const Choice = {
  /** Nothing is usable: the client is closed. */
  None: -1,
  /** Every usable peer is full: the session waits until `freed` names it, or until the product's time-out for that. */
  Queued: -2,
} as const;

/**
 * The choice among the peers of one upstream (backend, target group …) and what is remembered about them. `nowUs` is the balancer's
 * clock in whole µs, which never steps back; a product that compares whole seconds floors it. Order of calls for one session:
 * `open`, then `next`; after each `next` that returned a peer exactly one of `failed` (it could not be connected) or `connected`,
 * later `closed`; a session given up between `next` and either of them is `closed` straight away. Every product and method passes
 * `test/contracts/balancer.ts`.
 */
export interface Balancer<S extends BalancerSession = BalancerSession> {
  readonly peers: readonly PeerAddress[];
  /** Worker processes; each has its own memory of the peers unless the method shares it. */
  readonly workers: number;
  /** @param trace is told how the choices of this session come about; absent: nobody looks on. */
  open(client: BalancerClient, worker: number, trace?: SessionTrace): S;
  /** Index of the peer to connect to, or one of `Choice`. */
  next(session: S, nowUs: number): number;
  /**
   * The connection to the peer failed.
   * @param elapsedUs since the session's first attempt.
   * @param timedOut nothing was heard (else it was refused, or could not be sent).
   * @returns µs until `next` may be called again, 0: at once; Infinity: the client is closed.
   */
  failed(session: S, nowUs: number, elapsedUs: number, timedOut: boolean): number;
  connected(session: S, nowUs: number): void;
  /**
   * Until when a worker process passes the peer over for its failures, on the balancer's clock; 0: it does not. For those who look on;
   * absent: the product says what it has against a peer in its news.
   */
  banUntilUs?(worker: number, peerIndex: number): number;
  /** @param session of an established one only its worker and its peer need to be kept. */
  closed(session: BalancerSession, nowUs: number): void;
  /** Active checks; absent: the product, or this configuration, has none. */
  readonly checks?: HealthChecks;
  /** What an operator, or a helper program, says at run time; absent: the product takes no such orders. */
  readonly admin?: BalancerAdmin;
  /**
   * What has changed since the last call and concerns sessions, in the order in which it came about; absent: never anything. To be
   * asked after each call of `failed`, `closed`, `checks.checked` and `admin`.
   */
  takeNews?(): readonly BalancerNews[];
  /** The ring that a session is placed on; absent, or `null`: there is none. */
  ring?(session: S): RingView | null;
}

export type BalancerNews =
  /** The peer no longer gets sessions. `sessions`: what becomes of those it has. */
  | { readonly kind: 'down'; readonly peerIndex: number; readonly sessions: 'kept' | 'closed' | 'resetOnUse' }
  | { readonly kind: 'up'; readonly peerIndex: number }
  /** Sessions on this peer are closed, though it goes on (`on-marked-up shutdown-backup-sessions`). */
  | { readonly kind: 'ended'; readonly peerIndex: number }
  /** The next check of this peer begins at `atUs`, if none is due before. */
  | { readonly kind: 'recheck'; readonly peerIndex: number; readonly atUs: number }
  /** A session that was `Choice.Queued` may ask `next` again. */
  | { readonly kind: 'freed'; readonly session: BalancerSession };

/** Checks a balancer makes of its peers, each a connection of its own. */
export interface HealthChecks {
  /** When the first check of each peer begins, in µs since the balancer started; Infinity: it is not checked. */
  readonly firstAtUs: readonly number[];
  /** How long a check waits for an answer. */
  readonly timeoutUs: readonly number[];
  /** What it takes to pass: a connection the kernel accepts, or an answer of the process. */
  readonly asks: 'kernel' | 'process';
  /** A check ended. @param tookUs since it began; absent: it came to an answer at once. @returns µs until the next one of this peer begins. */
  checked(peerIndex: number, passed: boolean, nowUs: number, tookUs?: number): number;
  /**
   * After a check: true while others that end like it change nothing, and come after the same time, so that none of them need be
   * played. Absent: never.
   */
  steady?(peerIndex: number, passed: boolean): boolean;
}

export interface BalancerAdmin {
  /** `drain`: no new sessions, old ones stay; `maint`: the same, and no checks; `ready`: back to work. */
  setState(peerIndex: number, state: 'ready' | 'drain' | 'maint', nowUs: number): void;
  /** @param weight in the product's unit. */
  setWeight(peerIndex: number, weight: number, nowUs: number): void;
  /** Open sessions of each peer, as the product counts them. */
  sessions(peerIndex: number): number;
  isUp(peerIndex: number): boolean;
  /** What the product's statistics say of the peer, for those who read them; absent: it shows none. */
  shown?(
    peerIndex: number,
    nowUs: number,
  ): { readonly status: string; readonly forUs: number; readonly isDrained: boolean };
}
