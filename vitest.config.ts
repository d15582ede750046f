import { defineConfig } from 'vitest/config';

/** Files that replace modules (`vi.mock`): they need a worker, and modules, of their own. */
const alone = ['test/report/write.test.ts', 'test/models/world/flows.test.ts'];

export default defineConfig({
  test: {
    pool: 'threads',
    // One fewer than there are processors is the default: on two cores that would be one.
    maxWorkers: '100%',
    // Long runs take as long as they take, on a busy machine longer.
    testTimeout: process.env['FLEETFALL_LONG'] === '1' ? 3_600_000 : 60_000,
    projects: [
      // A third of the time went into reading the same modules again for every file.
      { extends: true, test: { name: 'together', include: ['test/**/*.test.ts'], exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
});
