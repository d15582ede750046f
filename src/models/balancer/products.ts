// Which products there are. Another one is a folder beside nginx/, a member of `BalancerProduct`, and a line here.
import type { Key } from '../../kernel/random.ts';
import type { NodeOptions } from '../node.ts';
import { dnsProduct } from './dns/product.ts';
import { envoyProduct } from './envoy/product.ts';
import { f5Product } from './f5/product.ts';
import { haproxyProduct } from './haproxy/product.ts';
import { kubernetesProduct } from './kubernetes/product.ts';
import { nginxProduct } from './nginx/product.ts';
import { nlbProduct } from './nlb/product.ts';
import type { BalancerProduct } from './options.ts';
import { vipProduct } from './vip/product.ts';
import type { ListenerFacts, Product, ProductChange, RunningProxy } from './product.ts';

const products: { readonly [K in BalancerProduct['kind']]: Product<Extract<BalancerProduct, { kind: K }>> } = {
  nginx: nginxProduct,
  haproxy: haproxyProduct,
  vip: vipProduct,
  nlb: nlbProduct,
  kubernetes: kubernetesProduct,
  envoy: envoyProduct,
  f5: f5Product,
  dns: dnsProduct,
};

/** The table has for each kind what takes that kind, which an index does not tell. */
function of<P extends BalancerProduct>({ kind }: P): Product<P> {
  return products[kind] as unknown as Product<P>;
}

/** A balancer whose processes have just started, with no memory of anything. @param luck what they draw as they do. */
export function startProduct(product: BalancerProduct, luck: Key): RunningProxy {
  return of(product).start(product, luck);
}

/** What a configuration says about its listeners, in its order. */
export function listenersOf(product: BalancerProduct): readonly ListenerFacts[] {
  return of(product).listeners(product);
}

/** A node is put behind everything that takes events, or taken out of it, as an operator would do it. */
export function changeServers(
  product: BalancerProduct,
  verb: 'addNode' | 'removeNode',
  node: NodeOptions,
  nodes: readonly NodeOptions[],
): ProductChange {
  return of(product).change(product, verb, node, nodes);
}

/** A peer can be taken out of service while its sessions go on (`BalancerAdmin`). */
export function canDrain(product: BalancerProduct): boolean {
  return of(product).canDrain;
}

/** What of it can end: processes that its connections need, its host alone, or nothing. */
export function whatEnds(product: BalancerProduct): 'process' | 'host' | 'nothing' {
  return of(product).ends(product);
}
