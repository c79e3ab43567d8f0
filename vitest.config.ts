import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,wrapper,integration,lifecycle,e2e}/**/*.test.ts'],
    // Real tmux and real processes: a test waits for conditions, and only a broken one reaches these bounds.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 4,
  },
});
