import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'faults',
    include: ['test/faults/**/*.test.ts'],
    // As in vitest.config.ts: conditions are waited for, and only a broken test reaches these bounds, also where busy loops
    // take most of the machine.
    testTimeout: 1_200_000,
    hookTimeout: 600_000,
    pool: 'forks',
    isolate: false,
    maxWorkers: 5, // in the gate; `npm run test:faults` has more, of which busy loops keep less
    experimental: { fsModuleCache: true },
  },
});
