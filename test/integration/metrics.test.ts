import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Fleet } from '../../src/agent/metrics.ts';
import { FleetReader, readFleet } from '../../src/lifecycle/fleet.ts';
import { archivedRuns } from '../../src/lifecycle/observe.ts';
import { readRemoved, sumUpRemoved } from '../../src/store/removed-file.ts';
import { turn } from '../../src/system/clock.ts';
import { archivedAgent } from '../fixtures/archive.ts';
import { Workbench } from '../fixtures/workbench.ts';

const DAY = 86_400_000;

/** An archived agent that ran for a minute and left something behind. */
function escaped(state: string, name: string): void {
  const directory = archivedAgent(state, { name, endedAtMs: Date.now() - 9 * DAY });
  const runId = basename(directory).split('.')[1];
  const put = (file: string, record: object): void =>
    writeFileSync(join(directory, file), JSON.stringify({ schemaVersion: 1, runId, ...record }));
  put('started.json', {
    agent: { pid: 102, startTime: '1002' },
    wrapper: { pid: 100, startTime: '1000' },
    watchdog: { pid: 101, startTime: '1001' },
    bootId: 'another-boot',
    pidNamespace: 'pid:[1]',
    tmux: { serverPid: 50, session: '$1', pane: '%1' },
    uptimeSeconds: 1000,
    startedAt: '2026-01-02T12:00:00Z',
  });
  const ended = [{ pid: 7, command: 'sleep 9', why: 'cookie' }];
  put('verdict.json', { cause: 'natural', reason: 'r', steps: [], ended, spared: [], survivors: [] });
}

/** All that may not fall. */
function countersOf({ ended }: Fleet) {
  return ended;
}

test('no counter falls or rises while many prune at once, whoever looks and however often', async () => {
  const bench = new Workbench();
  const stateDir = { path: bench.state, reason: 'of a test' };
  mkdirSync(join(bench.state, 'agents'), { recursive: true, mode: 0o700 });
  const COUNT = 150;
  for (let at = 0; at < COUNT; at++) escaped(bench.state, `a${at}`);
  const before = countersOf(await readFleet(stateDir));
  expect(before).toEqual({
    results: { succeeded: COUNT },
    runs: { 60: COUNT },
    runMs: COUNT * 60_000,
    escapedAgents: COUNT,
    escapedProcesses: COUNT,
  });
  let pruning = true;
  const pruned = Promise.all([1, 2].map(() => bench.ok('prune', '--older-than', '1d'))).finally(() => {
    pruning = false;
  });
  // One that remembers, as the manager's, and one that looks for the first time.
  const manager = new FleetReader(stateDir);
  let seenWhilePruning = 0;
  while (pruning) {
    await turn();
    const later = await manager.read([], () => undefined);
    expect(countersOf(later)).toEqual(before);
    if (later.archived > 0 && later.archived < COUNT) seenWhilePruning++;
    expect(countersOf(await readFleet(stateDir))).toEqual(before);
    sumUpRemoved(bench.state, () => new Set(archivedRuns(bench.state).map(({ runId }) => runId)), 0);
    expect(countersOf(await readFleet(stateDir))).toEqual(before);
  }
  await pruned;
  expect(seenWhilePruning).toBeGreaterThan(0);
  expect(countersOf(await manager.read([], () => undefined))).toEqual(before);
  const { archived, damaged } = await readFleet(stateDir);
  expect({ archived, damaged }).toEqual({ archived: 0, damaged: { agents: 0, archive: 0 } });
});

test('no counter falls or rises, at whichever step a prune is killed', async () => {
  const bench = new Workbench();
  mkdirSync(join(bench.state, 'agents'), { recursive: true, mode: 0o700 });
  const stateDir = { path: bench.state, reason: 'of a test' };
  const steps = join(bench.dir, 'steps');
  const env = (diesAt: string) => ({
    NODE_OPTIONS: `--import=${fileURLToPath(new URL('../fixtures/dies-at-step.mjs', import.meta.url))}`,
    DIES_AT: diesAt,
    // Right after its line was put down.
    COUNTED_FROM: '/.removed.',
    STEPS: steps,
  });
  // Its line is put down; it is out of sight; half of it is removed; then what others have left of it.
  const deaths = ['0', '1', '3', '6', 'never'];
  for (const [at, diesAt] of deaths.entries()) {
    escaped(bench.state, `a${at}`);
    const { code } = await bench.runWith({ env: env(diesAt) }, 'prune', '--older-than', '1d');
    expect(code).toBe(diesAt === 'never' ? 0 : null);
    expect(countersOf(await readFleet(stateDir)), `killed at step ${diesAt}`).toMatchObject({
      results: { succeeded: at + 1 },
      runMs: (at + 1) * 60_000,
      escapedProcesses: at + 1,
    });
  }
  expect(readFileSync(steps, 'utf8')).toMatch(/rename.*\.removed\./);
  expect(readRemoved(bench.state).runs.size).toBe(deaths.length);
  expect((await readFleet(stateDir)).archived).toBe(0);
});
