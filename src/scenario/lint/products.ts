// What a rule asks of one product, and of those that are proxies.
import type { BalancerProduct } from '../../models/balancer/options.ts';
import type {
  HaproxyBackendOptions,
  HaproxyBindOptions,
  HaproxyFrontendOptions,
  HaproxyOptions,
} from '../../models/balancer/haproxy/options.ts';
import type { NginxListenerOptions, NginxOptions, NginxUpstreamOptions } from '../../models/balancer/nginx/options.ts';
import { upstreamsPassed } from '../../models/balancer/nginx/servers.ts';
import { startProduct } from '../../models/balancer/products.ts';
import { luck } from './probe.ts';
import type { EventsWay } from './ways.ts';

/** It ends the agents' connections and makes its own to the nodes. */
export function endsConnections(product: BalancerProduct): boolean {
  return startProduct(product, luck).forwarding === undefined;
}

/** The nodes see its address instead of the agents'. */
export function hidesClients(product: BalancerProduct): boolean {
  return startProduct(product, luck).forwarding?.hidesClients ?? true;
}

interface NginxWay {
  readonly nginx: NginxOptions;
  readonly listener: NginxListenerOptions;
  /** Those that it may pass to. */
  readonly behind: readonly { readonly index: number; readonly upstream: NginxUpstreamOptions }[];
}

/** `null`: it is another product. */
export function nginxOf({ balancer, listenerIndex }: EventsWay): NginxWay | null {
  const { product } = balancer.options;
  if (product.kind !== 'nginx') return null;
  const { nginx } = product;
  const listener = nginx.listeners[listenerIndex]!;
  const behind = upstreamsPassed(nginx, listener).map((index) => ({ index, upstream: nginx.upstreams[index]! }));
  return { nginx, listener, behind };
}

interface HaproxyWay {
  readonly haproxy: HaproxyOptions;
  readonly frontend: HaproxyFrontendOptions;
  readonly bind: HaproxyBindOptions;
  readonly backend: HaproxyBackendOptions;
}

/** `null`: it is another product. A listener is one `bind` of one frontend. */
export function haproxyOf({ balancer, listenerIndex }: EventsWay): HaproxyWay | null {
  const { product } = balancer.options;
  if (product.kind !== 'haproxy') return null;
  const { haproxy } = product;
  const binds = haproxy.frontends.flatMap((frontend) => frontend.binds.map((bind) => ({ frontend, bind })));
  const { frontend, bind } = binds[listenerIndex]!;
  return { haproxy, frontend, bind, backend: haproxy.backends[frontend.backendIndex]! };
}
