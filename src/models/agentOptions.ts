// The options of one group of agents. Defaults by version: agentVersions.ts.
import type { KernelOptions } from './network.ts';

/** Where a `<server>` entry leads: a node of the cluster, or a balancer's listener. */
export type Endpoint =
  | { readonly kind: 'node'; readonly nodeIndex: number }
  | { readonly kind: 'balancer'; readonly balancerIndex: number; readonly listenerIndex: number };

/** One `<server>` block, resolved. */
export interface ServerOptions {
  /** As written by the user, for tables and messages. */
  readonly text: string;
  readonly endpoint: Endpoint;
  /** Its name cannot be resolved: no attempt gets as far as the endpoint, each costs `AgentOptions.unresolved`. */
  readonly isUnresolvable?: boolean;
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

/** Operating system of an agent, where the product or its kernel differs. */
export type Platform = 'linux' | 'windows' | 'macos';

export interface AgentOptions {
  /** Wazuh release, e.g. `4.14.7`. */
  readonly version: string;
  readonly platform: Platform;
  /**
   * How it looks for a manager. `listWalk` (3.12.0 to 3.13.0): on the old connection first, then down the list. `retries`: a
   * number of attempts at each server.
   */
  readonly search: 'listWalk' | 'retries';
  readonly notifyTimeSeconds: number;
  /** Effective value: the product replaces one that is not above notify_time by 3 × notify_time. */
  readonly timeReconnectSeconds: number;
  /** 0: off. */
  readonly forceReconnectIntervalSeconds: number;
  /** `auto_restart`: acts on a shared configuration that has changed. */
  readonly autoRestart: boolean;
  readonly enrollment: {
    readonly enabled: boolean;
    readonly port: number;
    readonly delayAfterEnrollmentSeconds: number;
    /** Asked first by an agent without a key, as written; `null`: its servers are. */
    readonly managerAddress: string | null;
    /** Read time-out of the enrollment connection; `null`: none (up to 4.11.0). */
    readonly timeoutSeconds: number | null;
    /**
     * Up to 4.2.1: before it enrolls, the agent connects to the server's event port and asks for a `#pong`, waiting up to
     * `recvTimeoutSeconds`; without one it skips the enrollment.
     */
    readonly pingsFirst: boolean;
    /** 3.13.1 to 3.13.6: it enrols after the pause behind the last attempt, then goes on to the next server at once. */
    readonly behindPause: boolean;
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
    /** Between two looks into a file. */
    readonly logcollectorLoopTimeoutSeconds: number;
    /** Lines of a file that are read at one look; 0: all. */
    readonly logcollectorMaxLines: number;
    /** A send that takes longer fails; one that fails closes the socket and the agent reconnects. `null`: it blocks (to 4.14.7). */
    readonly sendTimeoutSeconds: number | null;
    /** TCP keepalive of the agent's socket: idle time, distance and number of the probes. `null`: none (to 4.14.7). */
    readonly tcpKeepIdleSeconds: number | null;
    readonly tcpKeepIntervalSeconds: number | null;
    readonly tcpKeepCount: number | null;
  };
  /** The first keepalive follows the start of the connection at once (up to 4.14.6), or only after notify_time (4.14.7). */
  readonly firstKeepalive: 'atOnce' | 'afterNotifyTime';
  /** `shutdown()` before `close()` (from 4.11.1): wakes a sender that is blocked in the old connection. */
  readonly shutdownBeforeClose: boolean;
  /** A sender whose send fails sleeps for a second (all but 5.0). */
  readonly sleepsAfterSendError: boolean;
  /** Reconnects when its manager says so (from 4.3.0). */
  readonly obeysReconnect: boolean;
  /** Tells its manager when its process ends (from 4.2.0). */
  readonly saysShutdown: boolean;
  /** What a changed group configuration makes of a running agent: from 4.14.0 agentd lives on (not on Windows). */
  readonly configPush: 'restart' | 'reload';
  readonly life: {
    /** From the stop of the service, or of all daemons but agentd, to their start. */
    readonly restartUs: number;
    /** logcollector begins at the end of the files when it starts (`<only-future-events>`); else it reads what it has missed. */
    readonly onlyFutureEvents: boolean;
  };
  /** What an attempt pays for a host name that cannot be resolved, µs. */
  readonly unresolvedUs: number;
  readonly kernel: KernelOptions;
}
