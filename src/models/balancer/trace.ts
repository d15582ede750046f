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

/** A uint32, or as a bigint a uint64. */
export type Hash = number | bigint;

/** By what products choose that hash nothing of their clients, or do not publish how they do. */
export type ChoiceBasis =
  | { readonly product: 'nlb'; readonly rule: 'flowHash' | 'stickiness' }
  | { readonly product: 'iptables'; readonly rule: 'draw' | 'affinity' }
  | { readonly product: 'ipvs'; readonly rule: string }
  | { readonly product: 'envoy'; readonly rule: 'turns' | 'random' | 'leastRequest' | 'drawnHash' | 'hash' }
  | { readonly product: 'f5'; readonly rule: 'turns' | 'ratio' | 'leastConnections'; readonly persists: boolean }
  | { readonly product: 'dns'; readonly rule: 'rotated' | 'random' | 'fixed' };

export type LookStep =
  /** @property at point on the ring, slot of the table or of the weights; `null`: the method has no places. */
  | { readonly kind: 'looked'; readonly at: Hash | null; readonly peerIndex: number; readonly why: PassedOver }
  | { readonly kind: 'took'; readonly at: Hash | null; readonly peerIndex: number }
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
  /** Of the key; `null`: the method has none. */
  hash: Hash | null;
  /** Where the key belongs while every server works; `null`: nowhere. */
  home: { readonly at: Hash; readonly peerIndex: number } | null;
  /** Places are slots of a table, however large their numbers. */
  hasTable: boolean;
  /** `null`: by the configuration alone, as its program is published. */
  basis: ChoiceBasis | null;
  readonly choices: ChoiceStory[];
}

export function newTrace(): SessionTrace {
  return { key: null, hash: null, home: null, hasTable: false, basis: null, choices: [] };
}

/** Of an open choice. */
export function note(trace: SessionTrace, step: LookStep): void {
  trace.choices.at(-1)?.steps.push(step);
}

/** The ring of a consistent hash as it stands, for who wants to draw it. */
export interface RingView {
  /** Ascending: hashes of 32 bits, or of 64. */
  readonly positions: Uint32Array | BigUint64Array;
  /** Peer behind each; of several that share a point the first. */
  readonly owners: Int32Array;
  /** The point that a hash belongs to: the first one at or behind it, or the nearest in either direction. */
  readonly rule: 'next' | 'nearest';
}
