// The states of the client buffer. They raise alerts and decide nothing: an event is lost when it finds the buffer full, whatever
// the state. Wazuh 4.14.7, src/client-agent/buffer.c, buffer_append() and dispatch_buffer(); the same from 3.12 to 5.0.
import type { Limits } from './limits.ts';

export const RingState = { Normal: 0, Warning: 1, Full: 2, Flood: 3 } as const;
export type RingState = (typeof RingState)[keyof typeof RingState];

/**
 * Alerts of a group's agents: each change of state makes the dispatcher send one. They come from the agent, not from an
 * application, so they are counted beside `produced`.
 */
export interface BufferAlerts {
  warning: number;
  full: number;
  flood: number;
  normal: number;
  /** First instant at which one of the group's buffers was full, µs; Infinity: none was. */
  firstFullUs: number;
}

export function noBufferAlerts(): BufferAlerts {
  return { warning: 0, full: 0, flood: 0, normal: 0, firstFullUs: Infinity };
}

export class RingStates {
  readonly state: Uint8Array;
  readonly #fullSinceUs = new Map<number, number>();

  constructor(agents: number) {
    this.state = new Uint8Array(agents);
  }

  /**
   * The buffer holds `events` after something was put in or taken out. Every event passes the thresholds one by one, so a change
   * by many passes all states in between.
   * @param appended something was put in, or found no room (`overflowed`).
   */
  note(
    agent: number,
    limits: Limits,
    alerts: BufferAlerts,
    events: number,
    atUs: number,
    appended: boolean,
    overflowed: boolean,
  ): void {
    let state = this.state[agent]!;
    const isFull = overflowed || events >= limits.ringSize;
    if (appended) {
      if (state === RingState.Normal && (isFull || events >= limits.warnAt)) {
        state = RingState.Warning;
        alerts.warning += 1;
      }
      if (state === RingState.Warning && isFull) {
        state = RingState.Full;
        alerts.full += 1;
        this.#fullSinceUs.set(agent, atUs);
        if (atUs < alerts.firstFullUs) alerts.firstFullUs = atUs;
      } else if (state === RingState.Full && atUs - this.#fullSinceUs.get(agent)! >= limits.toleranceUs) {
        state = RingState.Flood;
        alerts.flood += 1;
      }
    }
    if (!isFull && state >= RingState.Full && events <= limits.warnAt) {
      state = RingState.Warning;
      alerts.warning += 1;
      this.#fullSinceUs.delete(agent);
    }
    if (!isFull && state === RingState.Warning && events <= limits.normalAt) {
      state = RingState.Normal;
      alerts.normal += 1;
    }
    this.state[agent] = state;
  }

  /** The process is new. */
  reset(agent: number): void {
    this.state[agent] = RingState.Normal;
    this.#fullSinceUs.delete(agent);
  }
}
