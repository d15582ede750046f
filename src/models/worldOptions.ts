// Everything one mode of a scenario is made of, as plain data: what `runWorld` needs and nothing else.
import type { AgentOptions, Endpoint, ServerOptions } from './agentOptions.ts';
import type { BalancerOptions } from './balancer/options.ts';
import type { HelperOptions } from './cluster/haproxyHelper.ts';
import type { FaultOptions } from './fault.ts';
import type { NetworkOptions, Unreachable } from './network.ts';
import type { NodeOptions } from './node.ts';
import type { DrawKeys, WorkloadOptions } from './workload.ts';

/** Addresses of a group's agents, IPv4 as unsigned 32-bit integers. */
export type AddressPlan =
  /** The i-th agent has the i-th host address of the range. */
  | { readonly kind: 'range'; readonly firstHost: number; readonly hostCount: number }
  /** Drawn anew in every replication, without repetition. */
  | { readonly kind: 'draw'; readonly firstHost: number; readonly hostCount: number }
  /** One an agent, in the order of the group. */
  | { readonly kind: 'list'; readonly addresses: Uint32Array };

/** What the balancer sees of agents whose own address is in [first, last]: one of `to`, by the agent's number; empty: that address. */
export interface NatRule {
  readonly first: number;
  readonly last: number;
  readonly to: readonly number[];
}

/**
 * When agents first connect, in the first half of the warm-up: at drawn instants; one after the other at equal distances, in a
 * drawn order; or so in the order of the list.
 */
export type StartOrder = 'spread' | 'evenly' | 'asListed';

export interface GroupOptions {
  readonly name: string;
  /** Other names for these agents and perhaps those of groups beside this one. */
  readonly labels?: readonly string[] | undefined;
  readonly count: number;
  readonly addresses: AddressPlan;
  /** Addresses the balancer sees instead, used in turn; empty: the agents' own. */
  readonly nat: readonly number[];
  /** Rules for the agents' own addresses where `nat` is empty; the first that fits counts. */
  readonly natRules?: readonly NatRule[] | undefined;
  /** What draws are keyed by; absent: the group's name and the agent's place in it. */
  readonly draws?: DrawKeys | undefined;
  /** Absent: spread. */
  readonly start?: StartOrder | undefined;
  /** Place of each agent in a list that is longer than this group, and the list's length; absent: the group is the list. */
  readonly listed?: { readonly places: Uint32Array; readonly length: number } | undefined;
  /** Node on which each agent was seen in reality, -1: not said; absent: nothing is said. */
  readonly observedNode?: Int16Array | undefined;
  readonly events: WorkloadOptions;
  readonly agent: AgentOptions;
  /** The agent's `<server>` list, in file order. */
  readonly servers: readonly ServerOptions[];
  /** `shuffled`: drawn per agent; `rotated`: agent i starts its list at entry i mod n. */
  readonly order: 'listed' | 'shuffled' | 'rotated';
  /** Who is asked first by agents without a key, and whether anybody listens there; absent: their servers. */
  readonly enrolsAt?: { readonly endpoint: Endpoint; readonly listens: boolean } | undefined;
  /** One way, in µs, instead of the network's; `null`: the network's. */
  readonly latencyUs: number | null;
  /** What these agents see of a host that is gone; absent: as the network says. */
  readonly unreachable?: Unreachable | undefined;
  /** Each of the agents restarts by itself this often on average; absent: none does. */
  readonly restartEveryUs?: number | undefined;
}

export interface WorldOptions {
  readonly warmupUs: number;
  /** Counted time. With `settle` the run may end earlier. */
  readonly durationUs: number;
  /** End the run once every fault has ended and every agent is back and drained (then `durationUs` is the longest). */
  readonly untilSettled: boolean;
  readonly nodes: readonly NodeOptions[];
  readonly network: NetworkOptions;
  /** In the order of the places behind the nodes. */
  readonly balancers: readonly BalancerOptions[];
  readonly groups: readonly GroupOptions[];
  readonly faults: readonly FaultOptions[];
  /** Wazuh's HAProxy helper at one of the balancers; absent: none. */
  readonly helper?: { readonly balancerIndex: number; readonly options: HelperOptions } | undefined;
}

/** Which luck a run meets: draws are keyed by these and never by the mode. */
export interface Luck {
  readonly seed: string;
  readonly replication: number;
}
