// A balancer on its host: its listeners, the connection slots of its worker processes, its source ports, and which node each
// of its peers is. What it chooses is the business of the product's own files.
import type { Key } from '../../kernel/random.ts';
import type { Balancer, PeerAddress } from './contract.ts';
import { listensOn, type BalancerOptions, type BalancerProduct, type ListenerOptions } from './options.ts';
import type { WorldOptions } from '../worldOptions.ts';
import type { Forwarding } from './product.ts';
import { listenersOf, startProduct } from './products.ts';

/** Where a peer's address leads. */
export interface PeerTarget {
  /** A node, or another balancer behind them; -1: neither, behind a listener that no agent uses. */
  readonly place: number;
  /** The place, where it is a node; else -1. */
  readonly nodeIndex: number;
  readonly registration: boolean;
  /** Of another balancer; -1: it is none. */
  readonly listener: number;
}

export interface ProxyListener {
  readonly options: ListenerOptions;
  readonly balancer: Balancer;
  readonly targets: readonly PeerTarget[];
  /** Where the open connections to each peer are counted in `Proxy.ports`. */
  readonly portOf: readonly number[];
  /** Into `Proxy.pools`; -1: nobody else shares what it remembers. */
  readonly pool: number;
  /** Into `Proxy.limits`. */
  readonly limits: readonly number[];
  /** Slots of a worker process that one session takes. */
  readonly slots: number;
  /** How long it waits for each peer; absent: `options.connectTimeoutUs`. */
  readonly connectTimeoutsUs?: readonly number[];
  /** Connections in its kernel for which there is no room, from the front: agent and number of its attempt, in turn. */
  readonly waiting: number[];
}

/** Peers that are remembered together. */
export interface ProxyPool {
  readonly balancer: Balancer;
  readonly targets: readonly PeerTarget[];
}

export interface Proxy {
  readonly listeners: readonly ProxyListener[];
  readonly workers: number;
  readonly sessionsPerWorker: number;
  /** How long they keep their sessions once they are old; Infinity: until these end. */
  readonly shutdownTimeoutUs: number;
  /** Sessions of each worker process. */
  readonly slots: Int32Array;
  readonly limits: readonly number[];
  /** Sessions that each limit counts. */
  readonly counts: Int32Array;
  readonly whenFull: 'close' | 'wait';
  /** `null`: it is a proxy. */
  readonly forwarding: Forwarding | null;
  /** Clients that waited are let in just now. */
  isAdmitting: boolean;
  readonly pools: readonly ProxyPool[];
  readonly portsPerPeer: number;
  /** Open connections to each address and port, whoever of the processes before and after a reload has them. */
  readonly ports: number[];
  readonly portSlots: Map<string, number>;
}

/** What stands around a balancer. */
export type Surroundings = Pick<WorldOptions, 'nodes' | 'balancers'>;

export function targetOf({ address, port }: PeerAddress, { nodes, balancers }: Surroundings): PeerTarget {
  const nodeIndex = nodes.findIndex((node) => node.address === address);
  if (nodeIndex >= 0) {
    // A node that is named by a unix socket takes events there; it has no port.
    const registration = port !== 0 && port !== nodes[nodeIndex]!.eventsPort;
    return { place: nodeIndex, nodeIndex, registration, listener: -1 };
  }
  const balancer = balancers.findIndex(({ addresses }) => addresses.includes(address));
  const listeners = balancer < 0 ? [] : listenersOf(balancers[balancer]!.product);
  const listener = listeners.findIndex(({ options }) => listensOn(options, port));
  const place = listener < 0 ? -1 : nodes.length + balancer;
  return { place, nodeIndex, registration: false, listener };
}

/**
 * A balancer whose processes have just started.
 * @param product what it reads, which may have changed since the start of the run.
 * @param luck what the processes draw as they start.
 * @param before processes that go on with their sessions, after a reload.
 */
export function newProxy(
  { sourcePorts, addresses }: Pick<BalancerOptions, 'sourcePorts' | 'addresses'>,
  product: BalancerProduct,
  around: Surroundings,
  luck: Key,
  before?: Proxy,
): Proxy {
  const ports = before?.ports ?? [];
  const portSlots = before?.portSlots ?? new Map<string, number>();
  const slotOf = (peer: PeerAddress): number => {
    const name = `${peer.address}:${peer.port}`;
    // A unix socket takes no port.
    const slot = portSlots.get(name) ?? ports.push(peer.port === 0 ? -Infinity : 0) - 1;
    portSlots.set(name, slot);
    return slot;
  };
  const targetsOf = ({ peers }: Balancer): PeerTarget[] => peers.map((peer) => targetOf(peer, around));
  const { listeners, pools, shutdownTimeoutUs = Infinity, forwarding = null, ...running } = startProduct(product, luck);
  return {
    ...running,
    listeners: listeners.map((listener, index) => ({
      ...listener,
      slots: listener.slots ?? 1,
      targets: targetsOf(listener.balancer),
      portOf: listener.balancer.peers.map(slotOf),
      // What waits in the kernel waits for whoever listens next.
      waiting: before?.listeners[index]?.waiting ?? [],
    })),
    pools: pools.map((balancer) => ({ balancer, targets: targetsOf(balancer) })),
    slots: new Int32Array(running.workers),
    counts: new Int32Array(running.limits.length),
    isAdmitting: false,
    shutdownTimeoutUs,
    forwarding,
    portsPerPeer: sourcePorts * Math.max(1, addresses.length),
    ports,
    portSlots,
  };
}

/**
 * `proxy_connect_timeout` as it ends. nginx sleeps in `epoll_wait()` until its next timer, and the kernel wakes it a thousandth
 * late, at most 0.1 s (fs/select.c, select_estimate_accuracy()), as it wakes agents. A worker with other sessions wakes too often for
 * that. So a lone agent that waits 60 s for its ACK and nginx that waits 60 s for its node end together, after 60.06 s: measured
 * (1.22.1), the agent had left in 29 attempts of 35, and nginx had marked the node as failed in all of them.
 */
export function connectTimeoutUs(proxy: Proxy, worker: number, listener: ProxyListener, peer: number): number {
  const us = listener.connectTimeoutsUs?.[peer] ?? listener.options.connectTimeoutUs;
  return !listener.options.wakesLate || proxy.slots[worker]! > listener.slots
    ? us
    : us + Math.min(Math.round(us / 1000), 100_000);
}

/** A client whose end nginx hears by so much before its time-out comes too late for that. nginx's clock has milliseconds. */
export const togetherUs = 1_000;

/** @param address IPv4 as an unsigned 32-bit integer. */
export function addressText(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
