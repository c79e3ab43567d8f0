import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { LOAD_SECONDS, waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

interface Verdict {
  cause: string;
  steps: { step: string }[];
  ended: { command: string; why: string }[];
  spared: { command: string }[];
  resources: { wallSeconds: number; cpuSeconds: number; savedSeconds: number };
}

describe.concurrent('an agent that has ended', () => {
  test('is torn down after its grace, with its log, its screen and its result kept', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'worker', '--grace', '2s', 'sh', '-c', 'echo hello; exit 3');
    await waitFor('its end', async () => (await bench.agent('worker')).phase === 'ended');
    const ended = await bench.agent('worker');
    expect(ended).toMatchObject({ result: 'failed', exitCode: 3, archived: false });
    expect(Date.parse(String(ended.teardownAt)) - Date.parse(String(ended.endedAt))).toBe(2000);
    expect(await sessions(bench)).toEqual(['worker']);

    await bench.ok('manager', 'start');
    const archived = await archivedAs(bench, 'worker');
    expect(archived).toMatchObject({ result: 'failed', exitCode: 3, teardownAt: null });
    expect(await sessions(bench)).toEqual([]);
    expect(await bench.ok('logs', 'worker')).toBe('hello\n');
    expect(readFileSync(join(archived.directory, 'screen.txt'), 'utf8')).toBe('hello\n');
    expect((await bench.run('wait', 'worker')).code).toBe(3);
    const verdict = verdictOf(bench, archived);
    expect(verdict).toMatchObject({ cause: 'natural', steps: [{ step: 'teardown' }], ended: [] });
    expect(verdict.resources.savedSeconds).toBeGreaterThan(3500);
    expect(Date.parse(stepTime(verdict)) - Date.parse(String(archived.endedAt))).toBeGreaterThanOrEqual(1900);
  });

  test('is torn down at once with --grace 0', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'quick', '--grace', '0', 'true');
    const archived = await archivedAs(bench, 'quick');
    // The wrapper stays a second, so that its log is whole.
    expect(Date.parse(stepTime(verdictOf(bench, archived))) - Date.parse(String(archived.endedAt))).toBeLessThan(
      LOAD_SECONDS * 1000,
    );
  });

  test('has what it left running ended then, each named', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok(
      'spawn',
      '-n',
      'leaver',
      '--grace',
      '0',
      'sh',
      '-c',
      'setsid sleep 1001 & setsid sh -c "sleep 1002 & :" ; echo $! >left; exit 0',
    );
    await bench.written('left');
    await waitFor('its end', async () => (await bench.agent('leaver')).phase === 'ended');
    const { runId } = await bench.agent('leaver');
    expect(bench.cookieHolders(runId)).not.toEqual([]);
    await bench.ok('sweep');
    expect(bench.cookieHolders(runId)).toEqual([]);
    const { ended } = verdictOf(bench, await archivedAs(bench, 'leaver'));
    expect(ended.map(({ command }) => command)).toEqual(expect.arrayContaining(['sleep 1001', 'sleep 1002']));
  });

  test('has what it left running spared with --leave-running, but not by a stop', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    const leave = ['--leave-running', '--grace', '0', 'sh', '-c'];
    await bench.ok('spawn', '-n', 'leaver', ...leave, 'setsid sleep 1003 & echo $! >left');
    const left = Number(await bench.written('left'));
    onTestFinished(() => void process.kill(left, 'SIGKILL'));
    await waitFor('its end', async () => (await bench.agent('leaver')).phase === 'ended');
    await bench.ok('sweep');
    const archived = await archivedAs(bench, 'leaver');
    expect(verdictOf(bench, archived).spared.map(({ command }) => command)).toContain('sleep 1003');
    expect(existsSync(`/proc/${left}`)).toBe(true);

    await bench.ok('spawn', '-n', 'stopped', ...leave, 'setsid sleep 1004 & echo $! >left2; wait');
    await bench.written('left2');
    const { runId } = await bench.agent('stopped');
    await bench.ok('stop', 'stopped');
    expect(bench.cookieHolders(runId)).toEqual([]);
  });

  test('has its CPU time in the verdict, though nobody measured it', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok(
      'spawn',
      '-n',
      'busy',
      '--grace',
      '0',
      'sh',
      '-c',
      'i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done',
    );
    await waitFor('its end', async () => (await bench.agent('busy')).phase === 'ended');
    await bench.ok('sweep');
    const { resources } = verdictOf(bench, await archivedAs(bench, 'busy'));
    expect(resources.cpuSeconds).toBeGreaterThan(0.05);
    expect(resources.cpuSeconds).toBeLessThanOrEqual(resources.wallSeconds + 0.1);
  });
});

function stepTime(verdict: Verdict): string {
  return String((verdict.steps as { step: string; at?: string }[]).find(({ step }) => step === 'teardown')?.at);
}

function verdictOf(bench: Workbench, agent: Listed): Verdict {
  return bench.record(agent, 'verdict.json') as unknown as Verdict;
}

async function archivedAs(bench: Workbench, name: string): Promise<Listed> {
  await waitFor(`${name} to be torn down`, async () => (await bench.agent(name)).archived);
  return bench.agent(name);
}

async function sessions(bench: Workbench): Promise<string[]> {
  const { stdout } = await bench.run('tmux', 'list-sessions', '-F', '#{session_name}');
  return stdout.split('\n').filter((name) => name !== '');
}
