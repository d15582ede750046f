// What agents of 3.12.0 to 3.13.0 remember while they look for a manager. What they do with it: listWalk.ts.

/** What the main thread of such an agent does. */
export const Stage = {
  None: 0,
  /** connect() is under way. */
  Connecting: 1,
  /** Waits for the answer to its startup message. */
  Reply: 2,
  /** Sleeps the second of a startup message that could not be sent. */
  Unsent: 3,
  /** Sleeps as many seconds as it has waited in vain. */
  Pause: 4,
  /** Sleeps a second before it closes its connection and connects anew. */
  Closing: 5,
  /** Every server of the list has refused: sleeps before it begins again. */
  ListEnd: 6,
  /** Sleeps between two rounds, with several servers on a new connection. */
  Patience: 7,
  /** Has connected and asked once more, and waits no longer. */
  Over: 8,
} as const;

/** What lies in the receive buffer while nobody reads it. */
export const Inbox = { Nothing: 0, Answer: 1, Closed: 2 } as const;

/** Arrays by agent. */
export interface WalkState {
  readonly stage: Uint8Array;
  /** Start of the stage. */
  readonly sinceUs: Float64Array;
  /** How often it has waited for an answer in vain, 0 to 6; src/client-agent/start_agent.c, start_agent(), `attempts`. */
  readonly tries: Uint8Array;
  /** Seconds it would sleep behind the next round; start_agent(), `g_attempts`. */
  readonly patience: Float64Array;
  /** Passes over the list without a connection; connect_server(), (`attempts` − 2) ÷ 10. */
  readonly passes: Float64Array;
  /** Entry of the list it was on when this round ended, -1: the walk is no change of rounds. */
  readonly from: Int16Array;
  readonly inbox: Uint8Array;
  /** The peer has closed, and has been written to since: the next message cannot be sent. */
  readonly deaf: Uint8Array;
  /** When its node read the startup message of the connection it has, and has not read the answer of; NaN: it has not. */
  readonly readUs: Float64Array;
  /** A box has forgotten that connection (legs.ts, `Forgotten`), and when. */
  readonly forgotten: Uint8Array;
  readonly forgottenUs: Float64Array;
}

export function newWalkState(agents: number): WalkState {
  return {
    stage: new Uint8Array(agents),
    sinceUs: new Float64Array(agents),
    tries: new Uint8Array(agents),
    patience: new Float64Array(agents),
    passes: new Float64Array(agents),
    from: new Int16Array(agents).fill(-1),
    inbox: new Uint8Array(agents),
    deaf: new Uint8Array(agents),
    readUs: new Float64Array(agents).fill(NaN),
    forgotten: new Uint8Array(agents),
    forgottenUs: new Float64Array(agents),
  };
}
