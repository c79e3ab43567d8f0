import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { collect, ended, letCapPass } from './processes.ts';
import { misfits } from './schemas.ts';

/** Ends with a code once a file is there. */
const untilThere = (file: string, code: number) => [
  '--',
  'sh',
  '-c',
  `until [ -e ${file} ]; do sleep 0.05; done; exit ${code}`,
];

describe.concurrent('wait for one', () => {
  test.for([
    ['exit 0', 0],
    ['exit 3', 3],
    ['exec no-such-command', 127],
    ['./not-executable', 126],
    ['kill -KILL $$', 137],
    ['kill -INT $$', 130],
  ] as const)('ends with its own code, and prints nothing: %s', async ([script, code], { onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    bench.file('not-executable', 'x');
    await bench.ok('spawn', '-n', 'one', '--', 'sh', '-c', `until [ -e go ]; do sleep 0.05; done; ${script}`);
    const child = bench.start(['wait', 'one']);
    const output = collect(child);
    bench.file('go', '');
    expect(await ended(child)).toBe(code);
    expect(output).toEqual({ stdout: '', stderr: '' });
    // And once more, when it is over.
    expect((await bench.run('wait', 'one')).code).toBe(code);
  });

  test('143 for one that was stopped, 124 for one that reached its cap, 125 for one that is lost', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    for (const name of ['stopped', 'capped', 'lost'])
      await bench.ok('spawn', '-n', name, '--kill-after', '1', 'sleep', '1000');
    const waits = ['stopped', 'capped', 'lost'].map((name) => ended(bench.start(['wait', name])));
    await bench.ok('stop', 'stopped');
    letCapPass(await bench.agent('capped'));
    const lost = bench.record(await bench.agent('lost'), 'started.json') as Record<
      'wrapper' | 'watchdog' | 'agent',
      { pid: number }
    >;
    for (const who of ['watchdog', 'wrapper', 'agent'] as const) process.kill(lost[who].pid, 'SIGKILL');
    expect(await Promise.all(waits)).toEqual([143, 124, 125]);
  });

  test('sees to it that a manager lives, which ends what only the time ends', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'one', '--max-runtime', '3s', 'sleep', '1000');
    const { pid } = bench.manager();
    process.kill(pid, 'SIGKILL');
    expect(await bench.run('wait', 'one')).toEqual({ code: 124, stdout: '', stderr: '' });
    expect(bench.manager().pid).not.toBe(pid);
    expect(bench.managerLog().filter(({ do: what }) => what === 'term')).toHaveLength(1);
  });

  test('75 when the timeout has passed and it still runs', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    expect(await bench.run('wait', '--timeout', '1s', 'one')).toEqual({
      code: 75,
      stdout: '',
      stderr: 'agentctl: the timeout of 1s passed, and one agent still runs\n',
    });
    expect((await bench.run('wait', '--timeout', '0', 'one')).code).toBe(75);
    await bench.ok('stop', 'one');
    // One that is over already needs no time.
    expect((await bench.run('wait', '--timeout', '0', 'one')).code).toBe(143);
  });

  test('is bound to the run that has the name when it begins', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', ...untilThere('never', 0));
    const first = await bench.agent('one');
    const child = bench.start(['wait', 'one', '--json']);
    const output = collect(child);
    const bound = ended(child);
    await waitFor('it to listen', () => inotifyCount(child.pid) > 0);
    await bench.ok('spawn', '-n', 'one', '--replace', 'sleep', '1000');
    expect(await bound).toBe(143);
    expect(JSON.parse(output.stdout)).toMatchObject({ runId: first.runId, result: 'stopped' });
    // A run by its id, archived meanwhile.
    expect((await bench.run('wait', `one.${first.runId}`)).code).toBe(143);
  });

  test('125 when its record is removed while it waits', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'two', 'sleep', '1000');
    // STOPped, it cannot see the end before the record is gone.
    const child = bench.start(['wait', 'one', 'two']);
    const output = collect(child);
    const over = ended(child);
    await waitFor('it to listen', () => inotifyCount(child.pid) > 0);
    child.kill('SIGSTOP');
    await bench.ok('rm', '-f', 'one');
    await bench.ok('stop', 'two');
    child.kill('SIGCONT');
    expect(await over).toBe(1);
    expect(output.stderr).toBe('agentctl: one was removed while it was waited for: how it ended is not known\n');
    expect(output.stdout).toBe('two stopped 143\n');
    await bench.ok('spawn', '-n', 'three', 'sleep', '1000');
    const alone = bench.start(['wait', 'three']);
    await waitFor('it to listen', () => inotifyCount(alone.pid) > 0);
    alone.kill('SIGSTOP');
    await bench.ok('rm', '-f', 'three');
    alone.kill('SIGCONT');
    expect(await ended(alone)).toBe(125);
  });

  test('125 for every error of agentctl’s own', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const calls = [
      [],
      ['nobody'],
      ['--timeout', 'soon', 'x'],
      ['--flag', 'x'],
      ['--any', '--all'],
      ['--filter', 'x=y'],
    ];
    const codes = await Promise.all(calls.map(async (args) => (await bench.run('wait', ...args)).code));
    expect(codes).toEqual(calls.map(() => 125));
  });
});

