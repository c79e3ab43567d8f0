// Scenario 8: whoever holds a lock dies, or is held up, in the middle of what it does.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { spawn, stop } from '../../src/index.ts';
import { livenessOf } from '../../src/system/processes.ts';
import { lives } from '../fixtures/bystanders.ts';
import { type FaultAgent, FaultBench } from '../fixtures/fault-bench.ts';
import { waitFor } from '../fixtures/wait-for.ts';

const STOP_AT = fileURLToPath(new URL('../fixtures/stop-at.mjs', import.meta.url));
/** A lock goes stale after 10 s, and whoever waits for one gives up after 30: the rest is for a machine loaded to the brim. */
const PATIENCE_MS = 120_000;

/** An agentctl that is held up, or dies, at one thing that it does; resolves when it has come to that. */
async function heldAt(
  bench: FaultBench,
  { at, signal, mark }: { at: string; signal: 'SIGSTOP' | 'SIGKILL'; mark: string },
  ...words: string[]
): Promise<ChildProcess> {
  const path = join(bench.dir, mark);
  const env = { NODE_OPTIONS: `--import=${STOP_AT}`, STOP_AT: at, STOP_SIGNAL: signal, STOP_MARK: path };
  const child = bench.start(words, { stdio: 'ignore', env });
  const pid = bench.bystanders.add(mark, child.pid ?? 0);
  onTestFinished(() => void child.kill('SIGKILL'));
  await bench.written(mark);
  await waitFor('it to be held', () => !lives(pid) || /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  return child;
}

/** Before its verdict is there; between its verdict and its TERM; as it is torn down. */
const MOMENTS = ['linkSync:verdict.json', 'rmSync:verdict.json.', 'writeFileSync:screen.txt'];

test('whoever holds an agent’s lock and dies, or is held up, keeps nobody from it for long, and does no harm later', async () => {
  const bench = await FaultBench.open();
  const state = { path: bench.state, reason: 'of a test' };
  const scenes: { agent: FaultAgent; at: string; signal: 'SIGSTOP' | 'SIGKILL' }[] = [];
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    for (const [number, at] of MOMENTS.entries()) {
      const name = `${signal.toLowerCase()}-${number}`;
      const agent = await bench.launchHere(name, 'exec sleep 1000', { killAfterMs: 2000 });
      // The last: two calls, since the first ends it and the second tears it down.
      if (at.endsWith('screen.txt')) await stop(state, [agent], { by: 'a test', noManager: true });
      scenes.push({ agent, at, signal });
    }
  }
  const holders = await Promise.all(
    scenes.map(({ agent: { name }, at, signal }) => heldAt(bench, { at, signal, mark: `${name}.held` }, 'stop', name)),
  );
  const begun = Date.now();
  await Promise.all(scenes.map(({ agent }) => stop(state, [agent], { by: 'another', noManager: true })));
  expect(Date.now() - begun).toBeLessThan(PATIENCE_MS);
  await bench.ok('sweep');

  const held = scenes.flatMap(({ agent, signal }, at) =>
    signal === 'SIGSTOP' ? [{ name: agent.name, holder: holders[at] as ChildProcess }] : [],
  );
  // The names are others' by now.
  const command = ['sleep', '1000'];
  const heirs = await Promise.all(
    held.map(({ name }) => spawn(state, { name, command, cwd: bench.dir, noManager: true })),
  );
  const ended = held.map(({ holder }) => new Promise((resolve) => holder.once('exit', resolve)));
  for (const { holder } of held) holder.kill('SIGCONT');
  await Promise.all(ended);
  for (const { name, runId } of heirs) expect(await bench.agent(name)).toMatchObject({ runId, phase: 'running' });
  // Where a TERM that was put down was never sent, KILL follows all the same.
  await bench.checks(Object.fromEntries(scenes.map(({ agent }) => [agent.name, { result: 'stopped' }])));
});

test('whoever holds the manager’s lock and dies, or is held up, keeps nobody from a manager for long', async () => {
  const bench = await FaultBench.open({ manager: true });
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    const before = bench.manager();
    process.kill(before.pid, 'SIGKILL');
    await waitFor('its end', () => livenessOf(before) === 'dead');
    const mark = `held-${signal}`;
    const holder = await heldAt(bench, { at: 'renameSync:manager.json', signal, mark }, 'manager', 'start');
    const begun = Date.now();
    const { runId } = await bench.launch(signal.toLowerCase(), 'exec sleep 1000', '--max-runtime', '1s');
    expect(Date.now() - begun).toBeLessThan(PATIENCE_MS);
    expect(livenessOf(bench.manager())).toBe('alive');
    if (signal === 'SIGSTOP') {
      const ended = new Promise((resolve) => holder.once('exit', resolve));
      holder.kill('SIGCONT');
      await ended;
    }
    await waitFor('it to be torn down', async () =>
      (await bench.ps()).some((agent) => agent.runId === runId && agent.archived),
    );
    await waitFor('a manager', () => livenessOf(bench.manager()) === 'alive');
  }
  const truth = { result: 'timed-out', exitCode: 143 };
  await bench.checks({ sigkill: truth, sigstop: truth });
});
