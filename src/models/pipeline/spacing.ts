// The dispatcher as a queue with a fixed spacing: while it has a backlog it sends once a slot. Wazuh 4.14.7,
// src/client-agent/buffer.c, dispatch_buffer().

/** What an agent's applications have written. */
interface Writer {
  /** Events written before `atUs`. */
  written(agent: number, atUs: number): number;
}

/** More comes than may be sent: a backlog builds up. Below that an idle dispatcher is taken to send what comes when it comes. */
export function isBusy(ratePerUs: number, spacingUs: number): boolean {
  return ratePerUs * spacingUs >= 1;
}

/** Slots before `toUs`, the first at `slot`. */
export function slotsUpTo(slot: number, toUs: number, spacingUs: number): number {
  return slot < toUs ? Math.floor((toUs - 1 - slot) / spacingUs) + 1 : 0;
}

/**
 * Number of sends, one a slot, until a slot finds nothing to send: the smallest n with backlog + written by slot n ≤ n.
 * Each pass leaps over all events known to be there; at most `most` slots are looked at.
 * @param seen events written that the backlog accounts for.
 */
export function busySends(
  writer: Writer,
  agent: number,
  backlog: number,
  seen: number,
  slot: number,
  spacingUs: number,
  most: number,
): number {
  let sends = backlog;
  while (sends < most) {
    const there = backlog + writer.written(agent, slot + sends * spacingUs + 1) - seen;
    if (there <= sends) return sends;
    sends = there;
  }
  return sends;
}
