// Rules of the agent daemon: its whole-second clock, its loop, its keepalives, its lock file. Wazuh 4.x, src/client-agent.

/**
 * Period of the main loop with nothing to read: `select()` waits 1 s, and the kernel adds its slack.
 * Measured (4.9.2, 87 runs): 61 turns from the last ACK to noticing take 61.07 s.
 */
export const loopPeriodUs = 1_001_150;

/** `select()` for the handshake ACK: measured 60.06 s for `agent.recv_timeout` 60 (the kernel's slack is a thousandth). */
export function receiveTimeoutUs(seconds: number): number {
  return seconds * 1_001_000;
}

/**
 * From the end of a failed attempt to the next one: `retry_interval`, and what `sleep()` and the agent's own work add to it.
 * Measured 10.0008 to 10.0011 s for 10 s.
 */
export function retrySleepUs(seconds: number): number {
  return seconds * 1_000_000 + 1_000;
}

/** Producers and the dispatcher look at the lock file this often. Wazuh, shared/wait_op.c, LOCK_LOOP. */
export const lockPollUs = 5_000_000;

/** A sender whose send fails sleeps this long. Wazuh 4.14.7, src/client-agent/sendmsg.c, send_msg(). */
export const sendErrorSleepUs = 1_000_000;

/** First look at the lock at or after `freeUs` by somebody who first met it at `metUs`. */
export function lockReleaseUs(metUs: number, freeUs: number): number {
  if (freeUs <= metUs) return metUs; // the lock is gone when he comes to it
  return metUs + Math.ceil((freeUs - metUs) / lockPollUs) * lockPollUs;
}

/** Whole seconds of a host's clock. @param phaseUs where in its second the host is at instant 0. */
export function wholeSeconds(atUs: number, phaseUs: number): number {
  return Math.floor((atUs + phaseUs) / 1_000_000);
}

/** Instant at which a host's clock turns to `seconds`. */
export function instantOfSecond(seconds: number, phaseUs: number): number {
  return seconds * 1_000_000 - phaseUs;
}

/**
 * First turn of the main loop at or after `atUs`, when nothing arrives: turns follow the last wake-up at whole periods.
 * @param wokenUs last wake-up, by an event or by the manager.
 */
export function nextTurnUs(wokenUs: number, atUs: number): number {
  if (atUs <= wokenUs) return atUs;
  return wokenUs + Math.ceil((atUs - wokenUs) / loopPeriodUs) * loopPeriodUs;
}

/**
 * When a segment that stays unacknowledged is sent again: a tail loss probe 0.208 s after it, the first repetition as long after
 * the probe, and so on at 0.416, 0.832, 1.664 … s, the wait doubling up to 120 s. Measured on Linux 6.18 (MTU 1500, round trips
 * below 1 ms, 0.1 to 50 segments/s): 0.205 to 0.208, 0.41, 0.83 to 0.85, 1.66 to 1.68, 3.32 to 3.35, 6.6 to 6.8, 13.3 to 13.5,
 * 26.6 to 26.8, 53.0 to 54.9 s: the kernel's timers are coarse and never early.
 * @returns the first such instant at or after `atUs`.
 */
export function retransmissionUs(firstSentUs: number, atUs: number): number {
  let waitUs = 208_000;
  let instant = firstSentUs + waitUs;
  while (instant < atUs) {
    instant += waitUs;
    waitUs = Math.min(waitUs * 2, 120_000_000);
  }
  return instant;
}

/**
 * When an unanswered SYN is sent again: `linear` times after one second each, then after 1, 2, 4 … s. The time-out is the end of
 * the wait behind the last one. Linux, Documentation/networking/ip-sysctl.rst, tcp_syn_retries: the last of 6 leaves after 67 s,
 * the time-out comes after 131 s.
 * @returns the first such instant at or after `atUs`, Infinity when no further SYN leaves before the kernel gives up.
 */
export function synRetryUs(firstSentUs: number, atUs: number, linear: number, connectTimeoutUs: number): number {
  let waitUs = 1_000_000;
  let instant = firstSentUs;
  for (let sent = 0; instant < atUs || sent === 0; sent++) {
    instant += waitUs;
    if (sent >= linear) waitUs *= 2;
    if (instant + waitUs > firstSentUs + connectTimeoutUs) return Infinity;
  }
  return instant;
}

/**
 * Distance between two sends of the dispatcher, µs. Wazuh 4.14.7, src/client-agent/buffer.c, dispatch_buffer(): it sleeps
 * what is left of 1/eps; measured, the limiter of 500 passes 477 to 478 eps, so each sleep lasts 94 µs longer.
 */
export function dispatchSpacingUs(eventsPerSecond: number): number {
  return Math.round(1_000_000 / eventsPerSecond) + 94;
}
