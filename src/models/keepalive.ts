// When an agent's main loop turns, when its keepalives leave, and when it notices that nobody answers. Computed when somebody
// asks; nothing of it is played. Wazuh 4.x, src/client-agent/{agentd,notify}.c: AgentdStart(), run_notify().
import { instantOfSecond, loopPeriodUs, nextTurnUs, wholeSeconds } from './agent.ts';

/** What the main loop is woken by: the events of one agent. */
export interface Wakes {
  /** Instant of the last event written before `atUs`, -1 when there is none. */
  before(atUs: number): number;
  /** Instant of the first event written at or after `atUs`, Infinity when there is none. */
  from(atUs: number): number;
}

/** The whole-second clockwork of one agent. */
export interface Clockwork {
  /** Where in its second the wall clock stands at instant 0, µs. */
  readonly phaseUs: number;
  /** The same for the clock the keepalives follow. */
  readonly keepalivePhaseUs: number;
  /** A second of that clock in which a keepalive was due; the others follow at whole notify times. */
  readonly keepaliveSecond: number;
  readonly notifyTimeSeconds: number;
  readonly timeReconnectSeconds: number;
}

/** First turn of the main loop at or after `atUs`; `wokenUs` is the last wake-up by the manager. */
export function turnAt(wakes: Wakes, wokenUs: number, atUs: number): number {
  const lastEvent = wakes.before(atUs);
  const turn = nextTurnUs(Math.max(wokenUs, lastEvent), atUs);
  const event = wakes.from(atUs);
  return event < turn ? event : turn;
}

/**
 * Instant of the last ACK the agent got for a keepalive that reached its node before `brokenUs`.
 * @param ackUs an ACK it is known to have got: the handshake, or the last one before a healed interruption.
 * @param latencyUs one way to the node.
 */
export function lastAckUs(clock: Clockwork, wakes: Wakes, ackUs: number, brokenUs: number, latencyUs: number): number {
  const { keepaliveSecond, keepalivePhaseUs, notifyTimeSeconds } = clock;
  const due = (k: number): number => instantOfSecond(keepaliveSecond + k * notifyTimeSeconds, keepalivePhaseUs);
  const last = Math.floor((wholeSeconds(brokenUs, keepalivePhaseUs) - keepaliveSecond) / notifyTimeSeconds);
  // Turns before an event do not matter, once the ACK of the keepalive before it must have come.
  let first = Math.max(1, last - 1);
  let woken = wakes.before(due(first));
  while (first > 1 && due(first) > ackUs && woken < due(first - 1) + loopPeriodUs + 2 * latencyUs) {
    first -= 1;
    woken = wakes.before(due(first));
  }
  woken = Math.max(ackUs, woken);
  let ack = ackUs;
  for (let k = first; k <= last; k++) {
    if (due(k) <= ackUs) continue;
    const sent = due(k) <= woken ? woken : turnAt(wakes, woken, due(k));
    if (sent + latencyUs > brokenUs) break;
    if (sent < ackUs) continue;
    ack = sent + 2 * latencyUs;
    woken = Math.max(woken, ack);
  }
  return ack;
}

/** Instant of the first keepalive that leaves at or after `atUs` while nobody answers. */
export function nextKeepaliveUs(clock: Clockwork, wakes: Wakes, ackUs: number, atUs: number): number {
  const { keepaliveSecond, keepalivePhaseUs, notifyTimeSeconds } = clock;
  let k = Math.max(1, Math.floor((wholeSeconds(atUs, keepalivePhaseUs) - keepaliveSecond) / notifyTimeSeconds));
  for (;;) {
    const due = instantOfSecond(keepaliveSecond + k * notifyTimeSeconds, keepalivePhaseUs);
    // One that was due before the last ACK has been answered by it.
    if (due >= ackUs) {
      const sent = turnAt(wakes, ackUs, due);
      if (sent >= atUs) return sent;
    }
    k += 1;
  }
}

/**
 * Instant at which a keepalive leaves that falls due as an ACK comes at `heardUs`: in its own turn, or in that of the ACK. Infinity when
 * there is none, or when it has left before `sinceUs`.
 * @param ackUs the ACK before that one.
 */
export function dueWithAckUs(clock: Clockwork, wakes: Wakes, ackUs: number, sinceUs: number, heardUs: number): number {
  const { keepaliveSecond, keepalivePhaseUs, notifyTimeSeconds } = clock;
  const k = Math.floor((wholeSeconds(heardUs, keepalivePhaseUs) - keepaliveSecond) / notifyTimeSeconds);
  const due = instantOfSecond(keepaliveSecond + k * notifyTimeSeconds, keepalivePhaseUs);
  if (k < 1 || due < ackUs) return Infinity;
  const sent = turnAt(wakes, ackUs, due);
  return sent < sinceUs ? Infinity : Math.min(sent, heardUs);
}

/** Second of the keepalive clock in which the last keepalive before `atUs` was due. */
export function lastKeepaliveSecond(clock: Clockwork, wakes: Wakes, ackUs: number, atUs: number): number {
  const { keepaliveSecond, keepalivePhaseUs, notifyTimeSeconds } = clock;
  let k = Math.max(0, Math.floor((wholeSeconds(atUs, keepalivePhaseUs) - keepaliveSecond) / notifyTimeSeconds));
  if (k > 0) {
    const due = instantOfSecond(keepaliveSecond + k * notifyTimeSeconds, keepalivePhaseUs);
    if (due > ackUs && turnAt(wakes, ackUs, due) >= atUs) k -= 1;
  }
  return keepaliveSecond + k * notifyTimeSeconds;
}

/** Instant at which the main loop sees that the last ACK is older than `time-reconnect` (strictly, in whole seconds). */
export function noticeUs(clock: Clockwork, wakes: Wakes, ackUs: number): number {
  const second = wholeSeconds(ackUs, clock.phaseUs) + clock.timeReconnectSeconds + 1;
  return turnAt(wakes, ackUs, Math.max(ackUs, instantOfSecond(second, clock.phaseUs)));
}
