import { defineConfig } from 'vitest/config';

// Real agents, which the first run installs from npm: apart from `npm test`, which needs no network.
export default defineConfig({
  test: {
    name: 'agents',
    include: ['test/agents/**/*.test.ts'],
    globalSetup: ['test/agents/installed-agents.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 5,
  },
});
