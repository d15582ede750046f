import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    // One fewer than there are processors is the default: on two cores that would be one.
    maxWorkers: '100%',
    // Long runs take as long as they take, on a busy machine longer.
    testTimeout: process.env['FLEETFALL_LONG'] === '1' ? 3_600_000 : 60_000,
  },
});
