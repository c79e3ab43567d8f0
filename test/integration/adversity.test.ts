import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { withLock } from '../../src/store/lock.ts';
import { lockFile } from '../../src/store/paths.ts';
import { pause } from '../../src/system/clock.ts';
import { livenessOf, self } from '../../src/system/processes.ts';
import { AGENTCTL_VARIABLES, collect, ended, shell } from '../e2e/processes.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

describe.concurrent('in adversity', () => {
  test('run follows its own run, also when its name is another’s by the time it looks', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const first = bench.start(['run', '-n', 'x', '--', 'sh', '-c', 'echo mine; exit 3']);
    onTestFinished(() => void first.kill('SIGKILL'));
    const output = collect(first);
    await waitFor('its wrapper', () => existsSync(join(bench.state, 'agents', 'x', 'wrapper.pid')));
    first.kill('SIGSTOP');
    expect((await bench.run('wait', 'x')).code).toBe(3);
    expect(first.exitCode).toBe(null);
    await bench.ok('spawn', '-n', 'x', '--', 'sh', '-c', 'echo other; sleep 4; exit 9');
    first.kill('SIGCONT');
    expect([await ended(first), output.stdout, output.stderr]).toEqual([3, 'mine\n', '']);
    expect((await bench.run('wait', 'x')).code).toBe(9);
  });

  test('a full disk keeps no agent alive', async (context) => {
    const bench = await benchOnSmallDisk(context);
    await bench.ok('spawn', '-n', 'a', 'sleep', '1000');
    const deaf = 'trap "" TERM; echo >up; while :; do sleep 1; done';
    await bench.ok('spawn', '-n', 'deaf', '--', 'sh', '-c', deaf);
    await waitFor('its trap', () => existsSync(join(bench.dir, 'up')));
    const runIds = [(await bench.agent('a')).runId, (await bench.agent('deaf')).runId] as const;
    fill(bench);
    expect(await bench.run('stop', 'a')).toMatchObject({ code: 0, stderr: '' });
    expect(bench.cookieHolders(runIds[0])).toEqual([]);
    expect(await bench.run('stop', '--kill-after', '1s', 'deaf')).toMatchObject({ code: 0, stderr: '' });
    expect(bench.cookieHolders(runIds[1])).toEqual([]);
  });

  test('an agent that fills the disk takes no exit code from run', async (context) => {
    const bench = await benchOnSmallDisk(context);
    const script = 'dd if=/dev/zero of="$AGENTCTL_STATE_DIR/filling" bs=4096 2>/dev/null; exit 3';
    const { code } = await bench.run('run', '-n', 'filler', '--', 'sh', '-c', script);
    expect(statSync(join(bench.state, 'filling')).size).toBeGreaterThan(1_000_000);
    expect(code).toBe(3);
  });

  test('logs of an ended agent waits until they are whole', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const script = 'echo FIRST; while [ ! -e go ]; do sleep 0.05; done; echo LAST';
    await bench.ok('spawn', '-n', 'late', '--', 'sh', '-c', script);
    const agent = await bench.agent('late');
    const log = join(agent.directory, 'output.log');
    await waitFor('its first line', () => readFileSync(log, 'utf8').includes('FIRST'));
    const writer = writerOf(bench, agent, log);
    process.kill(writer, 'SIGSTOP');
    onTestFinished(() => signalIfAlive(writer, 'SIGCONT'));
    bench.file('go', '');
    expect((await bench.run('wait', 'late')).code).toBe(0);
    expect(readFileSync(log, 'utf8')).not.toContain('LAST');
    const logs = bench.start(['logs', 'late']);
    const output = collect(logs);
    // Who reads it changes its time of access: once the wrapper, again and again whoever waits for it to be whole.
    let looks = 0;
    const waits = () => {
      if (statSync(log).atimeMs > 0 && looks < 5) {
        looks++;
        utimesSync(log, 0, new Date());
      }
      return logs.exitCode !== null || looks === 5;
    };
    utimesSync(log, 0, new Date());
    // Where the file system keeps no such times, this long must do: an ended log is given 5 s.
    await waitFor('logs to look at it', waits, 2000).catch(() => {});
    process.kill(writer, 'SIGCONT');
    expect([await ended(logs), output.stdout]).toEqual([0, 'FIRST\nLAST\n']);
  });

  test('stop orders nothing when one of the agents cannot be stopped', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const name of ['a', 'd']) await bench.ok('spawn', '-n', name, 'sleep', '1000');
    const spec = join(bench.state, 'agents', 'd', 'spec.json');
    const whole = readFileSync(spec);
    writeFileSync(spec, '{');
    onTestFinished(() => writeFileSync(spec, whole));
    expect(await bench.run('stop', 'a', 'd')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^agentctl: [^\n]*\bd\b[^\n]*spec\.json[^\n]*\n$/),
    });
    for (const name of ['a', 'd']) expect(existsSync(join(bench.state, 'agents', name, 'orders.json'))).toBe(false);
    expect(await bench.agent('a')).toMatchObject({ phase: 'running' });
  });

  test('stop ends its agents although nobody hears what it says', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'f1', 'true');
    await bench.ok('wait', 'f1');
    await bench.ok('spawn', '-n', 'f2', 'sleep', '1000');
    const { runId } = await bench.agent('f2');
    const piped = '"$NODE" "$AGENTCTL" stop f1 f2 2>&1 | true; echo "$' + '{PIPESTATUS[0]}"';
    expect(await shell(bench, piped)).toEqual({ code: 0, stdout: '0\n', stderr: '' });
    expect(await bench.agent('f2')).toMatchObject({ phase: 'ended', result: 'stopped' });
    expect(bench.cookieHolders(runId)).toEqual([]);
  });

  test('a session that a start left when it died gives way to the name’s next agent', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'other', 'sleep', '1000');
    await bench.ok('tmux', 'new-session', '-d', '-s', 'orphan', 'sleep 1000');
    const panes = ['tmux', 'list-panes', '-t', '=orphan:', '-F', '#{pane_pid}'];
    const orphan = Number(await bench.ok(...panes));
    expect(isGone(orphan)).toBe(false);
    expect(await bench.run('spawn', '-n', 'orphan', 'true')).toEqual({ code: 0, stdout: 'orphan\n', stderr: '' });
    await waitFor('what ran in the session to go', () => isGone(orphan));
    expect((await bench.run('wait', 'orphan')).code).toBe(0);
    expect(await bench.agent('other')).toMatchObject({ phase: 'running' });
  });

  test('an ended agent whose spec is damaged is shown, can be removed, and frees its name', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'torn', '--', 'sh', '-c', 'exit 3');
    expect((await bench.run('wait', 'torn')).code).toBe(3);
    writeFileSync(join(bench.state, 'agents', 'torn', 'spec.json'), '{');
    expect(await bench.ok('ps')).toMatch(/^torn /m);
    expect(await bench.run('rm', 'torn')).toEqual({ code: 0, stdout: 'torn\n', stderr: '' });
    expect(await bench.ps()).toEqual([]);
    expect(await bench.run('spawn', '-n', 'torn', 'true')).toEqual({ code: 0, stdout: 'torn\n', stderr: '' });
  });

  test('a stop that a natural end overtakes ends what the agent left running', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const orders = '$AGENTCTL_STATE_DIR/agents/$AGENTCTL_NAME/orders.json';
    const script = `setsid sleep 1000 & while [ ! -e "${orders}" ]; do sleep 0.01; done; exit 0`;
    await bench.ok('spawn', '-n', 'quick', '--', 'sh', '-c', script);
    const { runId, directory } = await bench.agent('quick');
    await waitFor('its child', () =>
      bench.cookieHolders(runId).some((pid) => commandOf(pid).startsWith('sleep\x001000')),
    );
    // Whoever has the lock keeps stop from sending its TERM before the agent has ended.
    const context = { self: self(), isAlive: (holder: Identity) => livenessOf(holder) === 'alive', pause };
    const stopping = await withLock(lockFile(bench.state, runId), context, async () => {
      const stopped = bench.run('stop', 'quick');
      await waitFor('the agent to end by itself', () => existsSync(join(directory, 'exit.json')));
      return { stopped };
    });
    expect(await stopping.stopped).toMatchObject({ code: 0, stderr: '' });
    expect(bench.cookieHolders(runId)).toEqual([]);
    expect(await bench.agent('quick')).toMatchObject({ phase: 'ended', result: 'succeeded', exitCode: 0 });
  });

  test('--with-parent needs a parent in the same state directory', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const elsewhere = join(bench.dir, 'elsewhere');
    const spawn = '"$NODE" "$AGENTCTL" spawn --state-dir "$ELSEWHERE" --with-parent -n child sleep 1000 >said 2>&1';
    const { code } = await bench.runWith(
      { env: { ...AGENTCTL_VARIABLES, ELSEWHERE: elsewhere } },
      ...['run', '-n', 'parent', '--', 'sh', '-c', spawn],
    );
    expect([code, await bench.written('said')]).toEqual([
      2,
      expect.stringMatching(/^agentctl: --with-parent: [^\n]+$/),
    ]);
    expect(existsSync(elsewhere)).toBe(false);
    expect((await bench.ps()).map(({ name }) => name)).toEqual(['parent']);
  });

  test('the socket of a dead server keeps nobody from starting', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    // Ended, it keeps its session, and with that the server.
    await bench.ok('spawn', '-n', 'before', 'true');
    await bench.ok('wait', 'before');
    await killServer(bench);
    expect(existsSync(join(bench.state, 'tmux.sock'))).toBe(true);
    expect(await bench.run('spawn', '-n', 'live', 'sleep', '1000')).toEqual({ code: 0, stdout: 'live\n', stderr: '' });
    expect(await bench.agent('live')).toMatchObject({ phase: 'running' });
    await killServer(bench);
    await waitFor('the end of its agent', async () => (await bench.agent('live')).phase === 'ended');
    expect(await bench.agent('live')).toMatchObject({ result: 'lost', exitCode: null });
    expect(await bench.run('spawn', '-n', 'after', 'sleep', '1000')).toEqual({
      code: 0,
      stdout: 'after\n',
      stderr: '',
    });
    expect(await bench.agent('after')).toMatchObject({ phase: 'running' });
  });
});

