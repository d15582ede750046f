// What a product of balancing has to be able to do, besides choosing: `contract.ts`.
import type { Key } from '../../kernel/random.ts';
import type { NodeOptions } from '../node.ts';
import type { Balancer, PeerAddress } from './contract.ts';
import type { BalancerProduct, ListenerOptions } from './options.ts';

export interface Product<P extends BalancerProduct> {
  /** @param luck what the processes draw when they start; one a balancer. */
  start(product: P, luck: Key): RunningProxy;
  listeners(product: P): readonly ListenerFacts[];
  change(product: P, verb: 'addNode' | 'removeNode', node: NodeOptions, nodes: readonly NodeOptions[]): ProductChange;
  readonly canDrain: boolean;
  /** What of it can end: processes that its connections need, its host alone (the kernel has the flows), or nothing. */
  ends(product: P): 'process' | 'host' | 'nothing';
}

/** The processes of a proxy, which ends its clients' connections and makes its own to the peers. */
export interface RunningProxy {
  readonly workers: number;
  /** Sessions that one worker process has room for. */
  readonly sessionsPerWorker: number;
  /** Most sessions at once, beside those of a worker: listeners say which of these they are part of. */
  readonly limits: readonly number[];
  /** A client for whom there is no room is closed, or waits in the kernel until there is some. */
  readonly whenFull: 'close' | 'wait';
  /** In the order of the configuration: agents know them by their place. */
  readonly listeners: readonly RunningListener[];
  /** It ends no connections; absent: it does. */
  readonly forwarding?: Forwarding | undefined;
  /** How long these processes keep their sessions once a reload has made them old; absent: until these end. */
  readonly shutdownTimeoutUs?: number | undefined;
  /** One balancer of each set of peers that remembers them together: whom to ask for checks, orders and news. */
  readonly pools: readonly Balancer[];
}

/**
 * What is not a proxy chooses a target when a connection's first packet comes (`open`, `next`, `connected`), and stays with it (`closed`
 * when the client's connection is over): the client's TCP is with the target, there is one leg, and nobody tries another target.
 */
export interface Forwarding {
  /** `packets` pass through it; `addresses`: it only says where to go (a name with several addresses). */
  readonly passes: 'packets' | 'addresses';
  /** Flows outlive its processes: the kernel of its host has them. */
  readonly survivesProcess: boolean;
  /** What becomes of a packet of a flow that it does not know. */
  readonly unknown: 'reset' | 'drop';
  /** What becomes of a connection for which it has no target. */
  readonly noTarget: 'reset' | 'drop';
  /** A flow in which nothing moves for its time-out is reset at both ends at that moment; else whoever says something next hears (`unknown`). */
  readonly tellsIdle?: boolean;
  /** A flow of datagrams in which nothing moves for so long is forgotten. */
  readonly datagramTimeoutUs: number;
  /** Datagrams of one socket have one target as long as the usable targets are the same, remembered or not; absent: a new choice. */
  readonly hashesDatagrams?: boolean;
  /** Flows of datagrams end with their target, though connections stay; absent: they do not. */
  readonly forgetsDatagrams?: boolean;
  /** Targets see its address instead of the client's. */
  readonly hidesClients: boolean;
}

export interface RunningListener {
  readonly options: ListenerOptions;
  readonly balancer: Balancer;
  /** Into `RunningProxy.pools`. */
  readonly pool: number;
  /** Into `RunningProxy.limits`. */
  readonly limits: readonly number[];
  /** Slots of a worker process that one session takes; absent: one. */
  readonly slots?: number;
  /** How long it waits for each peer, where that differs; absent: `options.connectTimeoutUs`. */
  readonly connectTimeoutsUs?: readonly number[];
}

/** What a configuration says about one of its listeners. */
export interface ListenerFacts {
  readonly options: ListenerOptions;
  readonly peers: readonly PeerFacts[];
  /** For how long a peer that has failed once is passed over; 0: it is not. */
  readonly failTimeoutSeconds: number;
}

export interface PeerFacts extends PeerAddress {
  /** Taken while there is no other. */
  readonly backup: boolean;
  /** Never taken. */
  readonly down: boolean;
}

/** What comes of a change; `null` where the product would refuse it, or where nothing changes. */
export interface ProductChange {
  readonly product: BalancerProduct | null;
  /** Why not. */
  readonly note: string | null;
}
