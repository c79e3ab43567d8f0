import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { AGENTCTL_VARIABLES, collect, ended } from './processes.ts';

const DEAF = ['--', 'sh', '-c', 'trap "" TERM INT HUP; echo >up; while :; do sleep 1; done'];

describe.concurrent('stop', () => {
  test('ends the whole tree, and says how it ended', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const script =
      'sleep 1001 & nohup sleep 1002 >/dev/null 2>&1 & setsid sleep 1003 & (setsid sleep 1004 &) ; echo up >up; wait';
    await bench.ok('spawn', '-n', 'tree', '--', 'sh', '-c', script);
    await bench.written('up');
    const { runId } = await bench.agent('tree');
    await waitFor('its children', () => bench.cookieHolders(runId).length >= 5);
    expect(await bench.ok('stop', 'tree')).toMatch(/^tree stopped \(SIGTERM\) \d+s ago\n$/);
    expect(bench.cookieHolders(runId)).toEqual([]);
    const agent = await bench.agent('tree');
    expect(agent).toMatchObject({ phase: 'ended', result: 'stopped', exitCode: 143, archived: false });
    expect(agent.reason).toContain('stopped by agentctl stop');
    const verdict = bench.record(agent, 'verdict.json') as { steps: { step: string }[]; survivors: unknown[] };
    expect(verdict.steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['term', 'ended']));
    expect(verdict.survivors).toEqual([]);
  });

  test('--kill-after counts instead of the agent’s own', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'deaf', '--kill-after', '1h', ...DEAF);
    await waitFor('its trap', () => existsSync(`${bench.dir}/up`));
    expect(await bench.ok('stop', '--kill-after', '1s', 'deaf')).toMatch(/^deaf stopped \(SIGKILL\)/);
    expect(await bench.agent('deaf')).toMatchObject({ exitCode: 137, result: 'stopped' });
    expect((await bench.run('stop', '--kill-after', 'none', 'deaf')).code).toBe(2);
    expect((await bench.run('stop', '--kill-after', 'soon', 'deaf')).code).toBe(2);
  });

  test('waits for the agent to clean up, and a second, less patient stop counts', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'deaf', '--kill-after', '1h', ...DEAF);
    await waitFor('its trap', () => existsSync(`${bench.dir}/up`));
    const patient = bench.start(['stop', 'deaf']);
    const output = collect(patient);
    await waitFor('the TERM', async () => (await bench.agent('deaf')).phase === 'stopping');
    expect((await bench.run('wait', '--timeout', '1', 'deaf')).code).toBe(75);
    await bench.ok('kill', 'deaf');
    expect(await ended(patient)).toBe(0);
    expect(output.stdout).toMatch(/^deaf stopped \(SIGKILL\)/);
  });

  test('takes several names, --filter, --all', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const jobs = { a: 1, b: 1, c: 2, d: 3, e: 3 };
    await Promise.all(
      Object.entries(jobs).map(([name, job]) => bench.ok('spawn', '-n', name, '-l', `job=${job}`, 'sleep', '1000')),
    );
    const names = (stdout: string) =>
      stdout
        .split('\n')
        .map((line) => line.split(' ')[0])
        .toSorted()
        .join('');
    expect(names(await bench.ok('stop', 'd', 'e'))).toBe('de');
    expect(names(await bench.ok('stop', '--filter', 'label=job=1'))).toBe('ab');
    expect(names(await bench.ok('stop', '--all'))).toBe('c');
    expect(await bench.run('stop', '--all')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'agentctl: nothing to stop: no live agent fits\n',
    });
    expect((await bench.ps()).map(({ result }) => result)).toEqual(Array(5).fill('stopped'));
  });

  test('leaves one that had ended as it was, and says so', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', 'exit 3');
    await bench.run('wait', 'one');
    expect(await bench.run('stop', 'one')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^one failed \(3\) \d+s ago\n$/),
      stderr: expect.stringMatching(/^agentctl: one had ended already: exited with 3; [^\n]+\n$/),
    });
    expect(await bench.agent('one')).toMatchObject({ result: 'failed', exitCode: 3 });
    expect(await bench.run('stop', 'oen')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('did you mean one?'),
    });
    expect((await bench.run('stop')).code).toBe(2);
    expect((await bench.run('kill')).code).toBe(2);
  });

  test('stops nothing when one of the names is wrong', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    expect((await bench.run('stop', 'one', 'nobody')).code).toBe(1);
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
  });

  test('--all stops the others although one is damaged, and says so', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', 'sleep', '1000');
    mkdirSync(join(bench.state, 'agents', 'broken'));
    await bench.ok('spawn', '-n', 'z', 'sleep', '1000');
    const { code, stdout, stderr } = await bench.run('stop', '--all');
    expect([code, stdout.split('\n').length, stderr]).toEqual([
      1,
      3,
      'agentctl: broken cannot be stopped from here: spec.json is missing\n',
    ]);
    expect((await bench.ps()).map(({ phase }) => phase).toSorted()).toEqual(['ended', 'ended', 'unknown']);
    expect((await bench.run('kill', 'broken')).code).toBe(1);
  });

  test('--tree takes along what the agent spawned, and what that spawned', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const agentctl = '"$NODE" "$AGENTCTL" spawn -n';
    const child = `${agentctl} grandchild sleep 1000 >>spawned; exec sleep 1000`;
    await bench.runWith(
      { env: { ...AGENTCTL_VARIABLES, CHILD: child } },
      ...['spawn', '-n', 'parent', '--', 'sh', '-c', `${agentctl} child -- sh -c "$CHILD"; exec sleep 1000`],
    );
    await bench.written('spawned');
    await bench.ok('spawn', '-n', 'other', 'sleep', '1000');
    const stopped = (await bench.ok('stop', '--tree', 'parent'))
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(stopped.toSorted()).toEqual(['child', 'grandchild', 'parent']);
    expect(await bench.agent('other')).toMatchObject({ phase: 'running' });
  });

  test('ends an agent that was stopped with Ctrl-Z’s big brother', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'frozen', '--', 'sh', '-c', 'kill -STOP $$');
    const { agent } = bench.record(await bench.agent('frozen'), 'started.json') as { agent: { pid: number } };
    await waitFor('it to stop itself', () => processState(agent.pid) === 'T');
    await bench.ok('stop', 'frozen');
    expect(await bench.agent('frozen')).toMatchObject({ result: 'stopped', exitCode: 143 });
  });
});

