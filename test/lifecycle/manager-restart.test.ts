// A manager that is stopped, killed or held still loses nothing but time: the cap in force is the one from the start,
// as extended since, and a number that somebody else has by now is never signalled.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bystanders, end, lives } from '../fixtures/bystanders.ts';
import { LOAD_SECONDS, waitFor } from '../fixtures/wait-for.ts';
import { type Listed, Workbench } from '../fixtures/workbench.ts';

interface Identity {
  pid: number;
  startTime: string;
}
interface Started {
  uptimeSeconds: number;
  agent: Identity;
  wrapper: Identity;
  watchdog: Identity;
}

/** Long enough to do something before it, on a machine that is loaded to the brim. */
const CAP = 12;
/** 41 % of it are enough to go and to come back in, on such a machine. */
const LONG_CAP = 30;

const uptime = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);

class Bench extends Workbench {
  async spawn(name: string, options: string[] = [], command = ['sleep', '1000']): Promise<Listed & Started> {
    const agent = JSON.parse(await this.ok('spawn', '--json', '-n', name, ...options, '--', ...command)) as Listed;
    return { ...agent, ...(this.record(agent, 'started.json') as unknown as Started) };
  }

  async ended({ name }: Listed): Promise<Listed> {
    await this.run('wait', name);
    return this.agent(name);
  }

  /** Seconds from the agent's start to the signal that was to end it, by the verdict. */
  async termAfter(agent: Listed & Started): Promise<number> {
    const { steps } = this.record(await this.agent(agent.name), 'verdict.json') as {
      steps: { step: string; uptimeSeconds: number }[];
    };
    const terms = steps.filter(({ step }) => step === 'term');
    expect(terms).toHaveLength(1);
    return (terms[0]?.uptimeSeconds ?? 0) - agent.uptimeSeconds;
  }

  limits({ directory }: Listed): string[] {
    return readFileSync(join(directory, 'limits'), 'utf8').trim().split(' ');
  }

  /** By a rename, as agentctl itself does it: the watchdog reads the old words or the new ones. */
  changeLimits(agent: Listed, change: (words: string[]) => string[]): void {
    const file = join(agent.directory, 'limits');
    writeFileSync(`${file}.test`, `${change(this.limits(agent)).join(' ')}\n`);
    renameSync(`${file}.test`, file);
  }

  async until(agent: Started, seconds: number): Promise<void> {
    await waitFor(`${seconds} s to pass`, () => uptime() >= agent.uptimeSeconds + seconds);
  }
}

const GOES: { how: string; go: (bench: Bench) => Promise<unknown>; back: (bench: Bench) => Promise<unknown> }[] = [
  {
    how: 'killed, and another started by the next command',
    go: (bench) => end([bench.manager().pid]),
    back: (bench) => bench.ok('extend', 'bystander', '1h'),
  },
  {
    how: 'stopped and started',
    go: (bench) => bench.ok('manager', 'stop'),
    back: (bench) => bench.ok('manager', 'start'),
  },
];

describe.concurrent.each(GOES)('the manager, $how', ({ go, back }) => {
  test('at 59 % of a cap keeps the original one', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished).withManager() as Bench;
    await bench.spawn('bystander');
    const agent = await bench.spawn('capped', ['--max-runtime', `${LONG_CAP}s`]);
    const before = bench.manager().pid;
    await bench.until(agent, 0.59 * LONG_CAP);
    await go(bench);
    expect(lives(before)).toBe(false);
    await back(bench);
    expect(bench.manager().pid).not.toBe(before);
    expect(uptime()).toBeLessThan(agent.uptimeSeconds + LONG_CAP);
    expect(await bench.ended(agent)).toMatchObject({ result: 'timed-out', deadline: agent.deadline });
    const after = await bench.termAfter(agent);
    expect(after).toBeGreaterThanOrEqual(LONG_CAP);
    expect(after).toBeLessThan(LONG_CAP + LOAD_SECONDS);
    expect(await bench.agent('bystander')).toMatchObject({ phase: 'running' });
  });

  test('at 101 % of it keeps it at once', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished).withManager() as Bench;
    await bench.spawn('bystander');
    const agent = await bench.spawn('capped', ['--max-runtime', `${CAP}s`]);
    await bench.until(agent, 0.2 * CAP);
    await go(bench);
    await bench.until(agent, 1.01 * CAP);
    expect(await bench.agent('capped')).toMatchObject({ phase: 'running' });
    const backAt = uptime();
    await back(bench);
    expect(await bench.ended(agent)).toMatchObject({ result: 'timed-out' });
    const after = await bench.termAfter(agent);
    expect(agent.uptimeSeconds + after).toBeGreaterThanOrEqual(backAt);
    expect(agent.uptimeSeconds + after).toBeLessThan(backAt + LOAD_SECONDS);
    // The watchdog, which would have come 30 s after the cap, had nothing to do.
    expect(after).toBeLessThan(CAP + 30);
    expect(bench.record(await bench.agent('capped'), 'exit.json').cause).toBe('natural');
  });
});

