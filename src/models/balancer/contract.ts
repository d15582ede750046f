// What every balancer can do, whatever product and method stand behind it.

/** One resolved address a balancer connects to. */
export interface PeerAddress {
  /** The `server` text as written, without parameters: what nginx hashes. */
  readonly serverText: string;
  readonly address: string;
  readonly port: number;
}

/** One client's way through the balancer, from the accepted connection to its end. */
export interface BalancerSession {
  readonly worker: number;
  /** Index of the peer in use, -1 while there is none. */
  peerIndex: number;
}

/**
 * The choice among the peers of one upstream and what is remembered about them. `nowSeconds` is the balancer's whole-second
 * clock. Order of calls for one session: `open`, then `next`; after each `next` that returned a peer exactly one of
 * `failed` (it could not be connected) or `connected`, later `closed`; a session given up between `next` and either of them
 * is `closed` straight away. Every product and method passes `test/contracts/balancer.ts`.
 */
export interface Balancer<S extends BalancerSession = BalancerSession> {
  readonly peers: readonly PeerAddress[];
  /** Worker processes; each has its own memory of the peers unless the method shares it. */
  readonly workers: number;
  /** @param key text of the client's key (nginx: the value of the `hash` expression, else unused). */
  open(key: string, worker: number): S;
  /** Index of the peer to connect to, or -1: nothing usable, the client is closed. */
  next(session: S, nowSeconds: number): number;
  /**
   * The connection to the peer failed.
   * @param elapsedUs since the session's first attempt.
   * @returns true when another `next` may follow, false: the client is closed.
   */
  failed(session: S, nowSeconds: number, elapsedUs: number): boolean;
  connected(session: S, nowSeconds: number): void;
  /** @param session of an established one only its worker and its peer need to be kept. */
  closed(session: BalancerSession, nowSeconds: number): void;
}
