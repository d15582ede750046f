import { expect, test } from 'vitest';
import { serverIds } from '../../../../src/models/balancer/haproxy/options.ts';

// HAProxy 2.6.12, `show stat`, column sid.
test('a server without an id has the number of its line, or the next that nobody has', () => {
  expect(serverIds([null, null, null])).toEqual([1, 2, 3]);
  expect(serverIds([null, 50, null, 4, null, 2, null])).toEqual([1, 50, 3, 4, 5, 2, 7]);
  expect(serverIds([null, 2, 3, null])).toEqual([1, 2, 3, 4]);
  expect(serverIds([2, null, null])).toEqual([2, 3, 4]);
  expect(serverIds([null, 1])).toEqual([2, 1]);
});
