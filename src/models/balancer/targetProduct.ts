// What products with lists of targets have in common among the products.
import type { NodeOptions } from '../node.ts';
import type { Balancer } from './contract.ts';
import type { BalancerProduct, ListenerOptions } from './options.ts';
import type { Forwarding, ListenerFacts, ProductChange, RunningProxy } from './product.ts';
import type { TargetOptions } from './targets.ts';

/** What ends no connections keeps nothing of them but their time-out. */
export function forwarded(port: number, sessionTimeoutUs: number): ListenerOptions {
  return {
    port,
    backlog: 0,
    connectTimeoutUs: Infinity,
    wakesLate: false,
    queueTimeoutUs: 0,
    sessionTimeoutUs,
    mutePeerTimeoutUs: Infinity,
    asksClients: false,
    proxyBufferBytes: 0,
  };
}

export function factsOf(options: ListenerOptions, targets: readonly TargetOptions[]): ListenerFacts {
  const peers = targets.map(({ serverText, address, port, disabled }) => ({
    serverText,
    address,
    port,
    backup: false,
    down: disabled,
  }));
  return { options, peers, failTimeoutSeconds: 0 };
}

/**
 * Every listener has a list of its own; nothing limits the sessions but what `mostSessions` says of a listener.
 * @param forwarding absent: it is a proxy.
 */
export function runningLists(
  workers: number,
  listeners: readonly { readonly options: ListenerOptions; readonly balancer: Balancer }[],
  forwarding?: Forwarding,
  mostSessions: readonly number[] = [],
): RunningProxy {
  return {
    workers,
    sessionsPerWorker: 2 ** 31 - 1,
    limits: mostSessions,
    whenFull: 'close',
    listeners: listeners.map((listener, pool) => ({
      ...listener,
      pool,
      limits: mostSessions.length === 0 ? [] : [pool],
    })),
    pools: listeners.map(({ balancer }) => balancer),
    forwarding,
  };
}

/** Nobody listens on the ports of a node that are not those of events: where agents register is another matter. */
function takesEvents(list: readonly TargetOptions[], nodes: readonly NodeOptions[]): boolean {
  return list.some(({ address, port }) => nodes.some((node) => node.address === address && node.eventsPort === port));
}

/** A node in every list that takes events, or in none; a new one is like the last of its list. */
export function changeLists<L, T extends TargetOptions>(
  listeners: readonly L[],
  verb: 'addNode' | 'removeNode',
  node: NodeOptions,
  nodes: readonly NodeOptions[],
  listOf: (listener: L) => readonly T[],
  withList: (listener: L, list: readonly T[]) => L,
  withListeners: (listeners: readonly L[]) => BalancerProduct,
): ProductChange {
  const { name, address, eventsPort: port } = node;
  const isNode = (target: T): boolean => target.address === address && target.port === port;
  const changed = listeners.map((listener) => {
    const list = listOf(listener);
    const has = list.some(isNode);
    if (!takesEvents(list, nodes) || has === (verb === 'addNode')) return listener;
    if (verb === 'removeNode')
      return withList(
        listener,
        list.filter((target) => !isNode(target)),
      );
    return withList(listener, [...list, { ...list.at(-1)!, serverText: name, address, port, disabled: false }]);
  });
  if (changed.some((listener, index) => listener !== listeners[index]))
    return { product: withListeners(changed), note: null };
  const note =
    verb === 'addNode'
      ? `${name} is a server of the balancer already: adding it changes nothing.`
      : `${name} is no server of the balancer: removing it changes nothing.`;
  return { product: null, note };
}
