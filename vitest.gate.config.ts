import { defineConfig } from 'vitest/config';

// What is no part of `npm test`, in one run: faults and real agents, which mostly wait, side by side.
export default defineConfig({
  test: {
    projects: ['vitest.faults.config.ts', 'vitest.agents.config.ts'],
    maxWorkers: 7,
    experimental: { fsModuleCache: true },
  },
});
