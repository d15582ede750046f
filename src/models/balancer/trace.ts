// What an onlooker wants to know of a choice: what was looked at and in which order, what was passed over and why. The methods tell it
// while they choose, to those sessions that were opened with a trace; the others pay nothing.

/** Why a peer was not taken. Instants are the balancer's clock, in µs. */
export type PassedOver =
  /** The session has been there. */
  | { readonly kind: 'tried' }
  /** The session has just failed there, and there are others. */
  | { readonly kind: 'justFailed' }
  /** The configuration says so. */
  | { readonly kind: 'down' }
  /** Failures keep it out. @property untilUs it may be taken from then on. */
  | { readonly kind: 'banned'; readonly fails: number; readonly untilUs: number }
  | { readonly kind: 'full'; readonly sessions: number; readonly limit: number }
  /** More sessions than a bound on the load allows at this moment. */
  | { readonly kind: 'overBound'; readonly sessions: number; readonly limit: number }
  /** Checks have found it down. @property passes checks in a row that it has to pass before it is back. */
  | { readonly kind: 'unhealthy'; readonly passes: number }
  | { readonly kind: 'drained' }
  | { readonly kind: 'maintenance' }
  | { readonly kind: 'noWeight' }
  /** It stands in when the others are gone. */
  | { readonly kind: 'backup' }
  /** Of two draws the other one was less busy. */
  | { readonly kind: 'busier' }
  /** The second of two draws was the first again. */
  | { readonly kind: 'drawnAgain' };

export interface PeerSeen {
  readonly peerIndex: number;
  /** Open sessions, as the product counts them in the memory that is asked. */
  readonly sessions: number;
  /** `null`: it may be taken. */
  readonly passedOver: PassedOver | null;
  /** What else the product remembers, under its own names. */
  readonly counters: Readonly<Record<string, number>>;
}

export type LookStep =
  /** @property at point on the ring, slot of the table or of the weights; `null`: the method has no places. */
  | { readonly kind: 'looked'; readonly at: number | null; readonly peerIndex: number; readonly why: PassedOver }
  | { readonly kind: 'took'; readonly at: number | null; readonly peerIndex: number }
  /** One of several draws. */
  | { readonly kind: 'drew'; readonly at: number; readonly peerIndex: number }
  /** The method gives up its own rule. */
  | { readonly kind: 'turnedTo'; readonly rule: 'roundRobin' | 'backups' | 'lonePeer' | 'firstBackup' }
  /** The choice before stands. */
  | { readonly kind: 'stayed'; readonly peerIndex: number }
  /** All are full: the session waits. @property peerIndex for this one; -1: for any. */
  | { readonly kind: 'queued'; readonly peerIndex: number };

/** One call of `next`. */
export interface ChoiceStory {
  readonly atUs: number;
  /** As they were before the choice. */
  readonly peers: readonly PeerSeen[];
  readonly steps: LookStep[];
  /** Answer of `next`. */
  answer: number;
}

export interface SessionTrace {
  /** Bytes the method hashes; `null`: it hashes nothing. */
  key: Uint8Array | null;
  /** uint32: of the key; `null`: the method has none. */
  hash: number | null;
  /** Where the key belongs while every server works; `null`: nowhere. */
  home: { readonly at: number; readonly peerIndex: number } | null;
  readonly choices: ChoiceStory[];
}

export function newTrace(): SessionTrace {
  return { key: null, hash: null, home: null, choices: [] };
}

/** Of an open choice. */
export function note(trace: SessionTrace, step: LookStep): void {
  trace.choices.at(-1)?.steps.push(step);
}

/** The ring of a consistent hash as it stands, for who wants to draw it. */
export interface RingView {
  /** uint32, ascending. */
  readonly positions: Uint32Array;
  /** Peer behind each; of several that share a point the first. */
  readonly owners: Int32Array;
  /** The point that a hash belongs to: the first one at or behind it, or the nearest in either direction. */
  readonly rule: 'next' | 'nearest';
}
