// What the applications on an agent's host write: when, how large, and who picks it up.

export type Arrival = 'poisson' | 'regular';
export type EventSource = 'logcollector' | 'socket';

export interface WorkloadOptions {
  /** Events per second of one agent; with a spread this is the mean and `spread` says who gets how much. */
  readonly ratePerSecond: number;
  readonly spread: { readonly kind: 'equal' } | { readonly kind: 'pareto'; readonly alpha: number };
  readonly arrival: Arrival;
  /** Bytes of one event on the wire. */
  readonly sizeBytes: number;
  /** `logcollector` keeps reading and drops when its queue is full; `socket` blocks the writer. */
  readonly source: EventSource;
}

export const workloadDefaults = {
  spread: { kind: 'equal' },
  arrival: 'poisson',
  sizeBytes: 300,
  source: 'logcollector',
} satisfies Omit<WorkloadOptions, 'ratePerSecond'>;
