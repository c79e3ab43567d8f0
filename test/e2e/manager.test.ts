import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { AGENTCTL_VARIABLES, ended } from './processes.ts';
import { misfits } from './schemas.ts';

const OFF = { AGENTCTL_MANAGER: 'off' };

/** What `manager status --json` says. */
interface Status {
  running: boolean;
  held: boolean;
  pid: number | null;
  watching: { live: number; ended: number; unknown: number };
  nextDeadline: { at: string; name: string } | null;
  memoryBytes: number | null;
  cpuSeconds: number | null;
}

async function statusOf(bench: Workbench): Promise<Status> {
  const { code, stdout } = await bench.run('manager', 'status', '--json');
  const status = JSON.parse(stdout) as Status;
  expect(misfits('manager-status', status)).toEqual([]);
  expect(code).toBe(status.running ? 0 : 3);
  return status;
}

/** Every manager of this state directory, by the process table. */
function managers(bench: Workbench): number[] {
  const isManager = (pid: number): boolean => read(`/proc/${pid}/cmdline`).includes(`\0${bench.state}\0manager\0run\0`);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => isManager(pid) && isAlive(pid));
}

function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The manager that is put down and lives; undefined while there is none. */
function living(bench: Workbench): number | undefined {
  try {
    const { pid } = bench.manager();
    return isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** It has opened its log and put itself down. */
async function begun(bench: Workbench, pid?: number): Promise<void> {
  const log = join(bench.state, 'manager.log');
  await waitFor('the manager to have begun', () =>
    read(log)
      .split('\n')
      .some((line) => line.includes('"began"') && (pid === undefined || line.includes(`"pid":${pid},`))),
  );
}

async function gone(pid: number, withinMs = 30_000): Promise<void> {
  await waitFor(`process ${pid} to go`, () => !isAlive(pid), withinMs);
}

function rewrite(bench: Workbench, change: object): void {
  const path = join(bench.state, 'manager.json');
  writeFileSync(`${path}.new`, JSON.stringify({ ...bench.manager(), ...change }));
  renameSync(`${path}.new`, path);
}

function ring(stateDir: string): void {
  const at = new Date();
  utimesSync(join(stateDir, 'bell'), at, at);
}

describe.concurrent('manager', { timeout: 120_000 }, () => {
  test('start, status and stop say what is so', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    expect(await statusOf(bench)).toMatchObject({ running: false, held: false, pid: null, nextDeadline: null });
    expect(existsSync(bench.state)).toBe(false);
    expect(await bench.run('manager', 'status')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('does not run'),
    });

    const started = await bench.run('manager', 'start');
    const { pid } = bench.manager();
    expect(started).toEqual({ code: 0, stdout: `the manager runs (pid ${pid})\n`, stderr: '' });
    expect(await bench.run('manager', 'start')).toEqual({
      code: 0,
      stdout: '',
      stderr: `agentctl: the manager runs already (pid ${pid})\n`,
    });
    await bench.ok('spawn', '-n', 'one', '--max-runtime', '1h', '--max-idle', 'none', 'sleep', '1000');
    const status = await statusOf(bench);
    expect(status).toMatchObject({ running: true, pid, watching: { live: 1, ended: 0, unknown: 0 } });
    expect(status.nextDeadline?.name).toBe('one');
    expect(status.memoryBytes).toBeGreaterThan(1e7);
    expect(status.cpuSeconds).toBeGreaterThan(0);
    expect(await bench.ok('manager', 'status')).toContain(`pid ${pid}`);

    expect(await bench.run('manager', 'stop')).toMatchObject({
      code: 0,
      stdout: `the manager (pid ${pid}) has ended\n`,
    });
    expect(isAlive(pid)).toBe(false);
    expect(await statusOf(bench)).toMatchObject({ running: false, held: true, watching: { live: 1 } });
    expect(await bench.run('manager', 'stop')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('no manager runs'),
    });
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
  });

  test('can be held where nothing was spawned before', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('manager', 'stop');
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    expect(await statusOf(bench)).toMatchObject({ running: false, held: true });
  });

  test('is started by the first command that needs it, which says so once', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const first = await bench.run('spawn', '-n', 'one', 'sleep', '1000');
    const { pid } = bench.manager();
    expect(first.stderr).toMatch(/^agentctl: started the manager of [^\n]+\n$/);
    expect(first.stderr).toContain(`(pid ${pid})`);
    expect((await bench.run('spawn', '-n', 'two', 'sleep', '1000')).stderr).toBe('');
    expect(bench.manager().pid).toBe(pid);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
    expect((await bench.run('extend', 'one', '1m')).stderr).toBe('');
    expect(living(bench)).not.toBe(pid);
    expect(managers(bench)).toEqual([bench.manager().pid]);
  });

  test.for([
    ['manager stop', ['manager', 'stop']],
    ['--no-manager', ['spawn', '-n', 'first', '--no-manager', 'sleep', '1000']],
  ] as const)('%s holds until manager start', async ([, hold], { onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok(...hold);
    for (const command of [
      ['spawn', '-n', 'one', 'sleep', '1000'],
      ['spawn', '-n', 'two', 'sleep', '1000'],
      ['extend', 'one', '1m'],
      ['done', 'one'],
      ['keep', 'one'],
      ['stop', 'two'],
      ['sweep'],
    ]) {
      expect((await bench.run(...command)).code, command.join(' ')).toBe(0);
      expect(existsSync(join(bench.state, 'manager.json')), command.join(' ')).toBe(false);
    }
    expect(managers(bench)).toEqual([]);
    expect(await statusOf(bench)).toMatchObject({ running: false, held: true });
    await bench.ok('manager', 'start');
    expect(await statusOf(bench)).toMatchObject({ running: true, held: false });
  });

  test('ends at TERM at once, and hurts no agent; the next command starts another', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    for (const [signal, command] of [
      ['SIGTERM', ['extend', 'one', '1m']],
      ['SIGKILL', ['done', 'one']],
      ['SIGKILL', ['spawn', '-n', 'two', 'sleep', '1000']],
    ] as const) {
      const { pid } = bench.manager();
      await begun(bench, pid);
      process.kill(pid, signal);
      await gone(pid, 2000);
      expect((await bench.agent('one')).phase).not.toBe('ended');
      await bench.ok(...command);
      expect(managers(bench)).toEqual([bench.manager().pid]);
      expect(bench.manager().pid).not.toBe(pid);
    }
    const { pid } = bench.manager();
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    await bench.ok('stop', 'two');
    expect(managers(bench)).toEqual([bench.manager().pid]);
  });

  test('goes on after an error that nobody expected, and puts it down', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const broken = ['throw new Error("thrown")', 'Promise.reject(new Error("rejected"))'];
    // Once it listens: on a loaded machine a second may pass before.
    const isDeaf = "process.listenerCount('uncaughtException') === 0";
    const lines = broken
      .map((act) => `setTimeout(function again() { if (${isDeaf}) return setTimeout(again, 50); ${act} }, 1000);`)
      .join('');
    const options = `--import=${bench.file('broken.mjs', `if (process.argv.includes('manager')) ${`{${lines}}`}`)}`;
    bench.start(['manager', 'run'], { env: { NODE_OPTIONS: options } });
    await begun(bench);
    await bench.ok('spawn', '-n', 'one', '--max-runtime', '3s', 'sleep', '1000');
    const { pid } = bench.manager();
    expect(await bench.run('wait', 'one')).toMatchObject({ code: 124 });
    const said = bench.managerLog().map(({ message }) => `${message}`);
    for (const what of ['thrown', 'rejected']) expect(said).toContainEqual(expect.stringContaining(`Error: ${what}`));
    expect(living(bench)).toBe(pid);
  });

  test('is one, whoever starts it at the same time', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const spawned = Array.from({ length: 20 }, (_, at) => bench.run('spawn', '-n', `a${at}`, 'sleep', '1000'));
    const said = (await Promise.all(spawned)).map(({ code, stderr }) => ({ code, stderr }));
    expect(said.map(({ code }) => code)).toEqual(Array(20).fill(0));
    expect(said.filter(({ stderr }) => stderr.includes('started the manager'))).toHaveLength(1);
    await begun(bench);
    expect(managers(bench)).toEqual([bench.manager().pid]);
    const { code, stderr } = await bench.run('manager', 'run');
    expect([code, stderr]).toEqual([75, expect.stringContaining(`runs already (pid ${bench.manager().pid})`)]);
  });

  test('leaves when there have been no agents for a while', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    expect(await bench.run('manager', 'run', '--leave-after', '1s')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(existsSync(join(bench.state, 'manager.json'))).toBe(false);
    expect(bench.managerLog().map(({ message }) => message)).toEqual(['began', 'left: there are no agents']);
    expect(existsSync(join(bench.state, 'manager.lock'))).toBe(false);
  });

  test('does not leave, nor say so, while there are agents', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const manager = bench.start(['manager', 'run', '--leave-after', '0']);
    await begun(bench);
    const end = Date.now() + 2000;
    while (Date.now() < end) {
      expect(living(bench)).toBe(manager.pid);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await bench.ok('rm', '-f', 'one');
    expect(await ended(manager)).toBe(0);
    expect(existsSync(join(bench.state, 'manager.json'))).toBe(false);
  });

  test.for([
    ['an older version', { version: '0.0.1' }],
    ['an older build', { builtAtMs: 0 }],
  ] as const)('is replaced by a command where it is of %s', async ([, older], { onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const { pid } = bench.manager();
    rewrite(bench, older);
    expect(await bench.run('extend', 'one', '1m')).toMatchObject({ code: 0, stderr: '' });
    expect(isAlive(pid)).toBe(false);
    expect(managers(bench)).toEqual([bench.manager().pid]);
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
  });

  test('is left alone where it is newer', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const { pid } = bench.manager();
    rewrite(bench, { version: '99.0.0', builtAtMs: 0 });
    await bench.ok('extend', 'one', '1m');
    expect(managers(bench)).toEqual([pid]);
    expect(bench.manager()).toMatchObject({ pid, version: '99.0.0' });
  });

  test('leaves where its state directory is deleted', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('manager', 'start');
    const { pid } = bench.manager();
    await begun(bench);
    rmSync(bench.state, { recursive: true });
    await gone(pid, 90_000);
    expect(existsSync(bench.state)).toBe(false);
  });

  test('leaves where its state directory is replaced, and hurts nobody', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const { pid } = bench.manager();
    await begun(bench);
    renameSync(bench.state, `${bench.state}.away`);
    await bench.ok('spawn', '-n', 'other', '--max-runtime', '1h', 'sleep', '1000');
    expect(bench.manager().pid).not.toBe(pid);
    // It would find out within a minute.
    ring(`${bench.state}.away`);
    await gone(pid);
    expect(managers(bench)).toEqual([bench.manager().pid]);
    expect(await bench.agent('other')).toMatchObject({ phase: 'running' });
    await bench.ok('manager', 'stop');
    await bench.ok('kill', '--all');
    await bench.ok('tmux', 'kill-server');
    rmSync(bench.state, { recursive: true });
    renameSync(`${bench.state}.away`, bench.state);
    expect(await bench.agent('one')).toMatchObject({ phase: 'running' });
  });

  test('lives on where its own record is damaged or gone', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const { pid } = bench.manager();
    await begun(bench);
    for (const content of ['{', '', '{"schemaVersion":1}', '{"schemaVersion":1,"pid":1,"startTime":"1"}', undefined]) {
      const path = join(bench.state, 'manager.json');
      if (content === undefined) rmSync(path);
      else writeFileSync(path, content);
      ring(bench.state);
      await waitFor('it to put itself down again', () => living(bench) === pid);
    }
    expect(managers(bench)).toEqual([pid]);
  });

  test('lives on where agents are damaged, says once what it skips, and keeps the caps of the others', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished).withManager();
    await bench.ok('manager', 'start');
    await begun(bench);
    const { pid } = bench.manager();
    const agents = join(bench.state, 'agents');
    mkdirSync(join(agents, 'empty'));
    for (const [name, file, content] of [
      ['truncated', 'spec.json', '{"schemaVersion":1,"na'],
      ['foreign', 'spec.json', 'not ours at all\n'],
      ['newer', 'spec.json', '{"schemaVersion":2}'],
      ['odd', 'exit.json', '[]'],
    ] as const) {
      mkdirSync(join(agents, name));
      writeFileSync(join(agents, name, file), content);
    }
    writeFileSync(join(agents, 'a-file'), 'in the place of an agent');
    mkdirSync(join(agents, 'no agent'));
    await bench.ok('spawn', '-n', 'whole', '--max-runtime', '1s', 'sleep', '1000');
    for (let times = 0; times < 3; times++) {
      ring(bench.state);
      await bench.ok('ps', '-a');
    }
    expect((await bench.run('wait', '--timeout', '20s', 'whole')).code).toBe(124);
    await waitFor('its tree to be swept', () =>
      bench.managerLog().some((line) => line.agent === 'whole' && line.do === 'kill'),
    );
    const skipped = bench.managerLog().filter(({ message }) => String(message).startsWith('skipped '));
    expect(skipped.map(({ agent }) => agent).toSorted()).toEqual(
      ['a-file', 'empty', 'foreign', 'newer', 'odd', 'truncated'].toSorted(),
    );
    expect(skipped.every(({ message }) => /: .*(missing|damaged|newer|read)/.test(String(message)))).toBe(true);
    expect(managers(bench)).toEqual([pid]);
    expect(await statusOf(bench)).toMatchObject({ running: true, watching: { unknown: 6 } });
    for (const { agent } of skipped) rmSync(join(agents, String(agent)), { recursive: true });
  });

  test('has nothing of whoever starts it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const script = `exec 9>lock; flock -n 9 || exit 5; unset AGENTCTL_MANAGER
      "$NODE" "$AGENTCTL" spawn -n inner sleep 1000 9>&- | cat; flock -u 9
      exec 8>held; flock -n 8; "$NODE" "$AGENTCTL" manager stop; "$NODE" "$AGENTCTL" manager start; echo up >up; exec sleep 1000`;
    await bench.runWith(
      { env: { ...OFF, ...AGENTCTL_VARIABLES, SECRET: 'of-the-caller' } },
      ...['spawn', '-n', 'outer', '--', 'sh', '-c', script],
    );
    await bench.written('up');
    const { pid } = bench.manager();
    expect(managers(bench)).toEqual([pid]);
    const environ = `\0${read(`/proc/${pid}/environ`)}`;
    expect(environ).not.toContain('of-the-caller');
    expect(environ).not.toContain('\0AGENTCTL_NAME=');
    expect(environ).not.toContain('\0TMUX');
    expect(environ).toContain('\0AGENTCTL_RUN_ID=\0');
    // Its settings are the user's.
    expect(environ).toContain(`\0XDG_CONFIG_HOME=${bench.env.XDG_CONFIG_HOME}\0`);
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe('/dev/null');
    // The end of whoever started it is no end of it.
    await bench.ok('kill', 'outer');
    expect(managers(bench)).toEqual([pid]);
    expect(await bench.program(['flock', '-n', 'held', 'true'])).toMatchObject({ code: 0 });
  });

  test('holds no file, and keeps no reader waiting, of the command that starts it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    const script = 'exec 9>lock; flock -n 9 || exit 5; "$NODE" "$AGENTCTL" manager start';
    const env = { ...bench.env, ...AGENTCTL_VARIABLES };
    // Ends when both pipes have ended.
    expect(await bench.program(['sh', '-c', script], { env })).toMatchObject({ code: 0, stderr: '' });
    const { pid } = bench.manager();
    await begun(bench);
    expect(isAlive(pid)).toBe(true);
    expect(await bench.program(['flock', '-n', 'lock', 'true'])).toMatchObject({ code: 0 });
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
    expect(files.filter((file) => file.startsWith(bench.dir) && !file.startsWith(bench.state))).toEqual([]);
    const sessionOf = (of: number): string | undefined => read(`/proc/${of}/stat`).split(') ').at(-1)?.split(' ')[3];
    expect(sessionOf(pid)).toBe(String(pid));
  });

  test('refuses words that it does not know', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished).withManager();
    for (const words of [
      [],
      ['frobnicate'],
      ['constructor'],
      ['start', 'now'],
      ['status', '--jsn'],
      ['run', '--leave-after', 'soon'],
      ['run', '--leave-after'],
    ]) {
      const { code, stdout, stderr } = await bench.run('manager', ...words);
      expect({ code, stdout, words }).toEqual({ code: 2, stdout: '', words });
      expect(stderr).toMatch(/^agentctl: [^\n]+\n$/);
    }
    expect(existsSync(bench.state)).toBe(false);
  });
});
