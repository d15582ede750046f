// What a balancer would choose: asked of the same code that the simulation runs.
import { rootKey } from '../../kernel/random.ts';
import type { Balancer as Chooser } from '../../models/balancer/contract.ts';
import type { BalancerProduct } from '../../models/balancer/options.ts';
import { startProduct } from '../../models/balancer/products.ts';
import { addressText } from '../../models/balancer/proxy.ts';
import { groupAddresses } from '../../models/addresses.ts';
import { namedKey, Purpose } from '../../models/workload.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';

export const luck = rootKey('lint', 0);
/** Late enough that nobody warms up any more. */
const nowUs = 1e12;

export function chooserOf(product: BalancerProduct, listenerIndex: number): Chooser {
  return startProduct(product, luck).listeners[listenerIndex]!.balancer;
}

/** Where a connection goes that is over before the next one comes; -1: it is closed. */
export function choose(chooser: Chooser, address: number, index: number, port = 40_000): number {
  const session = chooser.open({ address: addressText(address), port, luck: { key: luck, index, connect: 0 } }, 0);
  const peer = chooser.next(session, nowUs);
  if (peer >= 0) chooser.connected(session, nowUs);
  chooser.closed(session, nowUs);
  return peer;
}

/** Agents behind each address that a balancer sees, as they are in the first replication. */
export function clientsOf(groups: readonly GroupOptions[]): Map<number, number> {
  const clients = new Map<number, number>();
  for (const group of groups) {
    const key = namedKey(luck, Purpose.Address, group.name);
    for (const address of groupAddresses(group, key)) clients.set(address, (clients.get(address) ?? 0) + 1);
  }
  return clients;
}

/** Some addresses one after the other, for what does not depend on whose they are. */
export const someAddresses: readonly number[] = Array.from({ length: 4096 }, (_, index) => 0x0a000001 + index * 7);

/** Whoever comes from one address always gets the same server, and not everybody gets the same one. */
export function goesByAddress(product: BalancerProduct, listenerIndex: number): boolean {
  const chooser = chooserOf(product, listenerIndex);
  if (chooser.peers.length < 2) return false;
  const chosen = new Set<number>();
  for (const [place, address] of someAddresses.slice(0, 32).entries()) {
    const answers = Array.from({ length: 4 }, (_, nth) =>
      choose(chooser, address, 4 * place + nth, 40_000 + 997 * nth),
    );
    if (answers.some((answer) => answer !== answers[0])) return false;
    chosen.add(answers[0]!);
  }
  return chosen.size > 1;
}