test.concurrent('a manager that is held still over a cap keeps it once it goes on, once', async ({
  onTestFinished,
}) => {
  const bench = new Bench(onTestFinished).withManager() as Bench;
  const agent = await bench.spawn('capped', ['--max-runtime', `${CAP}s`]);
  const { pid } = bench.manager();
  process.kill(pid, 'SIGSTOP');
  await bench.until(agent, CAP + 1);
  expect(await bench.agent('capped')).toMatchObject({ phase: 'running' });
  process.kill(pid, 'SIGCONT');
  expect(await bench.ended(agent)).toMatchObject({ result: 'timed-out' });
  expect(await bench.termAfter(agent)).toBeGreaterThanOrEqual(CAP + 1);
  expect(await bench.termAfter(agent)).toBeLessThan(CAP + 1 + LOAD_SECONDS);
  expect(bench.manager().pid).toBe(pid);
  expect(lives(pid)).toBe(true);
});

test.concurrent('a manager that is held still, and a sweep that does its work, give one verdict', async ({
  onTestFinished,
}) => {
  const bench = new Bench(onTestFinished).withManager() as Bench;
  const agent = await bench.spawn('capped', ['--max-runtime', `${CAP}s`, '--kill-after', '1s']);
  const { pid } = bench.manager();
  process.kill(pid, 'SIGSTOP');
  await bench.until(agent, CAP);
  await bench.ok('sweep');
  process.kill(pid, 'SIGCONT');
  expect(await bench.ended(agent)).toMatchObject({ result: 'timed-out' });
  await bench.ok('sweep');
  expect(await bench.termAfter(agent)).toBeLessThan(CAP + LOAD_SECONDS);
  expect(bench.managerLog().filter(({ do: what }) => what === 'term')).toEqual([]);
});

describe.concurrent('extend', () => {
  test('adds to the cap and the deadline, two at once both, and is in force after a restart', async ({
    onTestFinished,
  }) => {
    const bench = new Bench(onTestFinished).withManager() as Bench;
    const agent = await bench.spawn('agent', ['--max-runtime', `${CAP}s`]);
    expect(bench.limits(agent)[1]).toBe(String(CAP));
    await Promise.all([bench.ok('extend', 'agent', '1s'), bench.ok('extend', 'agent', '2s')]);
    expect(bench.limits(agent)[1]).toBe(String(CAP + 3));
    const { deadline } = await bench.agent('agent');
    expect(Date.parse(String(deadline)) - Date.parse(String(agent.deadline))).toBe(3000);
    await end([bench.manager().pid]);
    await bench.ok('manager', 'start');
    expect(await bench.ended(agent)).toMatchObject({ result: 'timed-out' });
    expect(await bench.termAfter(agent)).toBeGreaterThanOrEqual(CAP + 3);
    expect(await bench.termAfter(agent)).toBeLessThan(CAP + 3 + LOAD_SECONDS);
  });

  test('none takes the cap away, which a later duration does not bring back', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished).withManager() as Bench;
    const agent = await bench.spawn('agent', ['--max-runtime', `${CAP}s`]);
    expect(await bench.ok('extend', 'agent', 'none')).toBe('none\n');
    expect(bench.limits(agent)[1]).toBe('none');
    expect(await bench.ok('extend', 'agent', '1s')).toBe('none\n');
    const control = await bench.spawn('control', ['--max-runtime', `${CAP}s`]);
    expect(await bench.ended(control)).toMatchObject({ result: 'timed-out' });
    expect(await bench.agent('agent')).toMatchObject({ phase: 'running', deadline: null });
  });

  test('is in force for the watchdog, where no manager is', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished);
    const agent = await bench.spawn('agent', ['--max-runtime', `${CAP}s`]);
    // Run id, cap, kill-after, beat, and how late it comes after the cap.
    bench.changeLimits(agent, ([run = '', cap = '', killAfter = '', , , ...rest]) => [
      ...[run, cap, killAfter, '1', '0'],
      ...rest,
    ]);
    await bench.ok('extend', 'agent', '6s');
    expect(bench.limits(agent)).toEqual([agent.runId, String(CAP + 6), '10', '1', '0']);
    expect(await bench.ended(agent)).toMatchObject({ result: 'timed-out' });
    const exit = bench.record(agent, 'exit.json');
    expect(exit.cause).toBe('capped');
    expect((exit.uptimeSeconds as number) - agent.uptimeSeconds).toBeGreaterThanOrEqual(CAP + 6 - 0.1);
    expect((exit.uptimeSeconds as number) - agent.uptimeSeconds).toBeLessThan(CAP + 6 + LOAD_SECONDS);
  });
});

