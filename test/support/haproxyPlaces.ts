// Where clients go that come one after the other.
import type { Balancer } from '../../src/models/balancer/contract.ts';
import type { HaproxySession } from '../../src/models/balancer/haproxy/session.ts';
import { aClient } from './clients.ts';

/** Server of each client; its session ends before the next one comes. */
export function placesOf(balancer: Balancer<HaproxySession>, clients: readonly string[]): readonly number[] {
  return clients.map((client, nth) => {
    const session = balancer.open(aClient(client, nth), 0);
    const index = balancer.next(session, 1e9);
    balancer.closed(session, 1e9);
    return index;
  });
}

/** How many of them each server has. */
export function countsOf(places: readonly number[], servers: number): readonly number[] {
  const counts = new Array<number>(servers).fill(0);
  for (const place of places) counts[place]! += 1;
  return counts;
}
