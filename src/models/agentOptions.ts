// The options of one group of agents. Defaults by version: agentVersions.ts.
import type { KernelOptions } from './network.ts';

/** Where a `<server>` entry leads: a node of the cluster, or a balancer's listener. */
export type Endpoint =
  { readonly kind: 'node'; readonly nodeIndex: number } | { readonly kind: 'balancer'; readonly listenerIndex: number };

/** One `<server>` block, resolved. */
export interface ServerOptions {
  /** As written by the user, for tables and messages. */
  readonly text: string;
  readonly endpoint: Endpoint;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly maxRetries: number;
  readonly retryIntervalSeconds: number;
  /**
   * Who answers on the enrollment port of this address; `null`: nobody listens (refused). For a balancer this is its
   * listener on that port, if there is one.
   */
  readonly registration: Endpoint | null;
}

export interface AgentOptions {
  /** Wazuh release, e.g. `4.14.7`. */
  readonly version: string;
  readonly notifyTimeSeconds: number;
  /** Effective value: the product replaces one that is not above notify_time by 3 × notify_time. */
  readonly timeReconnectSeconds: number;
  /** 0: off. */
  readonly forceReconnectIntervalSeconds: number;
  readonly enrollment: {
    readonly enabled: boolean;
    readonly port: number;
    readonly delayAfterEnrollmentSeconds: number;
    /** Read time-out of the enrollment connection; `null`: none (up to 4.11.0). */
    readonly timeoutSeconds: number | null;
    /**
     * Up to 4.2.1: before it enrolls, the agent connects to the server's event port and asks for a `#pong`, waiting up to
     * `recvTimeoutSeconds`; without one it skips the enrollment.
     */
    readonly pingsFirst: boolean;
  };
  readonly clientBuffer: {
    readonly disabled: boolean;
    readonly queueSize: number;
    /** As configured; never below `minEventsPerSecond`. */
    readonly eventsPerSecond: number;
  };
  readonly internal: {
    readonly recvTimeoutSeconds: number;
    readonly minEventsPerSecond: number;
    readonly toleranceSeconds: number;
    readonly warnLevelPercent: number;
    readonly normalLevelPercent: number;
    readonly logcollectorQueueSize: number;
  };
  /** The first keepalive follows the start of the connection at once (up to 4.14.6), or only after notify_time (4.14.7). */
  readonly firstKeepalive: 'atOnce' | 'afterNotifyTime';
  /** `shutdown()` before `close()` (from 4.11.1): wakes a sender that is blocked in the old connection. */
  readonly shutdownBeforeClose: boolean;
  readonly kernel: KernelOptions;
}
