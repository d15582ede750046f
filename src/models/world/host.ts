// The balancers of a world: each is a place behind the nodes, with its own clock, distances and processes.
import { deriveKey, uniform, type Key } from '../../kernel/random.ts';
import type { BalancerOptions, BalancerProduct } from '../balancer/options.ts';
import { newProxy, type Proxy } from '../balancer/proxy.ts';
import { balancerPlace } from '../fault.ts';
import { unreachableBetween, type Unreachable } from '../network.ts';
import { Purpose, namedKey } from '../workload.ts';
import type { WorldOptions } from '../worldOptions.ts';
import { newVip, type Vip } from './vip.ts';

export interface BalancerHost {
  readonly options: BalancerOptions;
  readonly place: number;
  /** Its processes: those before a reload, which keep their sessions, and at the end those that take new ones. */
  proxies: Proxy[];
  /** What it reads when it starts or reloads. */
  product: BalancerProduct;
  /** Occurrence that has told its processes to reload while they stand still; -1: none has. */
  reloadsFor: number;
  /** Occurrence of the last reload; -1: there was none. */
  reloadedBy: number;
  /** Agents whose packets it forwards. */
  readonly flows: Set<number>;
  /** `null`: it is no moving address. */
  readonly vip: Vip | null;
  /** What its processes draw when they start. */
  readonly luck: Key;
  /** Where in its second its clock stands at instant 0, µs. */
  readonly phaseUs: number;
  /** One way to each place. */
  readonly latencyUs: readonly number[];
  /** What it sees of each place that is gone. */
  readonly unreachable: readonly Unreachable[];
}

export function newHosts(options: WorldOptions, root: Key): BalancerHost[] {
  const { nodes, balancers, network } = options;
  const places = [...nodes, ...balancers];
  return balancers.map((own, index) => {
    const { name, product, latencyUs, unreachable } = own;
    const luck = namedKey(root, Purpose.BalancerStart, name);
    // A lone one had no name to draw by.
    const key =
      name === balancerPlace ? deriveKey(root, Purpose.BalancerClock, 0) : namedKey(root, Purpose.BalancerClock, name);
    return {
      options: own,
      place: nodes.length + index,
      proxies: [newProxy(own, product, options, luck)],
      luck,
      product,
      reloadsFor: -1,
      reloadedBy: -1,
      phaseUs: Math.floor(uniform(key, 0, 0) * 1e6),
      latencyUs: places.map((place) => slowest(network.latencyUs, place.latencyUs, latencyUs)),
      unreachable: places.map((place) =>
        unreachableBetween(network.unreachable.balancer, unreachable, place.unreachable),
      ),
      flows: new Set(),
      vip: product.kind === 'vip' ? newVip(product.vip, nodes.length) : null,
    };
  });
}

/** The latency of a way between two ends: the larger of their own, or the network's. */
export function slowest(networkUs: number, ...own: readonly (number | null | undefined)[]): number {
  const given = own.filter((value) => typeof value === 'number');
  return given.length > 0 ? Math.max(...given) : networkUs;
}
