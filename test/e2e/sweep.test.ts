import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProcessIdentity } from '../../src/agent/evidence.ts';
import { managerRecord } from '../../src/lifecycle/start-manager.ts';
import { identityOf } from '../../src/system/processes.ts';
import { archivedAgent } from '../fixtures/archive.ts';
import { Bystanders } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

/** Every file of a state directory with what is in it, but for what agents' own watchdogs and panes write. */
function tree(stateDir: string): Record<string, string> {
  const files = readdirSync(stateDir, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter(({ name }) => !/^(heartbeat|output\.(log|times)|tmux\.sock)$/.test(name))
      .map((file) => [join(file.parentPath, file.name), file])
      .map(([path, file]): [string, string] => {
        const { mtimeMs, ino } = statSync(path as string);
        const content = (file as { isFile: () => boolean }).isFile() ? readFileSync(path as string, 'utf8') : '';
        return [path as string, `${ino} ${mtimeMs} ${content}`];
      }),
  );
}

/** Makes it an agent that started an hour and a half ago, for those who look at its records. */
function startedLongAgo({ directory }: Listed): void {
  const path = join(directory, 'limits');
  const [runId, , ...rest] = readFileSync(path, 'utf8').trim().split(' ');
  // A cap that has passed, and a watchdog that takes an hour to notice it.
  rest[2] = '3600';
  writeFileSync(`${path}.new`, `${[runId, '1', ...rest].join(' ')}\n`);
  renameSync(`${path}.new`, path);
}

/** What an agentctl leaves that is killed while it holds the lock of a run: fresh, so that only its owner's death tells. */
function lockOfADeadProcess(bench: Workbench, runId: string): string {
  const pid = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
  const lock = join(bench.state, 'agents', `.lock.${runId}`);
  mkdirSync(lock, { recursive: true });
  writeFileSync(`${lock}.owner`, `${pid} 12345\n`);
  const at = new Date();
  utimesSync(lock, at, at);
  return lock;
}

async function endedByItself(bench: Workbench, name: string, ...flags: string[]): Promise<void> {
  await bench.ok('spawn', '-n', name, ...flags, '--', 'sh', '-c', 'exit 3');
  await bench.run('wait', name);
}

