// What happens to a place, when, and for how long.

/** A node or the balancer, by name. The balancer's place is called `balancer`. */
export const balancerPlace = 'balancer';

export interface FaultOptions {
  readonly kind: 'kill' | 'powerOff' | 'hang';
  /** Places hit together. A place that a mode does not have is left out there. */
  readonly places: readonly string[];
  /** First instant in µs since the end of the warm-up, drawn uniformly in [from, to]; `null`: down from the start of the warm-up. */
  readonly atUs: { readonly fromUs: number; readonly toUs: number } | null;
  /** Length in µs; `null`: to the end of the run and beyond. */
  readonly forUs: number | null;
  /** Distance between repetitions; `null`: once. */
  readonly everyUs: number | null;
  /** Number of repetitions; 1 without `everyUs`. */
  readonly times: number;
  /** `kill`: how long the dying process' listening socket still takes connections, µs. */
  readonly acceptsForUs: number;
}

// Measured on loopback, where an agent is back within about a millisecond: one reconnect of three still met the dying
// process' listening socket, two of three did not.
export const killDefaults = { acceptsForUs: 1_000 } satisfies Pick<FaultOptions, 'acceptsForUs'>;
