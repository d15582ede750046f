// What of a group's settings decides where its events can be.
import { dispatchSpacingUs } from '../agent.ts';
import type { GroupOptions } from '../worldOptions.ts';

export interface Limits {
  /** Between two sends of the dispatcher; 0: the client buffer is disabled. */
  readonly spacingUs: number;
  /** Events in the client buffer; 0: disabled. */
  readonly ringSize: number;
  /** Lines in logcollector's queue. */
  readonly queueSize: number;
  /** Datagrams in the local socket. */
  readonly socketSize: number;
  /** The writer is blocked behind the local socket; else logcollector reads on and drops. */
  readonly blocks: boolean;
  /** Lines written while logcollector does not run are never read. */
  readonly skips: boolean;
  /** Records of event channels come from threads of the agent itself, straight into its buffer, and wait where they are from. */
  readonly isChannel: boolean;
  /** Counts of the client buffer at which its state changes, and how long it is FULL before it is FLOOD. */
  readonly warnAt: number;
  readonly normalAt: number;
  readonly toleranceUs: number;
}

export function limitsOf({ agent, events }: GroupOptions): Limits {
  const { clientBuffer, internal, kernel } = agent;
  const ringSize = clientBuffer.disabled ? 0 : clientBuffer.queueSize;
  return {
    spacingUs: clientBuffer.disabled ? 0 : dispatchSpacingUs(clientBuffer.eventsPerSecond),
    ringSize,
    // Wazuh, shared/queue_op.c, queue_full(): one slot stays free. Windows keeps the records of an event channel until they are taken.
    queueSize: events.source === 'eventChannel' ? Infinity : internal.logcollectorQueueSize - 1,
    socketSize: socketDatagrams(kernel.maxDgramQlen, kernel.localSendBufferBytes, events.sizeBytes),
    blocks: events.source === 'socket',
    skips: agent.life.onlyFutureEvents,
    isChannel: events.source === 'eventChannel',
    warnAt: (ringSize * internal.warnLevelPercent) / 100,
    normalAt: (ringSize * internal.normalLevelPercent) / 100,
    toleranceUs: internal.toleranceSeconds * 1_000_000,
  };
}

/**
 * Datagrams that a local socket takes whose reader sleeps: one more than `max_dgram_qlen`, or what the sender's own buffer holds.
 * Linux, net/unix/af_unix.c, unix_recvq_full(); net/core/sock.c, sock_alloc_send_pskb(): it asks for room before it counts the
 * datagram. One of up to 192 bytes counts as 768, one of up to 704 as 1,280. Measured with `max_dgram_qlen` 512: 277 of about 110
 * bytes (278 here), 167 of 300.
 */
export function socketDatagrams(maxDgramQlen: number, sendBufferBytes: number, datagramBytes: number): number {
  // SKB_TRUESIZE: the payload with its trailer of 320 bytes, rounded up to an allocation, and a header of 256.
  let allocation = 512;
  while (allocation < datagramBytes + 320) allocation *= 2;
  return Math.min(maxDgramQlen + 1, Math.max(1, Math.ceil(sendBufferBytes / (allocation + 256))));
}
