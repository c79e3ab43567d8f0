import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Workbench } from '../fixtures/workbench.ts';
import { shell } from './processes.ts';
import { misfits } from './schemas.ts';

describe.concurrent('status', () => {
  test('ends with 0 for a live agent, 3 for an ended one, 4 for an unknown one', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'ended', 'true');
    await bench.run('wait', 'ended');
    await bench.run('run', '-n', 'archived', 'true');
    const codes = async (...args: string[]) => (await bench.run('status', ...args)).code;
    expect([await codes('live'), await codes('ended'), await codes('archived'), await codes('nobody')]).toEqual([
      0, 3, 3, 4,
    ]);
    expect(await codes('live', '--json')).toBe(0);
    expect(await codes('ended', '--json')).toBe(3);
    expect(await bench.run('status', 'lvie')).toEqual({
      code: 4,
      stdout: '',
      stderr: `agentctl: there is no agent "lvie" in ${bench.state}: did you mean live?\n`,
    });
    expect([await codes(), await codes('a', 'b'), await codes('--no-such-flag', 'a')]).toEqual([2, 2, 2]);
    // What it is for.
    expect((await shell(bench, 'if "$NODE" "$AGENTCTL" status live >/dev/null; then echo up; fi')).stdout).toBe('up\n');
  });

  test('says how an agent is, with its evidence', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', '-l', 'job=7', '--grace', 'none', '--', 'sh', '-c', 'sleep 1000; :');
    const text = await bench.ok('status', 'live');
    const { runId, directory, startedAt, deadline } = await bench.agent('live');
    const facts = Object.fromEntries(
      text
        .trimEnd()
        .split('\n')
        .map((line) => [line.slice(0, 12).trim(), line.slice(12)]),
    );
    expect(facts).toEqual({
      name: 'live',
      status: 'running',
      because: 'the agent runs',
      run: runId,
      command: "sh -c 'sleep 1000; :'",
      cwd: bench.dir,
      labels: 'job=7',
      started: startedAt,
      deadline,
      limits: 'cap 1h, grace none, idle 30m, kill after 10s',
      directory,
      sentinel: 'none',
      process: expect.stringMatching(/^agent alive \(pid \d+\), wrapper alive, watchdog alive$/),
      heartbeat: expect.stringMatching(/^its last heartbeat was \d+ s ago$/),
      report: 'none',
      tmux: expect.stringMatching(/^session \$\d+ is there$/),
    });
  });

  test('says what was reported of an agent, and then why and how it was ended', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const result = bench.file('result.md', 'all is well');
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', 'setsid sleep 1001 & sleep 1000');
    await bench.ok('done', 'one', '--message', 'all is well', '--result', result);
    await bench.ok('keep', 'one');
    const said = (await bench.agent('one')).report as { at: string; resultFile: string };
    const before = await bench.ok('status', 'one');
    expect(before).toMatch(/^status {6}done \(kept\)$/m);
    expect(before).toContain(`\nreported    ${said.at}\nresult file ${said.resultFile}\n`);
    expect(before).toContain('\nkept        until "agentctl keep --release"\n');
    expect(before).toMatch(/^ {2}report {4}done \(success\), by .*: all is well$/m);
    expect(before).not.toMatch(/^(teardown|left|verdict)/m);

    await bench.ok('keep', '--release', 'one');
    const { teardownAt } = await bench.agent('one');
    expect(await bench.ok('status', 'one')).toContain(`\nteardown    ${teardownAt}\n`);
    await bench.ok('stop', 'one');
    const { code, stdout } = await bench.run('status', 'one');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^verdict {5}stopped$/m);
    expect(stdout).toMatch(/^ {2}sent TERM \d{4}-.*Z$/m);
    expect(stdout).toMatch(/^ {2}killed {4}.*sleep 1001 \(pid \d+, (cookie|cgroup)\)/m);
    expect(stdout).toMatch(/^ {2}used {6}\d+s, .*59m\d+s of its cap left$/m);
    expect(stdout).not.toMatch(/^( {2}(spared|survived|suspect|torn down)|left)/m);
    // It stays for its grace, unless it is stopped once more.
    await bench.ok('stop', 'one');
    const after = (await bench.run('status', 'one')).stdout;
    expect(after).toMatch(/^ {2}torn down \d{4}-.*Z$/m);
    expect(after).not.toMatch(/^teardown/m);
  });

  test('says what an ended agent left running', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', 'setsid sleep 1001 &');
    await bench.run('wait', 'one');
    const { stdout } = await bench.run('status', 'one');
    expect(stdout).toMatch(/^status {6}succeeded \d+s ago, left 1 running$/m);
    expect(stdout).toMatch(/^left {8}sleep 1001 \(pid \d+, (cookie|cgroup)\)$/m);
    await bench.ok('stop', 'one');
  });

  test('shows a disagreement between the witnesses', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', 'trap "" HUP; kill -STOP $$; :');
    const { wrapper, watchdog } = bench.record(await bench.agent('one'), 'started.json') as {
      wrapper: { pid: number };
      watchdog: { pid: number };
    };
    process.kill(watchdog.pid, 'SIGKILL');
    process.kill(wrapper.pid, 'SIGKILL');
    const { code, stdout } = await bench.run('status', 'one');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('wrapper dead, watchdog dead') });
    expect(stdout).toMatch(/^status +stopping$/m);
    expect(stdout).toMatch(/agent alive/);
    await bench.ok('stop', '--kill-after', '0', 'one');
    expect(await bench.agent('one')).toMatchObject({ phase: 'ended' });
  });
});

