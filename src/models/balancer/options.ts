// A balancer on its host, whatever product it is.
import type { KernelOptions, Unreachable } from '../network.ts';
import type { DnsOptions } from './dns/options.ts';
import type { EnvoyOptions } from './envoy/options.ts';
import type { F5Options } from './f5/options.ts';
import type { HaproxyOptions } from './haproxy/options.ts';
import type { KubernetesOptions } from './kubernetes/options.ts';
import type { DatagramOptions, NginxOptions } from './nginx/options.ts';
import type { VipOptions } from './vip/options.ts';
import type { NlbOptions } from './nlb/options.ts';

/** What runs there, by product: registered in `products.ts`. */
export type BalancerProduct =
  | { readonly kind: 'nginx'; readonly nginx: NginxOptions }
  | { readonly kind: 'haproxy'; readonly haproxy: HaproxyOptions }
  | { readonly kind: 'vip'; readonly vip: VipOptions }
  | { readonly kind: 'nlb'; readonly nlb: NlbOptions }
  | { readonly kind: 'kubernetes'; readonly kubernetes: KubernetesOptions }
  | { readonly kind: 'envoy'; readonly envoy: EnvoyOptions }
  | { readonly kind: 'f5'; readonly f5: F5Options }
  | { readonly kind: 'dns'; readonly dns: DnsOptions };

export interface BalancerOptions {
  /** What faults and server lists call it; a lone one is called `balancer`. */
  readonly name: string;
  /** Addresses of the balancer the agents may be given. */
  readonly addresses: readonly string[];
  /** Local ports towards one node and port (`ip_local_port_range`: 28,232 by default). */
  readonly sourcePorts: number;
  /** One way, in µs, instead of the network's; `null`: the network's. */
  readonly latencyUs: number | null;
  /** What the balancer sees of a host that is gone; absent: as the network says. */
  readonly unreachable?: Unreachable | undefined;
  readonly kernel: KernelOptions;
  readonly product: BalancerProduct;
}

/** The listener for TCP connections, or for datagrams, on a port. */
export function listensOn(
  { port, datagrams }: Pick<ListenerOptions, 'port' | 'datagrams'>,
  wanted: number,
  protocol: 'tcp' | 'udp' = 'tcp',
): boolean {
  return port === wanted && (datagrams ? 'udp' : 'tcp') === protocol;
}

/** A port on which a proxy takes connections, and how long it waits for whom. */
export interface ListenerOptions {
  readonly port: number;
  /** `listen()` backlog: what its kernel keeps of connections that nobody takes. */
  readonly backlog: number;
  /** How long it waits for a peer to take a connection. */
  readonly connectTimeoutUs: number;
  /** Its timers end as late as its kernel wakes it while it has nothing else to do. */
  readonly wakesLate: boolean;
  /** How long a session waits for a peer that has room. */
  readonly queueTimeoutUs: number;
  /** A session in which no byte has moved for so long is closed. */
  readonly sessionTimeoutUs: number;
  /** So is one whose peer has said nothing for so long, whatever the client says. */
  readonly mutePeerTimeoutUs: number;
  /** Its kernel asks clients of which nothing comes (SO_KEEPALIVE). */
  readonly asksClients: boolean;
  /** What it takes of a client for a peer that takes nothing, beside what its kernel does. */
  readonly proxyBufferBytes: number;
  /** It takes datagrams; absent: connections. */
  readonly datagrams?: DatagramOptions | undefined;
}
