import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, Workbench } from '../fixtures/workbench.ts';

const STOP_AT = fileURLToPath(new URL('../fixtures/stop-at.mjs', import.meta.url));

/** Notes when it began and ended, and ends when it is told to. */
const WORK =
  'echo "+ $AGENTCTL_NAME" >>order; until [ -e "end-$AGENTCTL_NAME" ]; do sleep 0.1; done; echo "- $AGENTCTL_NAME" >>order';

function batchOf(bench: Workbench, names: readonly string[], more: object = {}): string {
  const path = join(bench.dir, 'batch.ndjson');
  const lines = names.map((name) => JSON.stringify({ name, command: ['sh', '-c', WORK], ...more }));
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

function order(bench: Workbench): string[] {
  const path = join(bench.dir, 'order');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

function begun(bench: Workbench): string[] {
  return order(bench).flatMap((line) => (line.startsWith('+ ') ? [line.slice(2)] : []));
}

/** How many ran at one time, at the most. */
function mostAtOnce(bench: Workbench): number {
  let now = 0;
  return Math.max(...order(bench).map((line) => (now += line.startsWith('+') ? 1 : -1)));
}

async function phases(bench: Workbench): Promise<Record<string, string>> {
  const agents = (await bench.ps()).toSorted((one, other) => Number(other.archived) - Number(one.archived));
  return Object.fromEntries(agents.map(({ name, phase }) => [name, phase]));
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

describe.concurrent('--max-parallel', () => {
  test('keeps the rest of a batch queued, and starts it in order as places come free', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const said = await bench.ok('spawn', '--batch', batchOf(bench, NAMES), '--max-parallel', '2');
    expect(said.trim().split('\n').sort()).toEqual(NAMES);
    expect(await phases(bench)).toEqual({
      a: 'running',
      b: 'running',
      c: 'queued',
      d: 'queued',
      e: 'queued',
      f: 'queued',
    });
    const last = await bench.agent('f');
    expect(last).toMatchObject({
      reason: expect.stringMatching(/^it waits for its turn: of those with batch=\w+ no more than 2 run at one time$/),
      labels: (await bench.agent('a')).labels,
      startedAt: null,
      deadline: null,
      lastOutputAt: null,
      evidence: { process: 'none: it has not been started yet', tmux: 'no session yet' },
    });
    expect(await bench.ok('ps')).toMatch(/^f +queued +- +- +- /m);
    await bench.written('order');
    for (const [at, name] of NAMES.entries()) {
      const most = NAMES.slice(0, at + 2);
      await waitFor(`the start of ${most.at(-1)}`, () => begun(bench).length >= most.length);
      expect(begun(bench).toSorted()).toEqual(most);
      writeFileSync(join(bench.dir, `end-${name}`), '');
      expect((await bench.run('wait', name)).code).toBe(0);
    }
    expect(mostAtOnce(bench)).toBe(2);
    const events = (await bench.ok('events', '--json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; name: string });
    for (const name of NAMES)
      expect(
        events
          .filter((one) => one.name === name)
          .map(({ event }) => event)
          .slice(0, 3),
      ).toEqual(['spawned', 'started', 'ended']);
  });

  test('counts by a label, over several calls', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const spawn = (name: string, ...more: string[]) => bench.ok('spawn', '-n', name, ...more, '--', 'sh', '-c', WORK);
    await spawn('other');
    await spawn('first', '-l', 'job=7');
    await spawn('second', '--max-parallel', 'job=7:2');
    expect(JSON.parse(await spawn('third', '--max-parallel', 'job=7:2', '--json'))).toMatchObject({
      phase: 'queued',
      labels: { job: '7' },
    });
    await spawn('fourth', '--max-parallel', 'job=8:1');
    expect(await phases(bench)).toEqual({
      other: 'running',
      first: 'running',
      second: 'running',
      third: 'queued',
      fourth: 'running',
    });
    await bench.ok('stop', 'first');
    await waitFor('the third', async () => (await phases(bench)).third === 'running');
  });

  test('is told of as it runs, also where a manager was faster than who spawns it', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    const slow = `case "$*" in *new-session*' -s b '*) : >'${bench.dir}/begun'; sleep 2 ;; esac; PATH='${process.env.PATH}' exec tmux "$@"`;
    writeFileSync(join(bench.dir, 'tmux'), `#!/bin/sh\n${slow}\n`, { mode: 0o755 });
    bench.env.PATH = `${bench.dir}:${process.env.PATH}`;
    bench.start(['manager', 'run'], { stdio: 'ignore' });
    await bench.ok('spawn', '-n', 'a', '--', 'sh', '-c', WORK);
    // It is held up as soon as the name is its own, until the manager has begun.
    const mark = join(bench.dir, 'mark');
    const env = { NODE_OPTIONS: `--import=${STOP_AT}`, STOP_AT: 'openSync:events.ndjson', STOP_MARK: mark };
    const spawning = bench.runWith(
      { env },
      ...['spawn', '-n', 'b', '--max-parallel', 'job=7:1', '--json', '--', 'sh', '-c', WORK],
    );
    const pid = Number(await waitFor('it to be held up', () => existsSync(mark) && readFileSync(mark, 'utf8')));
    writeFileSync(join(bench.state, 'bell'), '');
    await waitFor('the manager to begin', () => existsSync(join(bench.dir, 'begun')));
    process.kill(pid, 'SIGCONT');
    const { stdout, stderr } = await spawning;
    expect(JSON.parse(stdout), stderr).toMatchObject({ name: 'b', phase: 'running' });
  });

  test('is in nobody’s way: who waits can be stopped, replaced, extended and kept, and says what it cannot', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '--batch', batchOf(bench, NAMES), '--max-parallel', 'gpu=0:1');
    for (const [args, said] of [
      [['send', 'b', 'hello'], 'b has no terminal yet'],
      [['screen', 'b'], 'b has no terminal yet'],
      [['done', 'b'], 'b cannot be done: it has not been started yet'],
    ] as const) {
      const { code, stderr } = await bench.run(...args);
      expect({ code, said: stderr.includes(said) }, stderr).toEqual({ code: 1, said: true });
    }
    expect(await bench.ok('logs', 'b')).toBe('');
    await bench.ok('extend', 'b', '1h');
    await bench.ok('keep', 'b');
    await bench.ok('stop', 'c');
    expect(await bench.agent('c')).toMatchObject({
      phase: 'ended',
      result: 'stopped',
      exitCode: null,
      reason: expect.stringMatching(/^stopped by .* before it was started$/),
      startedAt: null,
    });
    expect((await bench.run('wait', 'c')).code).toBe(125);
    expect(existsSync(join((await bench.agent('c')).directory, 'env'))).toBe(false);
    await bench.ok('spawn', '-n', 'd', '--replace', '--', 'sh', '-c', WORK);
    expect(await phases(bench)).toMatchObject({ a: 'running', b: 'queued', d: 'running', e: 'queued' });
    await bench.ok('kill', 'e');
    writeFileSync(join(bench.dir, 'end-a'), '');
    await waitFor('b', async () => (await phases(bench)).b === 'running');
    const { deadline, startedAt, kept } = await bench.agent('b');
    expect({ hours: (Date.parse(`${deadline}`) - Date.parse(`${startedAt}`)) / 3_600_000, kept }).toEqual({
      hours: 2,
      kept: true,
    });
    await bench.ok('stop', 'b');
    await waitFor('f', async () => (await phases(bench)).f === 'running');
    expect(begun(bench).toSorted()).toEqual(['a', 'b', 'd', 'f']);
  });

  test('counts the cap from the start, and tells the agent so', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'first', '--max-parallel', 'job=7:1', '--', 'sh', '-c', WORK);
    await bench.ok(
      'spawn',
      '-n',
      'next',
      '-e',
      'SECRET=it’s',
      '--max-parallel',
      'job=7:1',
      '--',
      'sh',
      '-c',
      'echo "$SECRET $AGENTCTL_DEADLINE"',
    );
    await bench.ok('extend', 'next', '1h');
    await bench.ok('stop', 'first');
    await bench.ok('sweep');
    expect((await bench.run('wait', 'next')).code).toBe(0);
    const { startedAt } = await bench.agent('next');
    const [secret, deadline] = (await bench.ok('logs', 'next')).trim().split(' ');
    expect({ secret, late: Math.abs(Number(deadline) - Date.parse(`${startedAt}`) / 1000 - 7200) < 3 }).toEqual({
      secret: 'it’s',
      late: true,
    });
  });

  test('goes on after managers that are killed, and without one by sweeps', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '--batch', batchOf(bench, NAMES), '--max-parallel', '1');
    process.kill(bench.manager().pid, 'SIGKILL');
    writeFileSync(join(bench.dir, 'end-a'), '');
    await bench.ok('manager', 'start');
    await waitFor('b', () => begun(bench).includes('b'));
    await bench.ok('manager', 'stop');
    const ran = await bench.run('spawn', '-n', 'late', '--max-parallel', 'job=7:1', '--', 'sleep', '1000');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(await bench.run('spawn', '-n', 'later', '--max-parallel', 'job=7:1', '--', 'sleep', '1000')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('"agentctl sweep" starts those that wait'),
    });
    writeFileSync(join(bench.dir, 'end-b'), '');
    expect((await bench.run('wait', 'b')).code).toBe(0);
    expect(await bench.ok('sweep', '--dry-run')).toContain('would be started: there is a place for it');
    expect(begun(bench)).toEqual(['a', 'b']);
    // Eight at once: there is one place.
    await Promise.all(Array.from({ length: 8 }, () => bench.ok('sweep')));
    await waitFor('c', () => begun(bench).includes('c'));
    expect(await phases(bench)).toMatchObject({ c: 'running', d: 'queued', e: 'queued', f: 'queued', later: 'queued' });
    expect(begun(bench)).toEqual(['a', 'b', 'c']);
  });

  test('never starts more than may run, whoever ends them and whoever starts them', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const names = Array.from({ length: 24 }, (_, at) => `n${String(at).padStart(2, '0')}`);
    for (const name of names) writeFileSync(join(bench.dir, `end-${name}`), '');
    const sweeps = { over: false };
    const batch = bench.ok('spawn', '--batch', batchOf(bench, names), '--max-parallel', '3');
    const sweeping = (async () => {
      while (!sweeps.over) await bench.run('sweep');
    })();
    await batch;
    await bench.ok('wait', ...names, '--timeout', '100s');
    sweeps.over = true;
    await sweeping;
    expect(begun(bench).toSorted()).toEqual(names);
    expect(mostAtOnce(bench)).toBeLessThanOrEqual(3);
  });

  test('starts nobody whose start comes to nothing twice, and lets the next in', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'first', '--max-parallel', 'job=7:1', '--', 'sh', '-c', WORK);
    await bench.ok('spawn', '-n', 'broken', '--max-parallel', 'job=7:1', '--', 'sh', '-c', WORK);
    await bench.ok('spawn', '-n', 'next', '--max-parallel', 'job=7:1', '--', 'sh', '-c', WORK);
    writeFileSync(join((await bench.agent('broken')).directory, 'launch.sh'), 'exit 126\n');
    writeFileSync(join(bench.dir, 'end-first'), '');
    await waitFor('the next', () => begun(bench).includes('next'));
    expect(await bench.agent('broken')).toMatchObject({ phase: 'ended', result: 'failed', reason: 'exited with 126' });
    expect((await bench.run('wait', 'broken')).code).toBe(126);
  });

  test('lets the next in where nobody knows whether one is to be stopped', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished).withManager();
    for (const name of ['first', 'doubt', 'next'])
      await bench.ok('spawn', '-n', name, '--max-parallel', 'job=7:1', '--', 'sh', '-c', WORK);
    writeFileSync(join((await bench.agent('doubt')).directory, 'orders.json'), '{');
    writeFileSync(join(bench.dir, 'end-first'), '');
    await waitFor('the next', () => begun(bench).includes('next'));
    expect(await phases(bench)).toMatchObject({ doubt: 'queued', next: 'running' });
    await bench.ok('stop', 'doubt');
    expect(await bench.agent('doubt')).toMatchObject({ phase: 'ended', result: 'stopped' });
    expect(begun(bench)).toEqual(['first', 'next']);
  });

  test('lets the next in where a file of one went astray while it waited', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const spawn = (name: string, ...more: string[]) =>
      bench.ok('spawn', '-n', name, '--max-parallel', 'job=7:1', ...more, '--', 'sh', '-c', WORK);
    mkdirSync(join(bench.dir, 'out'));
    await spawn('first');
    await spawn('astray', '--stdout', 'out/log');
    await spawn('next');
    rmSync(join(bench.dir, 'out'), { recursive: true });
    writeFileSync(join(bench.dir, 'end-first'), '');
    await waitFor('the next', () => begun(bench).includes('next'));
    expect(begun(bench)).toEqual(['first', 'next']);
    expect(await bench.agent('astray')).toMatchObject({ phase: 'ended', result: 'failed' });
    expect(await bench.ok('logs', 'astray')).toContain('out/log');
  });

  test('holds no place where there is no tmux', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    for (const name of ['first', 'next'])
      await bench.ok('spawn', '-n', name, '--max-parallel', 'job=7:1', '--', 'sleep', '1000');
    await bench.ok('stop', 'first');
    const { stderr } = await bench.runWith({ env: { PATH: bench.dir } }, 'sweep');
    expect(stderr).toContain('tmux is not installed');
    expect(await phases(bench)).toMatchObject({ next: 'queued' });
  });

  test('leaves alone who has taken the name of one that was removed as it was started', async ({
    onTestFinished,
    expect,
  }) => {
    const bench = new Workbench(onTestFinished);
    for (const name of ['first', 'next'])
      await bench.ok('spawn', '-n', name, '--max-parallel', 'job=7:1', '--', 'sleep', '1000');
    await bench.ok('stop', 'first');
    const { directory, runId } = await bench.agent('next');
    const other = `PATH='${bench.env.PATH}' '${AGENTCTL}' --state-dir '${bench.state}' spawn -n next sleep 1000`;
    const replaces = `*new-session*) rm -rf '${directory}'; ${other}; exit 1`;
    const tmux = `#!/bin/sh\ncase "$*" in ${replaces} ;; esac; PATH='${bench.env.PATH}' exec tmux "$@"\n`;
    mkdirSync(join(bench.dir, 'bin'));
    writeFileSync(join(bench.dir, 'bin', 'tmux'), tmux, { mode: 0o755 });
    await bench.runWith({ env: { PATH: `${join(bench.dir, 'bin')}:${bench.env.PATH}` } }, 'sweep');
    const now = await bench.agent('next');
    expect({ phase: now.phase, isOther: now.runId !== runId }).toEqual({ phase: 'running', isOther: true });
  });

  test('keeps who is stopped while its batch takes places', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished);
    const names = Array.from({ length: 60 }, (_, at) => `n${at}`);
    for (const name of names) writeFileSync(join(bench.dir, `end-${name}`), '');
    const batch = bench.start(['spawn', '--batch', batchOf(bench, names), '--max-parallel', '60'], { stdio: 'ignore' });
    const hasPlace = (name: string) => {
      const spec = join(bench.state, 'agents', name, 'spec.json');
      return existsSync(spec) && readFileSync(spec, 'utf8').includes('"launched":{');
    };
    // Without a pause: it takes them in a moment.
    while (!hasPlace('n0')) await new Promise((resolve) => setImmediate(resolve));
    batch.kill('SIGSTOP');
    const late = names.filter((name) => !hasPlace(name));
    if (late.length > 0) await bench.ok('stop', ...late);
    batch.kill('SIGCONT');
    await new Promise((resolve) => batch.once('exit', resolve));
    await bench.ok('wait', ...names, '--timeout', '100s').catch(() => {});
    const agents = await bench.ps();
    expect(
      agents
        .filter(({ result }) => result === 'stopped')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(late.toSorted());
    expect(agents).toHaveLength(names.length);
  });

  test('ends who waits with its parent', async ({ onTestFinished, expect }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'first', '--max-parallel', 'job=7:1', '--', 'sleep', '1000');
    const child =
      '"$AGENTCTL" spawn -n child --with-parent --max-parallel job=7:1 sleep 1000 && until [ -e end-parent ]; do sleep 0.1; done';
    await bench.ok('spawn', '-n', 'parent', '-e', `AGENTCTL=${AGENTCTL}`, '--', 'sh', '-c', child);
    await waitFor('the child', async () => (await phases(bench)).child === 'queued');
    writeFileSync(join(bench.dir, 'end-parent'), '');
    await waitFor('its end', async () => (await phases(bench)).child === 'ended');
    expect(await bench.agent('child')).toMatchObject({
      result: 'stopped',
      reason: 'its parent parent ended before it was started',
    });
  });

  test.each([
    [['--max-parallel', '4', '--', 'true'], /say of which agents, as in job=7:4/],
    [['--max-parallel', 'job=7', '--', 'true'], /does not say how many/],
    [['--max-parallel', 'job=7:0', '--', 'true'], /does not say how many/],
    [['--max-parallel', 'job:3', '--', 'true'], /is not a label/],
    [
      ['--max-parallel', 'job=7:1', '-l', 'job=8', '--', 'true'],
      /the label job is "8" here, and "7" for --max-parallel/,
    ],
    [['--max-parallel', 'job=7:1', '--', 'no-such-program'], /no-such-program/],
    [['--batch', 'batch.ndjson', '--max-parallel', 'x'], /does not say how many/],
    [['--batch', 'batch.ndjson', '--max-parallel', 'job=7:2'], /the label job is "8" here/],
  ])('is refused, and nothing made: %j', async (args, said) => {
    const bench = new Workbench();
    batchOf(bench, ['a'], { labels: { job: '8' } });
    const { code, stderr, stdout } = await bench.run('spawn', ...args);
    if (code !== 2 || !said.test(stderr) || stdout !== '' || (await bench.ps()).length > 0)
      throw new Error(`${code}: ${stdout} ${stderr}`);
  });
});