describe.concurrent('inspect', () => {
  test('prints agents as their schema says, one line each, in every state', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'ended', '--', 'sh', '-c', 'exit 7');
    await bench.run('wait', 'ended');
    await bench.run('run', '-n', 'archived', 'true');
    const lines = (await bench.ok('inspect', 'live', 'ended', 'archived', '--json')).trimEnd().split('\n');
    const agents = lines.map((line) => JSON.parse(line));
    expect(agents.map((agent) => misfits('agent', agent))).toEqual([[], [], []]);
    expect(agents).toMatchObject([
      { name: 'live', terminal: false, evidence: { sentinel: 'none', tmux: expect.stringContaining('is there') } },
      {
        name: 'ended',
        terminal: true,
        exitCode: 7,
        evidence: { sentinel: 'code 7, observed, natural', process: 'ended' },
      },
      { name: 'archived', archived: true, result: 'succeeded', evidence: { tmux: 'closed at teardown' } },
    ]);
    expect(await bench.run('inspect', 'live', 'nobody')).toMatchObject({ code: 1, stdout: '' });
    expect((await bench.run('inspect')).code).toBe(2);
  });

  test('means by NAME.RUNID that run and no other', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.run('run', '-n', 'one', '--', 'sh', '-c', 'exit 1');
    const first = await bench.agent('one');
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
    expect(await bench.agent(`one.${first.runId}`)).toMatchObject({ exitCode: 1, runId: first.runId });
    expect((await bench.run('inspect', 'one.0000000000000000')).code).toBe(1);
    expect((await bench.run('inspect', '../agents/one')).code).toBe(1);
  });

  test('judges an agent of another boot or container without looking at its pids', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const agent = await bench.agent('one');
    const records = ['spec.json', 'started.json'].map((file) => [file, bench.record(agent, file)] as const);
    const pretend = (change: object) => {
      for (const [file, record] of records)
        writeFileSync(join(agent.directory, file), JSON.stringify({ ...record, ...change }));
    };
    pretend({ pidNamespace: 'pid:[1]' });
    expect(await bench.agent('one')).toMatchObject({ phase: 'unknown', result: null });
    expect((await bench.run('stop', 'one')).code).toBe(1);
    pretend({ bootId: '00000000-0000-0000-0000-000000000000' });
    expect(await bench.agent('one')).toMatchObject({ phase: 'ended', result: 'lost', exitCode: null });
    pretend({});
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
  });
});