/** A process of the test's own, with a session and a child of its own: what a number that was used again may be. */
async function stranger(bench: Bench, bystanders: Bystanders, name: string): Promise<Identity> {
  const child = spawn('sh', ['-c', `sleep 1000 & echo $! >${name}-child; echo $$ >${name}; wait`], {
    cwd: bench.dir,
    detached: true,
    stdio: 'ignore',
  });
  child.unref();
  const pid = bystanders.add(name, Number(await bench.written(name)));
  bystanders.add(`${name}'s child`, Number(await bench.written(`${name}-child`)));
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return { pid, startTime: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '' };
}

function rewrite(file: string, change: (record: Started) => object): void {
  const record = JSON.parse(readFileSync(file, 'utf8')) as Started;
  writeFileSync(`${file}.test`, `${JSON.stringify(change(record))}\n`);
  renameSync(`${file}.test`, file);
}

describe.concurrent('a number that somebody else has by now', () => {
  const orders: { by: string; end: (bench: Bench, agent: Listed & Started) => Promise<unknown> }[] = [
    {
      by: 'the manager, at the cap',
      end: async (bench, agent) => {
        await bench.until(agent, CAP);
        await bench.ok('manager', 'start');
        await waitFor('its look', () => existsSync(join(agent.directory, 'verdict.json')));
      },
    },
    { by: 'a sweep', end: (bench) => bench.ok('sweep') },
    { by: 'a stop', end: (bench) => bench.ok('stop', 'agent') },
    { by: 'a kill', end: (bench) => bench.ok('kill', 'agent') },
    { by: 'its removal', end: (bench) => bench.ok('rm', '-f', 'agent') },
  ];

  test.for(orders)('is not signalled by $by, and the agent is lost', async ({ by, end: endIt }, { onTestFinished }) => {
    const bench = new Bench(onTestFinished);
    const bystanders = new Bystanders(onTestFinished);
    const agent = await bench.spawn('agent', ['--max-runtime', `${CAP}s`, '--kill-after', '1s']);
    const [first, second, third] = await Promise.all(
      ['first', 'second', 'third'].map((name) => stranger(bench, bystanders, name)),
    );
    await end([agent.watchdog.pid, agent.wrapper.pid, agent.agent.pid]);
    // As if the numbers had gone round meanwhile.
    rewrite(join(agent.directory, 'started.json'), (started) => ({
      ...started,
      agent: { ...started.agent, pid: first?.pid },
      wrapper: { ...started.wrapper, pid: second?.pid },
      watchdog: { ...started.watchdog, pid: third?.pid },
    }));
    expect(await bench.agent('agent')).toMatchObject({ phase: 'ended', result: 'lost', exitCode: null });
    expect((await bench.run('wait', 'agent')).code).toBe(125);
    bench.withManager();
    await endIt(bench, agent);
    await bench.ok('sweep');
    if (by !== 'its removal') {
      const lost = await bench.agent('agent');
      expect(lost).toMatchObject({ phase: 'ended', result: 'lost' });
      const { ended, survivors } = bench.record(lost, 'verdict.json');
      expect({ ended, survivors }).toEqual({ ended: [], survivors: [] });
    }
    expect(bystanders.dead()).toEqual([]);
  });

  test('is not signalled in place of the manager', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished).withManager() as Bench;
    const bystanders = new Bystanders(onTestFinished);
    await bench.spawn('agent');
    await bench.written('state/manager.log');
    const before = bench.manager();
    const other = await stranger(bench, bystanders, 'other');
    await end([before.pid]);
    const file = join(bench.state, 'manager.json');
    // Of an old version, which the next start would end and replace.
    const record = JSON.stringify({ ...bench.manager(), pid: other.pid, version: '0.0.1' });
    const reuse = () => writeFileSync(file, record);
    reuse();
    expect((await bench.run('manager', 'status')).code).toBe(3);
    await bench.ok('manager', 'stop');
    reuse();
    await bench.ok('manager', 'start');
    expect(bystanders.dead()).toEqual([]);
    const { pid } = bench.manager();
    expect(pid).not.toBe(other.pid);
    expect(lives(pid)).toBe(true);
  });
});
