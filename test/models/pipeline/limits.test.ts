import { expect, test } from 'vitest';
import { socketDatagrams } from '../../../src/models/pipeline/limits.ts';

test.each([
  // Measured: 11 to 12 by default; with a longer queue the sender's own buffer is the limit: 277 and 167.
  [10, 174, 11],
  [512, 174, 278],
  [512, 300, 167],
  [512, 4_000, 26],
  [0, 300, 1],
])('a local socket with max_dgram_qlen %i takes %i bytes %i times', (qlen, bytes, datagrams) => {
  expect(socketDatagrams(qlen, 212_992, bytes)).toBe(datagrams);
});
