// A moving address among the products: it has no processes, and nothing passes through it. Who has it is played by world/vip.ts.
import type { BalancerProduct } from '../options.ts';
import type { Product } from '../product.ts';

export const vipProduct: Product<Extract<BalancerProduct, { kind: 'vip' }>> = {
  start: () => ({ workers: 1, sessionsPerWorker: 0, limits: [], whenFull: 'close', listeners: [], pools: [] }),
  listeners: ({ vip }) => vip.listeners.map(({ facts }) => facts),
  change: () => ({ product: null, note: null }),
  canDrain: false,
  ends: () => 'nothing',
};