interface Identity {
  pid: number;
  startTime: string;
}

/** A workbench whose state directory is a disk of 2 MB; the test is skipped where nobody may mount one, CI excepted. */
async function benchOnSmallDisk({ onTestFinished, skip }: TestContext): Promise<Workbench> {
  const bench = new Workbench(onTestFinished);
  mkdirSync(bench.state, { mode: 0o700 });
  const mounted = await bench.program(['mount', '-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', bench.state]);
  if (mounted.code !== 0) {
    const why = `a disk of 2 MB cannot be mounted here (root can): ${mounted.stderr.trim()}`;
    if (process.env.CI === undefined) skip(why);
    throw new Error(why);
  }
  // Runs before the bench closes.
  onTestFinished(async () => {
    for (const file of ['filling', 'filled']) rmSync(join(bench.state, file), { force: true });
    await bench.run('kill', '--all');
    await bench.run('tmux', 'kill-server');
    try {
      await waitFor(
        'the disk to be left',
        async () => (await bench.program(['umount', bench.state])).code === 0,
        20_000,
      );
    } catch (error) {
      await bench.program(['umount', '-l', bench.state]);
      throw error;
    }
  });
  return bench;
}

/** Leaves no room on a bench's disk. */
function fill(bench: Workbench): void {
  const file = openSync(join(bench.state, 'filled'), 'w');
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
}

