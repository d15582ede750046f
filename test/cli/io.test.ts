import { expect, test } from 'vitest';
import { worstOf } from '../../src/cli/io.ts';

test('over several scenarios our fault outweighs input, input a baseline, a baseline a breach, a breach doubt', () => {
  const order = [1, 2, 4, 99, 3, 0];

  order.forEach((worst, index) => {
    expect(worstOf(order.slice(index))).toBe(worst);
    expect(worstOf(order.slice(index).reverse())).toBe(worst);
  });
  expect(worstOf([])).toBe(0);
});
