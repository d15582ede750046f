// A Wazuh manager node: what it listens on and how much it can take.

import type { DisconnectionOptions } from './cluster/timings.ts';
import { handlesControlInline } from './managerVersions.ts';
import type { Unreachable } from './network.ts';
import { managerKeepalive, type TcpKeepalive } from './tcp.ts';

export type NodeRole = 'master' | 'worker';

/** Credits of analysisd: `maximum` × `timeframe` at once, those of the oldest second come back every second. */
export interface EpsLimit {
  readonly maximum: number;
  readonly timeframeSeconds: number;
}

/** authd, the registration service. */
export interface RegistrationOptions {
  /** What one enrolment takes of its thread's time (TLS, the key), µs; `null`: not judged, and nobody waits for others. */
  readonly serviceUs: number | null;
}

export interface NodeOptions {
  readonly name: string;
  readonly address: string;
  /** Other names the node answers to in configuration files. */
  readonly names: readonly string[];
  readonly role: NodeRole;
  /** Wazuh release of the manager. */
  readonly version: string;
  /** Port of remoted (events). */
  readonly eventsPort: number;
  /** Port of authd; `null`: nobody listens there. */
  readonly registrationPort: number | null;
  /** Analysis capacity; `null`: not judged. */
  readonly eventsPerSecond: number | null;
  /** `<global><limits><eps>` (from 4.4.0); `null`: none. */
  readonly epsLimit: EpsLimit | null;
  /** remoted's queue in messages; one slot stays free. */
  readonly queueSize: number;
  /** analysisd's ring for events (`analysisd.decode_event_queue_size`); one slot stays free. */
  readonly analysisQueueSize: number;
  /** Connections that remoted takes a second, one a pass of its loop; `null`: not judged, as many as come. */
  readonly acceptsPerSecond: number | null;
  /** Work that one control message (startup or keepalive) makes for the database, µs; `null`: not judged. */
  readonly controlCostUs: number | null;
  /** remoted's handler threads (`remoted.worker_pool`). */
  readonly workerPool: number;
  /** Agents whose control messages wait for the database, from 4.13.0 (`remoted.control_msg_queue_size`). */
  readonly controlQueueSize: number;
  /** From 4.5.2: a second connection of a key is let in when the first has been silent longer than this; 0: never. */
  readonly connectionOvertakeSeconds: number;
  /** Bytes that remoted reads of a connection in one pass (`remoted.receive_chunk`). */
  readonly receiveChunkBytes: number;
  /** Of the agents' connections (`remoted.tcp_keepidle`, `tcp_keepintvl`, `tcp_keepcnt`). */
  readonly keepalive: TcpKeepalive;
  /** How often remoted looks whether client.keys has changed (`remoted.keyupdate_interval`). */
  readonly keyUpdateSeconds: number;
  /** From the start of the processes until remoted accepts, µs. */
  readonly startupUs: number;
  /** Established connections that wait for `accept()`: a hung node takes this many and one more, then SYNs are dropped. */
  readonly acceptQueue: number;
  /** Of the master: when it shows an agent as disconnected. */
  readonly disconnection: DisconnectionOptions;
  readonly registration: RegistrationOptions;
  /** One way, in µs, instead of the network's; `null`: the network's. */
  readonly latencyUs: number | null;
  /** What others see of this node's host when it is gone; absent: as the network says. */
  readonly unreachable?: Unreachable | undefined;
}

// Ports, queue and backlog: Wazuh 4.14.7, src/config/remote-config.c, src/remoted/config.c, src/headers/defs.h (BACKLOG).
// Overtake time: RemotedConfig(). Ring, pool, control queue, chunk and key update: etc/internal_options.conf. No rate of accepting and no cost of
// a control message has been measured or published: without one neither is judged.
// startup: measured, a restarted remoted listened after 0.04 to 0.2 s.
export const nodeDefaults = {
  names: [],
  role: 'worker',
  version: '4.14.7',
  eventsPort: 1514,
  registrationPort: 1515,
  eventsPerSecond: null,
  epsLimit: null,
  queueSize: 131_072,
  analysisQueueSize: 16_384,
  acceptsPerSecond: null,
  controlCostUs: null,
  workerPool: 4,
  controlQueueSize: 16_384,
  connectionOvertakeSeconds: 60,
  receiveChunkBytes: 4_096,
  keepalive: managerKeepalive,
  keyUpdateSeconds: 10,
  startupUs: 50_000,
  acceptQueue: 128,
  // As cluster/timings.ts says of 4.14.7.
  disconnection: { thresholdSeconds: 900, sweepSeconds: 900, alertSeconds: 0 },
  registration: { serviceUs: null },
  latencyUs: null,
} satisfies Omit<NodeOptions, 'name' | 'address'>;

/** True where events may wait or be dropped in the node. */
export function isQueueJudged(node: NodeOptions): boolean {
  return capacityOf(node) !== null || (node.controlCostUs !== null && handlesControlInline(node.version));
}

/** Events per second that a node can analyse for long; `null`: not judged. */
export function capacityOf({ eventsPerSecond, epsLimit }: NodeOptions): number | null {
  if (epsLimit === null) return eventsPerSecond;
  return eventsPerSecond === null ? epsLimit.maximum : Math.min(eventsPerSecond, epsLimit.maximum);
}