/** The process that writes what tmux pipes of a pane: the dd below its agent-log. */
function writerOf(bench: Workbench, agent: Listed, log: string): number {
  const { tmux } = bench.record(agent, 'started.json') as { tmux: { serverPid: number } };
  const found = readdirSync('/proc').filter((entry) => {
    try {
      return parentOf(String(parentOf(entry))) === tmux.serverPid && readlinkSync(`/proc/${entry}/fd/1`) === log;
    } catch {
      return false;
    }
  });
  expect(found).toHaveLength(1);
  return Number(found[0]);
}

async function killServer(bench: Workbench): Promise<void> {
  const pid = Number(await bench.ok('tmux', 'display-message', '-p', '#{pid}'));
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, 'SIGKILL');
  await waitFor('the server to be dead', () => isGone(pid));
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  if (!isGone(pid)) process.kill(pid, signal);
}

/** What stands behind the name in /proc/PID/stat: state, parent, … */
function statOf(pid: number | string): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
}

function parentOf(pid: string): number {
  return Number(statOf(pid)[1]);
}

/** Also a zombie: who is to reap it may be slow. */
function isGone(pid: number): boolean {
  try {
    return ['Z', 'X'].includes(statOf(pid)[0] ?? '');
  } catch {
    return true;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

test('stop kills a deaf agent although its verdict is damaged', async ({ onTestFinished }) => {
  const bench = new Workbench(onTestFinished);
  await bench.ok('spawn', '-n', 'deaf', '--', 'sh', '-c', 'trap "" TERM; echo >ready; while :; do sleep 0.1; done');
  await waitFor('it to be deaf', () => existsSync(join(bench.dir, 'ready')));
  const agent = await bench.agent('deaf');
  writeFileSync(join(agent.directory, 'verdict.json'), '{"schemaVersion":1');
  await bench.ok('stop', 'deaf', '--kill-after', '1s');
  expect(bench.cookieHolders(agent.runId)).toEqual([]);
  expect(await bench.agent('deaf')).toMatchObject({ phase: 'ended', exitCode: 137 });
});