describe.concurrent('sweep', { timeout: 120_000 }, () => {
  test('does what is due: keeps caps, waits for what it ends, tears down what has ended', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const deaf = ['--kill-after', '1s', '--', 'sh', '-c', 'trap "" TERM; echo up >up; while :; do sleep 0.2; done'];
    await bench.ok('spawn', '-n', 'capped', ...deaf);
    await bench.ok('spawn', '-n', 'works', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'done', '--grace', '0', 'sleep', '1000');
    await endedByItself(bench, 'past', '--grace', '0');
    await endedByItself(bench, 'within', '--grace', '1h');
    await bench.written('up');
    await bench.ok('done', 'done', '-m', 'as told');
    startedLongAgo(await bench.agent('capped'));

    const { code, stdout, stderr } = await bench.run('sweep');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('capped sent TERM: reached its cap\n');
    expect(stdout).toContain('capped killed what is left\n');
    expect(stdout).toContain('done sent TERM: said that it is done (success): as told\n');
    expect(stdout).toContain('past torn down\n');
    expect(stdout).not.toMatch(/^(works|within) /m);
    expect(await bench.agent('capped')).toMatchObject({ result: 'timed-out', exitCode: 137 });
    expect(bench.cookieHolders((await bench.agent('capped')).runId)).toEqual([]);
    expect(await bench.agent('done')).toMatchObject({ result: 'succeeded', exitCode: 0 });
    expect(await bench.agent('works')).toMatchObject({ phase: 'running' });
    expect(await bench.agent('past')).toMatchObject({ archived: true, exitCode: 3 });
    expect(await bench.agent('within')).toMatchObject({ archived: false });
    await bench.ok('sweep');
    expect(await bench.run('sweep')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('--dry-run says what it would do, and changes nothing', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'capped', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'idle', '--max-idle', '1s', 'sleep', '1000');
    await endedByItself(bench, 'past', '--grace', '0');
    const capped = await bench.agent('capped');
    startedLongAgo(capped);
    mkdirSync(join(bench.state, 'agents', '.new.0000000000000000'));
    lockOfADeadProcess(bench, '0000000000000000');
    await waitFor('the log of one that has ended', async () => (await bench.run('logs', 'past')).code === 0);

    const before = tree(bench.state);
    const { code, stdout, stderr } = await bench.run('sweep', '--dry-run');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n').toSorted()).toEqual([
      'capped would be sent TERM: reached its cap',
      'past would be torn down',
    ]);
    await bench.ok('sweep', '--dry-run', '--explain');
    expect(tree(bench.state)).toEqual(before);
    expect(bench.cookieHolders(capped.runId)).not.toEqual([]);
    expect(await bench.agent('capped')).toMatchObject({ phase: 'running' });
  });

  test('removes what the configured retention lets go, unless a manager lives that does', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    for (const folder of ['agents', 'archive']) mkdirSync(join(bench.state, folder), { recursive: true, mode: 0o700 });
    const now = Date.now();
    for (const [name, days] of Object.entries({ old: 30, older: 40, young: 1 }))
      archivedAgent(bench.state, { name, endedAtMs: now - days * 86_400_000 });
    const archive = (): string[] => readdirSync(join(bench.state, 'archive')).map((entry) => entry.split('.')[0] ?? '');
    bench.configure({ retention: { olderThan: '7d' } });
    const bystanders = new Bystanders(onTestFinished);
    const manager = identityOf(bystanders.add('the manager', spawn('sleep', ['1000']).pid ?? 0));
    const record = join(bench.state, 'manager.json');
    writeFileSync(record, JSON.stringify(managerRecord(manager as ProcessIdentity)));
    const nothing = { code: 0, stdout: '', stderr: '' };
    expect(await bench.many([['sweep', '--dry-run'], ['sweep']])).toEqual([nothing, nothing]);
    rmSync(record);
    expect(await bench.run('sweep', '--dry-run')).toEqual(nothing);
    expect(archive()).toHaveLength(3);
    const { code, stdout } = await bench.run('sweep');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^2 archived agents removed by the configured retention, \d\.\d KiB\n$/);
    expect(archive()).toEqual(['young']);
    const env = { AGENTCTL_RETENTION_KEEP: 'all' };
    expect(await bench.runWith({ env }, 'sweep')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^agentctl: not pruned: AGENTCTL_RETENTION_KEEP: "all" is not a number[^\n]*\n$/),
    });
  });

  test('--explain says of each what was seen, what was decided, and what spoke against it', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'works', 'sleep', '1000');
    await bench.ok('spawn', '-n', 'kept', '--grace', '0', 'sleep', '1000');
    await bench.ok('keep', 'kept');
    await bench.ok('done', 'kept');
    await endedByItself(bench, 'past', '--grace', '0');
    const { code, stdout, stderr } = await bench.run('sweep', '--dry-run', '--explain');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const of = (name: string): string => stdout.split(/^(?=\S)/m).find((part) => part.startsWith(`${name}\n`)) ?? '';
    expect(of('works')).toMatch(/^ {2}seen +running: the agent runs$/m);
    expect(of('works')).toMatch(/^ {4}process +agent alive/m);
    expect(of('works')).toMatch(/^ {2}decided +nothing; looks again in /m);
    expect(of('works')).toMatch(/^ {2}against +not idle for 30m: /m);
    expect(of('kept')).toMatch(/^ {2}seen +done: /m);
    expect(of('kept')).toMatch(/^ {2}decided +nothing/m);
    expect(of('kept')).toMatch(/^ {2}against +it is kept \(agentctl keep\)$/m);
    expect(of('past')).toMatch(/^ {2}seen +ended: exited with 3$/m);
    expect(of('past')).toMatch(/^ {2}decided +would be torn down$/m);
    const really = await bench.ok('sweep', '--explain');
    expect(really).toMatch(/^ {2}decided +torn down$/m);
  });

  test('has nothing to do without agents, or without a state directory', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const flags of [['--dry-run', '--explain'], ['--explain'], []]) {
      expect(await bench.run('sweep', ...flags)).toEqual({ code: 0, stdout: '', stderr: '' });
    }
    expect(existsSync(bench.state)).toBe(false);
    await bench.run('run', '-n', 'archived', 'true');
    expect(await bench.run('sweep', '--explain')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('names what is damaged, and does the others', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await endedByItself(bench, 'a', '--grace', '0');
    await endedByItself(bench, 'damaged', '--grace', '0');
    await endedByItself(bench, 'z', '--grace', '0');
    writeFileSync(join((await bench.agent('damaged')).directory, 'spec.json'), '{"schemaVersion":1,');
    mkdirSync(join(bench.state, 'agents', 'empty'));
    writeFileSync(join(bench.state, 'agents', 'file'), 'in the place of an agent');
    const { code, stdout, stderr } = await bench.run('sweep');
    expect(code).toBe(1);
    expect(stdout).toBe('a torn down\nz torn down\n');
    const problems = stderr.trim().split('\n');
    for (const [name, why] of [
      ['damaged', 'spec.json is damaged'],
      ['empty', 'spec.json is missing'],
      ['file', 'spec.json'],
    ])
      expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(`^agentctl: skipped ${name}: .*${why}`)]));
    expect(new Set(problems.map((problem) => problem.split(':')[1])).size).toBe(3);
    expect(await bench.run('sweep', '--dry-run')).toMatchObject({ code: 1, stdout: '' });
    for (const name of ['empty', 'file', 'damaged']) rmSync(join(bench.state, 'agents', name), { recursive: true });
  });

  test('a lock of a process that died holds nobody up', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', '--max-runtime', '1h', 'sleep', '1000');
    await endedByItself(bench, 'past', '--grace', '0');
    const live = await bench.agent('live');
    const past = await bench.agent('past');
    // A lock that is only stale would be waited for: 10 s.
    const promptly = async (runId: string, ...words: string[]): Promise<void> => {
      const lock = lockOfADeadProcess(bench, runId);
      const begun = performance.now();
      await bench.ok(...words);
      expect(performance.now() - begun, words.join(' ')).toBeLessThan(9000);
      expect(existsSync(lock), words.join(' ')).toBe(false);
      expect(existsSync(`${lock}.owner`), words.join(' ')).toBe(false);
    };
    await promptly(live.runId, 'extend', 'live', '1m');
    await promptly(live.runId, 'keep', 'live');
    await promptly(past.runId, 'sweep');
    expect(await bench.agent('past')).toMatchObject({ archived: true });
    await promptly(live.runId, 'stop', 'live');
    expect(await bench.agent('live')).toMatchObject({ result: 'stopped' });
  });

  test('removes what launchers and lock holders that died left behind', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'live', 'sleep', '1000');
    const agents = join(bench.state, 'agents');
    lockOfADeadProcess(bench, '0000000000000000');
    const abandoned = join(agents, '.lock.0000000000000001');
    mkdirSync(abandoned);
    utimesSync(abandoned, 1, 1);
    await bench.ok('sweep');
    expect(readdirSync(agents)).toEqual(['live']);
  });

  test('refuses what it does not know', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const [says, ...words] of [
      ['sweep takes no words', 'now'],
      ['did you mean --dry-run?', '--dryrun'],
      ['did you mean --explain?', '--explian'],
    ] as const) {
      const ran = await bench.run('sweep', ...words);
      expect(ran).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(says) });
      expect(ran.stderr).toMatch(/^agentctl: [^\n]+\n$/);
    }
  });
});