describe.concurrent('kill', () => {
  test('does not wait for anything', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'deaf', '--kill-after', '1h', ...DEAF);
    await waitFor('its trap', () => existsSync(`${bench.dir}/up`));
    expect(await bench.ok('kill', 'deaf')).toMatch(/^deaf stopped \(SIGKILL\)/);
    const agent = await bench.agent('deaf');
    expect(agent).toMatchObject({ result: 'stopped', exitCode: 137 });
    expect(agent.reason).toContain('agentctl kill');
    expect(bench.cookieHolders(agent.runId)).toEqual([]);
  });

  test('takes --filter and --all', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const name of ['a', 'b', 'c']) await bench.ok('spawn', '-n', name, '-l', `is=${name}`, 'sleep', '1000');
    expect(await bench.ok('kill', '--filter', 'label=is=a')).toMatch(/^a stopped/);
    expect((await bench.ok('kill', '--all')).trimEnd().split('\n')).toHaveLength(2);
  });
});

describe.concurrent('rm', () => {
  test('removes ended agents with their logs, archived ones too', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'ended', 'true');
    await bench.ok('wait', 'ended');
    await bench.run('run', '-n', 'archived', 'true');
    expect(await bench.ok('rm', 'ended', 'archived')).toBe('ended\narchived\n');
    expect(await bench.ps()).toEqual([]);
    expect(bench.traces().filter((trace) => !trace.startsWith('process tmux'))).toEqual([]);
  });

  test('removes by NAME.RUNID one run of many', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const code of [1, 2]) await bench.run('run', '-n', 'one', '--', 'sh', '-c', `exit ${code}`);
    const [first] = (await bench.ps()).filter(({ exitCode }) => exitCode === 1);
    await bench.ok('rm', `one.${first?.runId}`);
    expect((await bench.ps()).map(({ exitCode }) => exitCode)).toEqual([2]);
  });

  test('refuses a live one without -f, and then removes none', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'ended', 'true');
    await bench.ok('wait', 'ended');
    expect(await bench.run('rm', 'ended', 'live')).toEqual({
      code: 75,
      stdout: '',
      stderr: 'agentctl: live is running: stop it first, or use rm -f\n',
    });
    expect(await bench.ps()).toHaveLength(2);
    const { runId } = await bench.agent('live');
    expect(await bench.ok('rm', '--force', 'ended', 'live')).toBe('ended\nlive\n');
    expect(bench.cookieHolders(runId)).toEqual([]);
    expect(bench.traces().filter((trace) => !trace.startsWith('process tmux'))).toEqual([]);
    expect(await bench.run('rm', 'live')).toMatchObject({ code: 1 });
    expect((await bench.run('rm')).code).toBe(2);
  });
});

function processState(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0];
}
