// A Wazuh manager node: what it listens on and how much it can take.

import type { Unreachable } from './network.ts';

export type NodeRole = 'master' | 'worker';

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
  /** remoted's queue in messages; one slot stays free. */
  readonly queueSize: number;
  /** From the start of the processes until remoted accepts, µs. */
  readonly startupUs: number;
  /** Established connections that wait for `accept()`: a hung node takes this many and one more, then SYNs are dropped. */
  readonly acceptQueue: number;
  /** One way, in µs, instead of the network's; `null`: the network's. */
  readonly latencyUs: number | null;
  /** What others see of this node's host when it is gone; absent: as the network says. */
  readonly unreachable?: Unreachable | undefined;
}

// Ports, queue and backlog: Wazuh 4.14.7, src/config/remote-config.c, src/remoted/config.c, src/headers/defs.h (BACKLOG).
// startup: measured, a restarted remoted listened after 0.04 to 0.2 s.
export const nodeDefaults = {
  names: [],
  role: 'worker',
  version: '4.14.7',
  eventsPort: 1514,
  registrationPort: 1515,
  eventsPerSecond: null,
  queueSize: 131_072,
  startupUs: 50_000,
  acceptQueue: 128,
  latencyUs: null,
} satisfies Omit<NodeOptions, 'name' | 'address'>;
