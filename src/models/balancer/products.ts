// Which products there are. Another one is a folder beside nginx/, a member of `BalancerProduct`, and a line here.
import type { NodeOptions } from '../node.ts';
import { nginxProduct } from './nginx/product.ts';
import type { BalancerProduct } from './options.ts';
import type { ListenerFacts, Product, ProductChange, RunningProxy } from './product.ts';

const products: { readonly [K in BalancerProduct['kind']]: Product<Extract<BalancerProduct, { kind: K }>> } = {
  nginx: nginxProduct,
};

function of(product: BalancerProduct): Product<BalancerProduct> {
  return products[product.kind];
}

/** A balancer whose processes have just started, with no memory of anything. */
export function startProduct(product: BalancerProduct): RunningProxy {
  return of(product).start(product);
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
