// What state a host and the processes on it are in: the union of the faults that hit it.

export const PlaceState = {
  /** Processes accept and work. */
  Up: 0,
  /** The host lives, nobody listens: connects are refused. */
  Refusing: 1,
  /** The processes are dying, their listening socket still takes connections and then resets them. */
  Dying: 2,
  /** The processes stand still, the kernel accepts and acknowledges. */
  Hung: 3,
  /** No packet comes back. */
  Silent: 4,
} as const;
export type PlaceState = (typeof PlaceState)[keyof typeof PlaceState];

export interface Place {
  readonly startupUs: number;
  readonly acceptQueue: number;
  state: PlaceState;
  killed: number;
  poweredOff: number;
  hung: number;
  /** Faults in which it takes events and loses them. */
  zombie: number;
  /** Faults in which remoted alone, or authd alone, stands still. */
  hungRemoted: number;
  hungAuthd: number;
  /** Occurrence that made it one, the latest. */
  zombieFault: number;
  /** Shares of its capacity that are left, one a fault; empty: all of it. */
  slow: readonly number[];
  /** When the processes last ended in order, having written what they had analysed. */
  stoppedAtUs: number;
  /** Processes are starting until this instant. */
  startsUntilUs: number;
  /** The dying process accepts until this instant. */
  acceptsUntilUs: number;
  /** Counts the lives of the processes: a connection of an earlier life is dead. */
  life: number;
  /** `marksOf` of which they have been told. */
  seenMarks: number;
  /** Life that those who depend on the place have been told of. */
  seenLife: number;
  /** Connections in the accept queues (events, registration) that a hung process has not taken. */
  queued: number;
  queuedRegistration: number;
}

export function newPlace(startupUs: number, acceptQueue: number): Place {
  return {
    startupUs,
    acceptQueue,
    state: PlaceState.Up,
    killed: 0,
    poweredOff: 0,
    hung: 0,
    zombie: 0,
    zombieFault: -1,
    hungRemoted: 0,
    hungAuthd: 0,
    slow: [],
    stoppedAtUs: -Infinity,
    startsUntilUs: -Infinity,
    acceptsUntilUs: -Infinity,
    life: 0,
    seenMarks: 0,
    seenLife: 0,
    queued: 0,
    queuedRegistration: 0,
  };
}

/** State that follows from the faults at this instant. */
export function stateOf(place: Place, nowUs: number): PlaceState {
  if (place.poweredOff > 0) return PlaceState.Silent;
  if (place.killed > 0) return nowUs < place.acceptsUntilUs ? PlaceState.Dying : PlaceState.Refusing;
  if (nowUs < place.startsUntilUs) return PlaceState.Refusing;
  if (place.hung > 0 || place.hungRemoted > 0) return PlaceState.Hung;
  return PlaceState.Up;
}

/** State of what listens on one of the two ports: remoted's, or authd's for a registration. */
export function serviceState(place: Place, registration: boolean): PlaceState {
  if (!registration || (place.state !== PlaceState.Up && place.state !== PlaceState.Hung)) return place.state;
  return place.hung > 0 || place.hungAuthd > 0 ? PlaceState.Hung : PlaceState.Up;
}

/** What of a place can change while its state stays: whether it keeps what it takes, and whether authd answers. */
export function marksOf(place: Place): number {
  return (place.zombie > 0 ? 1 : 0) + (place.hung > 0 || place.hungAuthd > 0 ? 2 : 0);
}

/** Share of its capacity that is left; of several faults the worst. */
export function capacityShare(place: Place): number {
  return Math.min(1, ...place.slow);
}

/**
 * True when one more connection fits into the accept queue of a process that takes none.
 * Linux, sk_acceptq_is_full(): a backlog of n holds n + 1, further SYNs are dropped.
 */
export function fitsQueue(queued: number, acceptQueue: number): boolean {
  return queued <= acceptQueue;
}
