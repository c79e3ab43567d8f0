import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { inspect } from '../../src/lifecycle/inspect.ts';
import { postmortem } from '../../src/lifecycle/postmortem.ts';
import { sweep } from '../../src/lifecycle/sweep.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

interface Postmortem {
  result: string;
  cause: string;
  exitCode: number | null;
  tornDown: boolean;
  screen: string | null;
  log: { text: string } | null;
  steps: { step: string }[];
  report: { state: string; message: string } | null;
  processes: Record<string, { program: string }[]>;
  git: { status: string } | null;
  gitMissing: string | null;
}

/** Ends its grace, without a process of agentctl's own. */
async function tearDown(bench: Workbench): Promise<void> {
  for await (const { problem } of sweep({ path: bench.state, reason: 'of a test' }, { dryRun: false }))
    expect(problem).toBe(undefined);
}

function bundleOf(bench: Workbench, agent: { directory: string }): Postmortem {
  const bundle = bench.record(agent, 'postmortem.json');
  expect(misfits('postmortem', bundle)).toEqual([]);
  return bundle as unknown as Postmortem;
}

describe.concurrent('a post-mortem', () => {
  test('is put down at teardown, one bundle with all that a person asks first', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const repository = join(bench.dir, 'repository');
    mkdirSync(repository);
    execFileSync('git', ['-C', repository, 'init', '-q', '-b', 'main'], { stdio: 'ignore' });
    const script = bench.file(
      'agent.sh',
      'echo "working on it"; echo half >work; setsid sleep 6003 & agentctl done --failure "gave up" 2>/dev/null; exit 3',
    );
    await bench.ok('spawn', '-n', 'bad', '-C', repository, '--grace', '0', '--', 'sh', script, 'Secret prompt');
    await bench.ok('spawn', '-n', 'good', '--grace', '0', '--', 'true');
    await bench.run('wait', 'bad');
    await bench.run('wait', 'good');
    const early = JSON.parse(await bench.ok('inspect', '--postmortem', '--json', 'bad')) as Postmortem;
    expect(misfits('postmortem', early)).toEqual([]);
    expect(early).toMatchObject({ tornDown: false, result: 'failed', log: { text: 'working on it' } });
    expect(early.processes.survivors).toMatchObject([{ program: 'sleep' }]);
    expect(existsSync(join((await bench.agent('bad')).directory, 'postmortem.json'))).toBe(false);

    await tearDown(bench);
    const { directory, runId } = await bench.agent('bad');
    const bundle = bundleOf(bench, { directory });
    expect(bundle).toMatchObject({
      name: 'bad',
      runId,
      tornDown: true,
      program: 'sh',
      cwd: repository,
      result: 'failed',
      cause: 'natural',
      exitCode: 3,
      signal: null,
      reason: 'exited with 3',
      screen: 'working on it',
      log: { text: 'working on it', drewScreen: false },
      steps: [{ step: 'teardown' }],
      processes: { ended: [{ program: 'sleep' }], survivors: [] },
      git: { status: '## No commits yet on main\n?? work\n', cut: false },
      gitMissing: null,
    });
    expect(statSync(join(directory, 'postmortem.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, 'postmortem.json'), 'utf8')).not.toMatch(/Secret|agent\.sh|6003|PATH/);
    expect(existsSync(join((await bench.agent('good')).directory, 'postmortem.json'))).toBe(false);

    const [json, text, good] = await bench.many([
      ['inspect', 'bad', '--postmortem', '--json'],
      ['inspect', `bad.${runId}`, '--postmortem'],
      ['inspect', 'good', '--postmortem'],
    ]);
    expect(JSON.parse(json?.stdout ?? '')).toEqual(bundle);
    expect(text?.code).toBe(0);
    expect(text?.stdout).toMatch(
      /^bad failed: exited with 3\n(.+\n)+last words\n(.+\n)+what was left\n(.+\n)+where to look\n/,
    );
    expect(text?.stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(24);
    expect(good).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'agentctl: there is no post-mortem of good: it has succeeded; "agentctl logs good" has its output\n',
    });
  });

  test('tells of each way to end, and not of one that runs', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const sleep = ['--', 'sh', '-c', 'printf "\\033]0;title\\007it runs"; sleep 1000'];
    for (const name of ['stopped', 'killed', 'lost']) await bench.ok('spawn', '-n', name, '--grace', '0', ...sleep);
    const live = await bench.run('inspect', '--postmortem', 'lost');
    expect(live).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('it is running') });
    for (const name of ['stopped', 'killed', 'lost'])
      await waitFor('its output', async () => (await bench.ok('logs', name)).includes('it runs'));
    const [, killed, lost] = await Promise.all(['stopped', 'killed', 'lost'].map((name) => bench.agent(name)));
    const started = bench.record(killed ?? { directory: '' }, 'started.json') as { agent: { pid: number } };
    process.kill(started.agent.pid, 'SIGKILL');
    const others = bench.record(lost ?? { directory: '' }, 'started.json') as Record<string, { pid: number }>;
    for (const who of ['wrapper', 'watchdog', 'agent']) process.kill(others[who]?.pid ?? 0, 'SIGKILL');
    await bench.ok('stop', 'stopped');
    await waitFor('their ends', async () => (await bench.ps()).every(({ phase }) => phase === 'ended'));
    await tearDown(bench);
    const found = (await bench.ps()).map((agent) => bundleOf(bench, agent));
    const byResult = Object.fromEntries(found.map((one) => [one.result, one]));
    expect(byResult).toMatchObject({
      stopped: {
        cause: 'stopped',
        exitCode: 143,
        screen: 'it runs',
        gitMissing: 'its directory is in no git repository',
      },
      signaled: { cause: 'natural', exitCode: 137, signal: 'SIGKILL', screen: 'it runs' },
      lost: { cause: 'lost', exitCode: null, log: { text: 'it runs' } },
    });
    expect(byResult.stopped?.steps.map(({ step }) => step)).toEqual(['term', 'ended', 'teardown']);
    const said = await bench.run('inspect', '--postmortem', ...(await bench.ps()).map(({ name }) => name));
    expect(said.stdout.match(/^where to look$/gm)?.length).toBe(3);
    expect(said.stdout).not.toContain('\u001b');
  });

  test('is made from what there is, where the bundle is missing, damaged or of another run', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.run('run', '-n', 'bad', '--', 'sh', '-c', 'echo said; exit 3');
    const agent = await bench.agent('bad');
    const path = join(agent.directory, 'postmortem.json');
    const whole = readFileSync(path, 'utf8');
    const states: (() => void)[] = [
      () => rmSync(path),
      () => writeFileSync(path, '{'),
      () => writeFileSync(path, whole.replace(agent.runId, 'run00001')),
      () => {
        rmSync(path);
        mkdirSync(path);
      },
    ];
    for (const damage of states) {
      rmSync(path, { recursive: true, force: true });
      writeFileSync(path, whole);
      damage();
      const { postmortem: made } = await postmortem({ path: bench.state, reason: 'of a test' }, 'bad');
      expect(made).toMatchObject({
        tornDown: false,
        runId: agent.runId,
        screen: 'said',
        git: null,
        gitMissing: 'nobody looked at its directory when it was torn down',
      });
    }
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, whole);

    // Torn down while git, or tmux, is asked: what is told is that of the archive then, and not what is left of nothing.
    const stateDir = { path: bench.state, reason: 'of a test' };
    const before = join(bench.state, 'agents', 'bad');
    for (const look of [
      async () => (await postmortem(stateDir, 'bad')).postmortem,
      async () => {
        const { archived, verdict, exitCode } = await inspect(stateDir, 'bad');
        return { archived, cause: verdict?.cause, exitCode };
      },
    ]) {
      renameSync(agent.directory, before);
      const looking = look();
      renameSync(before, agent.directory);
      const { cause, exitCode, ...seen } = await looking;
      expect({ cause, exitCode }).toEqual({ cause: 'natural', exitCode: 3 });
      expect('archived' in seen ? seen.archived : seen.tornDown).toBe(true);
    }
  });

  test('survives a teardown that is killed at any step, and is there once', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const dies = fileURLToPath(new URL('../fixtures/dies-at-step.mjs', import.meta.url));
    await bench.ok('spawn', '-n', 'bad', '--', 'sh', '-c', 'echo said; exit 3');
    await bench.run('wait', 'bad');
    const steps = bench.file('steps', '');
    for (let at = 0; ; at += 3) {
      expect(at).toBeLessThan(40);
      const env = { NODE_OPTIONS: `--import=${dies}`, DIES_AT: String(at), COUNTED_FROM: 'screen.txt', STEPS: steps };
      const { code } = await bench.runWith({ env }, 'stop', 'bad');
      if (code === 0) break;
      expect(code).toBe(null);
    }
    const list = readFileSync(steps, 'utf8');
    expect(list).toMatch(/spawn git/);
    const agent = await bench.agent('bad');
    expect(agent.archived).toBe(true);
    expect(bundleOf(bench, agent)).toMatchObject({ tornDown: true, screen: 'said', exitCode: 3 });
    const events = readFileSync(join(bench.state, 'events.ndjson'), 'utf8');
    expect(events.match(/torn-down/g)?.length).toBeLessThanOrEqual(1);
  });

  test('of what there is none is refused in a sentence', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    mkdirSync(join(bench.state, 'agents', 'damaged'), { recursive: true });
    mkdirSync(join(bench.state, 'archive'));
    const [self, unknown, nobody] = await bench.many([
      ['inspect', '--self', '--postmortem'],
      ['inspect', '--postmortem', 'damaged'],
      ['inspect', '--postmortem', 'nobody'],
    ]);
    expect(self).toMatchObject({ code: 2, stderr: expect.stringContaining('exclude each other') });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing can be said of it') });
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no agent') });
  });
});
