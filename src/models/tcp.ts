// What TCP does about a peer that is not heard: repeated FINs, sockets whose process has left, keepalive probes.
import { retransmissionUs } from './agent.ts';

/**
 * A socket that its process has closed repeats what nobody acknowledges 8 times behind the probe, the last time after 53.248 s; the
 * next time-out, at 106.496 s, is more than 102.2 s after the first repetition and ends it. Linux, net/ipv4/tcp_timer.c,
 * tcp_orphan_retries() (8), retransmits_timed_out().
 */
export const orphanLastRepeatUs = 53_248_000;
export const orphanGiveUpUs = 106_496_000;

/** First repetition of an orphan's segment at or after `atUs`; Infinity: it has given up by then, or never sent it (-Infinity). */
export function orphanRepeatUs(firstSentUs: number, atUs: number): number {
  if (atUs - firstSentUs > orphanLastRepeatUs) return Infinity;
  const againUs = retransmissionUs(firstSentUs, atUs);
  return againUs - firstSentUs > orphanLastRepeatUs ? Infinity : againUs;
}

/** TCP keepalive of one end of its connections. */
export interface TcpKeepalive {
  /** Silence until the first probe. */
  readonly idleUs: number;
  readonly intervalUs: number;
  /** Probes without an answer that end the connection, an interval after the last. */
  readonly count: number;
}

/**
 * Keepalive of the manager's connections. Wazuh 3.13 to 4.14, etc/internal_options.conf: `remoted.tcp_keepidle` 30,
 * `remoted.tcp_keepintvl` 10, `remoted.tcp_keepcnt` 3.
 */
export const managerKeepalive: TcpKeepalive = { idleUs: 30_000_000, intervalUs: 10_000_000, count: 3 };

/** SO_KEEPALIVE and nothing else. Linux, Documentation/networking/ip-sysctl.rst: tcp_keepalive_time, _intvl, _probes. */
export const linuxKeepalive: TcpKeepalive = { idleUs: 7_200_000_000, intervalUs: 75_000_000, count: 9 };

/** Asks never, and never gives up. */
export const noKeepalive: TcpKeepalive = { idleUs: Infinity, intervalUs: 1, count: 0 };

/** When the manager's kernel closes a connection on which nothing has come since `byteUs`: after the last unanswered probe. */
export function keepaliveEndUs(byteUs: number, { idleUs, intervalUs, count }: TcpKeepalive): number {
  return byteUs + idleUs + count * intervalUs;
}

/** First probe that leaves at or after `atUs`; Infinity when the connection is closed before. */
export function probeUs(byteUs: number, atUs: number, { idleUs, intervalUs, count }: TcpKeepalive): number {
  const firstUs = byteUs + idleUs;
  const passed = Math.max(0, Math.ceil((atUs - firstUs) / intervalUs));
  return passed < count ? firstUs + passed * intervalUs : Infinity;
}

/** When the other end last answered before `nowUs` on a way that has been open since `openUs`; `byteUs`: it was not asked. */
export function answeredUs(byteUs: number, openUs: number, nowUs: number, keepalive: TcpKeepalive): number {
  let askedUs = probeUs(byteUs, openUs, keepalive);
  if (askedUs >= nowUs) return byteUs;
  while (askedUs + keepalive.idleUs < nowUs) askedUs += keepalive.idleUs;
  return askedUs;
}

/**
 * How long a sender whose acknowledgements are lost goes on sending: until its first retransmission time-out closes its window to
 * the one segment it repeats. The tail loss probe before it closes nothing.
 * Linux, tcp_enter_loss(); the instant as in `retransmissionUs`.
 */
export const openWindowUs = 416_000;
