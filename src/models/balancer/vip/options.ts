// An address that moves between balancers (VRRP, keepalived).
import type { ListenerFacts } from '../product.ts';

export interface VipOptions {
  /** Balancers that may have it, by index in the world's; the first that can has it. */
  readonly of: readonly number[];
  /** Ports it is asked on; what stands behind them is that of the first balancer. */
  readonly listeners: readonly VipListenerOptions[];
  /** From the end of its owner to the first packet that the next one takes. */
  readonly takeoverUs: number;
  /** An earlier one in the list takes it back when it can have it again, so long after that. keepalived: unless `nopreempt`. */
  readonly returns: boolean;
  /** What has to be gone for it to move: the host alone, or the balancer's processes as well (`track_process`, a check script). */
  readonly follows: 'host' | 'process';
}

export interface VipListenerOptions {
  readonly facts: ListenerFacts;
  /** Listener of each balancer of the list. */
  readonly listenerOf: readonly number[];
}

// keepalived.conf(5): advert_int 1 s; RFC 5798, 6.1: Master_Down_Interval is 3 x Advertisement_Interval and less than one more.
// A process is watched only where the configuration says so; that it does is assumed, and printed.
export const vipDefaults = { takeoverUs: 3_600_000, returns: true, follows: 'process' } satisfies Partial<VipOptions>;
