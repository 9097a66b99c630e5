import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*/**/*.test.ts'],
    exclude: ['node_modules/**', 'out/**', 'dist/**', '.cache/**', 'test/vscode/**'],
    testTimeout: 180_000,
    maxWorkers: 2,
  },
});
