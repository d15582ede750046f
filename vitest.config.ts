import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    // One fewer than there are processors is the default: on two cores that would be one.
    maxWorkers: '100%',
    testTimeout: 60_000,
  },
});