describe.concurrent('wait for several', () => {
  test('prints NAME RESULT CODE as each ends; 0 if all succeeded, else 1', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const [name, code] of [
      ['a', 0],
      ['b', 5],
      ['c', 0],
    ] as const)
      await bench.ok('spawn', '-n', name, ...untilThere(`go-${name}`, code));
    const child = bench.start(['wait', 'a', 'b', 'c']);
    const output = collect(child);
    for (const [name, line] of [
      ['b', 'b failed 5\n'],
      ['c', 'c succeeded 0\n'],
      ['a', 'a succeeded 0\n'],
    ] as const) {
      const before = output.stdout;
      bench.file(`go-${name}`, '');
      await waitFor(line, () => output.stdout === before + line);
    }
    expect(await ended(child)).toBe(1);
    expect((await bench.run('wait', 'a', 'c')).code).toBe(0);
    // The same name twice is one; those that have ended come in the order of their ends.
    expect(await bench.run('wait', 'a', 'a', 'c')).toEqual({
      code: 0,
      stdout: 'c succeeded 0\na succeeded 0\n',
      stderr: '',
    });
  });

  test('--any ends with the first one’s code', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'slow', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'quick', ...untilThere('go', 9));
    const child = bench.start(['wait', '--any', 'slow', 'quick']);
    const output = collect(child);
    bench.file('go', '');
    expect(await ended(child)).toBe(9);
    expect(output.stdout).toBe('quick failed 9\n');
    expect((await bench.run('wait', '--any', '--timeout', '0', 'slow')).code).toBe(75);
  });

  test('--all and --filter take the live agents of now', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    expect(await bench.run('wait', '--all')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('nothing to wait for'),
    });
    await bench.ok('spawn', '-n', 'before', 'false');
    await bench.run('wait', 'before');
    await bench.ok('spawn', '-n', 'a', '-l', 'job=7', ...untilThere('go-a', 0));
    await bench.ok('spawn', '-n', 'b', '-l', 'job=8', ...untilThere('go-b', 3));
    const job = bench.start(['wait', '--filter', 'label=job=7']);
    const all = bench.start(['wait', '--all', '--timeout', '50s']);
    const [jobOutput, allOutput] = [collect(job), collect(all)];
    const over = [ended(job), ended(all)];
    await waitFor('both to listen', () => inotifyCount(job.pid) > 0 && inotifyCount(all.pid) > 0);
    await bench.ok('spawn', '-n', 'later', '-l', 'job=7', 'sleep', '1000');
    bench.file('go-a', '');
    expect(await over[0]).toBe(0);
    expect(jobOutput.stdout).toBe('a succeeded 0\n');
    bench.file('go-b', '');
    expect(await over[1]).toBe(1);
    expect(allOutput.stdout).toBe('a succeeded 0\nb failed 3\n');
    expect(await bench.run('wait', '--filter', 'label=job=9', '--timeout', '1')).toMatchObject({ code: 0 });
    expect(await bench.run('wait', 'later', '--timeout', '1', '--all')).toMatchObject({ code: 75 });
  });

  test('one that was stopped did not succeed, even if it exits 0', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok(
      'spawn',
      '-n',
      'polite',
      '--',
      'sh',
      '-c',
      'trap "exit 0" TERM; echo up >up; while :; do sleep 0.1; done',
    );
    await bench.ok('spawn', '-n', 'good', 'true');
    await bench.written('up');
    await bench.ok('stop', 'polite');
    expect(await bench.run('wait', 'polite', 'good')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('polite stopped 0\n'),
    });
    expect((await bench.run('wait', 'polite')).code).toBe(0);
  });

  test('75 when the timeout passes, after the lines of those that ended', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', 'true');
    await bench.ok('spawn', '-n', 'b', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'c', 'sleep', '1000');
    await bench.run('wait', 'a');
    expect(await bench.run('wait', 'a', 'b', 'c', '--timeout', '1')).toEqual({
      code: 75,
      stdout: 'a succeeded 0\n',
      stderr: 'agentctl: the timeout of 1 passed, and 2 agents still run\n',
    });
  });

  test('--json prints each as its schema says', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', 'true');
    await bench.ok('spawn', '-n', 'b', 'false');
    const { code, stdout } = await bench.run('wait', 'a', 'b', '--json');
    expect(code).toBe(1);
    const agents = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(agents.flatMap((agent) => misfits('agent', agent))).toEqual([]);
    expect(agents.map(({ name, result, terminal }) => [name, result, terminal]).toSorted()).toEqual([
      ['a', 'succeeded', true],
      ['b', 'failed', true],
    ]);
  });
});

/** How many inotify watches a process has: `wait` has one once it knows what it waits for. */
function inotifyCount(pid: number | undefined): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === 'anon_inode:inotify';
    } catch {
      return false;
    }
  }).length;
}
