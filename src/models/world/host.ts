// The balancers of a world: each is a place behind the nodes, with its own clock, distances and processes.
import { deriveKey, uniform, type Key } from '../../kernel/random.ts';
import type { BalancerOptions, BalancerProduct } from '../balancer/options.ts';
import { newProxy, type Proxy } from '../balancer/proxy.ts';
import { balancerPlace } from '../fault.ts';
import { unreachableBetween, type Unreachable } from '../network.ts';
import { Purpose, namedKey } from '../workload.ts';
import type { WorldOptions } from '../worldOptions.ts';

export interface BalancerHost {
  readonly options: BalancerOptions;
  readonly place: number;
  /** Its processes: those before a reload, which keep their sessions, and at the end those that take new ones. */
  proxies: Proxy[];
  /** What it reads when it starts or reloads. */
  product: BalancerProduct;
  /** What its processes draw when they start. */
  readonly luck: Key;
  /** Where in its second its clock stands at instant 0, µs. */
  readonly phaseUs: number;
  /** One way to each node. */
  readonly latencyUs: readonly number[];
  /** What it sees of each node that is gone. */
  readonly unreachable: readonly Unreachable[];
}

export function newHosts({ nodes, balancers, network }: WorldOptions, root: Key): BalancerHost[] {
  return balancers.map((options, index) => {
    const { name, product, latencyUs, unreachable } = options;
    const luck = namedKey(root, Purpose.BalancerStart, name);
    // A lone one had no name to draw by.
    const key =
      name === balancerPlace ? deriveKey(root, Purpose.BalancerClock, 0) : namedKey(root, Purpose.BalancerClock, name);
    return {
      options,
      place: nodes.length + index,
      proxies: [newProxy(options, product, nodes, luck)],
      luck,
      product,
      phaseUs: Math.floor(uniform(key, 0, 0) * 1e6),
      latencyUs: nodes.map((node) => slowest(network.latencyUs, node.latencyUs, latencyUs)),
      unreachable: nodes.map((node) => unreachableBetween(network.unreachable.balancer, unreachable, node.unreachable)),
    };
  });
}

/** The latency of a way between two ends: the larger of their own, or the network's. */
export function slowest(networkUs: number, ...own: readonly (number | null | undefined)[]): number {
  const given = own.filter((value) => typeof value === 'number');
  return given.length > 0 ? Math.max(...given) : networkUs;
}
