// Scenario 2, of whoever starts an agent that has waited in line: it waits on, or runs, and never twice.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { START_PATIENCE_MS } from '../../src/agent/status.ts';
import { spawn } from '../../src/lifecycle/spawn.ts';
import { stop } from '../../src/lifecycle/stop.ts';
import { dying, halfMade, stateOf, stepsOf, swept } from '../fixtures/dying-launchers.ts';
import { FaultBench, type Truth } from '../fixtures/fault-bench.ts';
import { canMount } from '../fixtures/own-disk.ts';
import { waitFor } from '../fixtures/wait-for.ts';

test('a sweep that is killed at any step of starting who waits leaves it waiting or whole', async () => {
  const bench = await FaultBench.open();
  const program = bench.worker('heir', 'echo >>"$AGENTCTL_STATE_DIR/../began-$AGENTCTL_NAME"; exec sleep 1000');
  // Each in a queue of its own, whose only place is free when the one that held it has been stopped.
  const inLine = async (name: string) => {
    const queue = { label: 'of', value: name, max: 1 };
    const common = { cwd: bench.dir, limits: { graceMs: 0 }, queue, noManager: true };
    const before = await spawn(stateOf(bench), { ...common, name: `before-${name}`, command: ['sleep', '1000'] });
    await spawn(stateOf(bench), { ...common, name, command: [program] });
    await stop(stateOf(bench), [before], { by: 'a test', noManager: true, killAfterMs: 0 });
  };
  await inLine('model');
  const steps = await stepsOf(bench, ['sweep'], '.lock.queue');
  const upTo = steps.findIndex((step) => step.startsWith('closed') && step.includes('start-server'));
  expect(upTo).toBeGreaterThan(8);
  for (const [at, step] of steps.slice(0, upTo + 2).entries()) {
    await inLine(`n${at}`);
    const { code } = await dying(bench, at, ['sweep'], '.lock.queue');
    expect({ step, code }).toEqual({ step, code: null });
  }

  const names = steps.slice(0, upTo + 2).map((_, at) => `n${at}`);
  const isSettled = async (): Promise<boolean> => {
    await swept(bench);
    const agents = await bench.ps();
    return names.every((name) => agents.some((one) => one.name === name && one.phase === 'running'));
  };
  await waitFor('all to run', isSettled, 60_000 + START_PATIENCE_MS);
  for (const name of names) expect({ name, began: read(bench, `began-${name}`) }).toEqual({ name, began: '\n' });
  expect(await halfMade(bench)).toEqual([]);
  const heirs = (await bench.ps()).filter(({ name }) => names.includes(name) || name === 'model');
  for (const agent of heirs) bench.know(agent);
  await stop(stateOf(bench), heirs, { by: 'a test', noManager: true });
  const stopped: Truth = { result: 'stopped', exitCode: 143 };
  await bench.checks(Object.fromEntries(heirs.map(({ name }): [string, Truth] => [name, stopped])));
});

test.runIf(canMount)('one that tmux refuses on a full disk waits on, though who tried to start it lives', async () => {
  const bench = await FaultBench.open({ disk: 'size=6m' });
  const queue = { label: 'job', value: '7', max: 1 };
  const common = { cwd: bench.dir, command: ['sleep', '1000'], limits: { graceMs: 0 }, queue, noManager: true };
  const first = await spawn(stateOf(bench), { ...common, name: 'first' });
  await spawn(stateOf(bench), { ...common, name: 'next' });
  await stop(stateOf(bench), [first], { by: 'a test', noManager: true, killAfterMs: 0 });
  const path = process.env.PATH ?? '';
  const refuses = `*new-session*) cat /dev/zero >'${bench.state}/ballast'; exit 1`;
  const tmux = `#!/bin/sh\ncase "$*" in ${refuses} ;; esac; PATH='${path}' exec tmux "$@"\n`;
  writeFileSync(join(bench.dir, 'tmux'), tmux, { mode: 0o755 });
  vi.stubEnv('PATH', `${bench.dir}:${path}`);
  await expect(swept(bench)).rejects.toThrow('next: tmux could not start the session next');
  vi.unstubAllEnvs();
  expect((await bench.ps()).find(({ name }) => name === 'next')).toMatchObject({ phase: 'queued' });
  rmSync(join(bench.state, 'ballast'));
  await swept(bench);
  const [next] = await stop(stateOf(bench), [{ name: 'next' }], { by: 'a test', noManager: true });
  expect(next).toMatchObject({ result: 'stopped', exitCode: 143 });
});

function read(bench: FaultBench, file: string): string {
  return readFileSync(join(bench.dir, file), 'utf8');
}
