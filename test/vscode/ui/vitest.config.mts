import { defineConfig } from 'vitest/config';

/** Steps of a story follow one another in one workbench: no parallel files, no retries. */
export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ['**/*.ui.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    expect: { poll: { timeout: 15_000 } },
    bail: 1,
  },
});
