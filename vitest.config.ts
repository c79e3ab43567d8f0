import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Real tmux and real processes: a test waits for conditions, and only a broken one reaches these bounds.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // More than there are processors: most of the time a test waits for what it has started.
    maxWorkers: 5,
    experimental: { fsModuleCache: true }, // the gate runs the same files again, by another node
    projects: [
      // Pure, but for some that use a directory of their own: a process for each file would cost more than the tests.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      {
        extends: true,
        test: { name: 'real', include: ['test/{wrapper,integration,lifecycle,e2e}/**/*.test.ts'], isolate: false },
      },
    ],
  },
});
