// Clients of a balancer.
import { rootKey } from '../../src/kernel/random.ts';
import type { BalancerClient } from '../../src/models/balancer/contract.ts';

const key = rootKey('clients', 0);

/** @param connect number of the connection, where the choice is drawn. */
export function aClient(address = '10.0.0.1', connect = 0, port = 40_000): BalancerClient {
  return { address, port, luck: { key, index: 0, connect } };
}
