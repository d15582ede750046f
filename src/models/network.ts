// What lies between the places, and what a sender's own kernel does about it.

/** How a host that is gone looks to the one who connects to it. */
export type Unreachable = 'routed' | 'sameSegment';

/** Defaults of the network; a group, the balancer or a node may override the latency. */
export interface NetworkOptions {
  /** One way, in µs, between any two places. */
  readonly latencyUs: number;
  readonly unreachable: {
    /** Agents towards whatever they connect to. */
    readonly agents: Unreachable;
    /** The balancer towards the nodes. */
    readonly balancer: Unreachable;
  };
}

/** What two places see of each other: as their own settings say, else as the network does. One that is routed is far for both. */
export function unreachableBetween(network: Unreachable, ...own: readonly (Unreachable | undefined)[]): Unreachable {
  if (own.includes('routed')) return 'routed';
  return own.includes('sameSegment') ? 'sameSegment' : network;
}

export const networkDefaults = {
  latencyUs: 1_000,
  unreachable: { agents: 'routed', balancer: 'sameSegment' },
} satisfies NetworkOptions;

/**
 * What the operating system of an agent (or of the balancer) adds to a connection. None of it is in Wazuh's or nginx's code.
 * Measured on Linux 6.18 (docs/MODEL.md, "Kernel").
 */
export interface KernelOptions {
  /** `connect()` to a host that never answers. Measured 133.36 s with `tcp_syn_retries` 6 and `tcp_syn_linear_timeouts` 4. */
  readonly connectTimeoutUs: number;
  /** SYNs that are repeated a second apart before the waits double (`tcp_syn_linear_timeouts`; 0 before Linux 6.5). */
  readonly synLinearTimeouts: number;
  /** `connect()` on the own segment to a host that answers no ARP request. Measured 3.06 s. */
  readonly arpTimeoutUs: number;
  readonly sendBuffer: {
    /** Bytes a connection takes while its peer is silent. Measured 68 to 97 kB at MTU 1500. */
    readonly silentBytes: number;
    /** Bytes a connection takes while its peer's kernel acknowledges and nobody reads. Measured 2.05 MB at MTU 1500. */
    readonly hungBytes: number;
  };
  /** From the first lost segment to ETIMEDOUT (`tcp_retries2` 15). Measured 939.5 s. */
  readonly tcpGiveUpUs: number;
  /** `net.unix.max_dgram_qlen`: datagrams the local socket holds beyond the one being delivered. */
  readonly maxDgramQlen: number;
  /** `net.core.wmem_default`: what the sender's end of the local socket holds, whatever its length. */
  readonly localSendBufferBytes: number;
}

/**
 * `connect()` to a host that never answers, with `tcp_syn_retries` 6: each linear time-out lets it wait a second longer.
 * Measured 133.36 s with 4 of them and 130 s (129 to 131 s) without.
 */
export function connectTimeoutUs(synLinearTimeouts: number): number {
  return 130_000_000 + 840_000 * synLinearTimeouts;
}

export const kernelDefaults = {
  connectTimeoutUs: connectTimeoutUs(4),
  synLinearTimeouts: 4,
  arpTimeoutUs: 3_060_000,
  sendBuffer: { silentBytes: 75_000, hungBytes: 2_000_000 },
  tcpGiveUpUs: 939_500_000,
  maxDgramQlen: 10,
  localSendBufferBytes: 212_992,
} satisfies KernelOptions;
