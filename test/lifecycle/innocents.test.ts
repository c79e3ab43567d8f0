// Who is not the agent's lives on, however the agent ends: what serves everyone, what was said to be its own, other
// agents, the manager and the tmux server that an agent happened to start. Nothing here may be ended by accident.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { letCapPass } from '../e2e/processes.ts';
import { Bystanders, end, lives } from '../fixtures/bystanders.ts';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { noCgroups, type ScratchCgroup, scratchCgroup } from '../fixtures/scratch-cgroup.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, Workbench } from '../fixtures/workbench.ts';

const CALL = [process.execPath, AGENTCTL];
const SH = CALL.join(' ');

/**
 * The agent's script: starts the user's default tmux server, an ssh-agent, a dev server that is said to be its own, and
 * something of its own that it leaves behind; then it works until it is told to go.
 */
const SCRIPT = `
mkfifo early late leave
tmux -f /dev/null new-session -d 'echo $$ >pane; exec sleep 1000'
tmux display-message -p '#{pid}' >server
eval "$(ssh-agent -a ssh.sock)" >ssh-agent.out; echo "$SSH_AGENT_PID" >ssh-agent
AGENTCTL_RUN_ID= setsid sh -c '
  echo $$ >dev-server
  read -r _ <early; sleep 1000 & echo $! >early-child
  read -r _ <late; env -i sleep 1000 & echo $! >late-child
  wait' </dev/null >/dev/null 2>&1 &
nohup sleep 1000 >/dev/null 2>&1 & echo $! >left
echo ready >ready
read -r _ <leave
exit 3
`;
const PIDS = ['server', 'pane', 'ssh-agent', 'dev-server'];

/** Whoever of them is there, with the means to make them have children. */
class Household extends Bystanders {
  readonly #bench: Workbench;

  constructor(bench: Workbench) {
    super();
    this.#bench = bench;
  }

  async meet(files: readonly string[]): Promise<void> {
    for (const file of files) this.add(file, Number(await this.#bench.written(file)));
  }

  /** A pane in the user's server and a child of the dev server's, made now. */
  async grow(when: 'early' | 'late'): Promise<void> {
    const pane = ['tmux', 'new-window', '-d', `echo $$ >${when}-pane; exec sleep 1000`];
    const { code, stderr } = await this.#bench.program(pane);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    writeFileSync(join(this.#bench.dir, when), 'go\n');
    await this.meet([`${when}-pane`, `${when}-child`]);
  }

  /** Whether they not only live, but serve. */
  async serve(): Promise<void> {
    const env = { ...this.#bench.env, SSH_AUTH_SOCK: join(this.#bench.dir, 'ssh.sock') };
    // 1: it has no keys; 2 would be that nobody answers.
    expect((await this.#bench.program(['ssh-add', '-l'], { env })).code).toBe(1);
    const panes = await this.#bench.program(['tmux', 'list-panes', '-a', '-F', '#{pane_dead}']);
    expect(panes).toMatchObject({ code: 0, stdout: '0\n0\n0\n' });
  }
}

/** A workbench with the user's default tmux server in a place of its own; in a control group where one is given. */
class Bench extends Workbench {
  readonly #enter: readonly string[];

  constructor(scratch: ScratchCgroup | undefined) {
    super();
    this.#enter = scratch?.enter ?? [];
    this.env.TMUX_TMPDIR = join(this.dir, 'users');
    delete this.env.TMUX;
    mkdirSync(this.env.TMUX_TMPDIR);
  }

  async spawn(...args: string[]): Promise<void> {
    const { code, stderr } = await this.program([...this.#enter, ...CALL, 'spawn', ...args]);
    if (code !== 0) throw new Error(stderr);
  }

  isArchived(name: string, runId: string): boolean {
    return existsSync(join(this.state, 'archive', `${name}.${runId}`));
  }

  async torn(name: string, runId: string): Promise<void> {
    await waitFor(`the teardown of ${name}`, () => this.isArchived(name, runId));
  }
}

interface Ending {
  how: string;
  options: string[];
  /** Without one, the watchdog does it. */
  manager: boolean;
  /** Ends the agent, up to the moment at which its teardown is about to come. */
  end: (bench: Bench) => Promise<unknown>;
  /** Lets the teardown come. */
  release?: (bench: Bench) => Promise<unknown>;
  result: string;
  cause: string;
}

const leave = async (bench: Bench) => writeFileSync(join(bench.dir, 'leave'), 'go\n');

const ENDINGS: Ending[] = [
  {
    how: 'by itself, without a grace',
    options: ['--grace', '0'],
    manager: true,
    end: leave,
    result: 'failed',
    cause: 'natural',
  },
  {
    how: 'by itself, with a grace',
    options: ['--grace', '1s'],
    manager: true,
    end: async (bench) => {
      await bench.ok('keep', 'host');
      await leave(bench);
      expect((await bench.run('wait', 'host')).code).toBe(3);
    },
    release: (bench) => bench.ok('keep', 'host', '--release'),
    result: 'failed',
    cause: 'natural',
  },
  {
    how: 'by a stop',
    options: [],
    manager: true,
    end: (bench) => bench.ok('stop', 'host'),
    release: (bench) => bench.ok('stop', 'host'),
    result: 'stopped',
    cause: 'stopped',
  },
  {
    how: 'by its cap',
    options: ['--grace', '0'],
    manager: true,
    end: async (bench) => {
      const limits = join((await bench.agent('host')).directory, 'limits');
      writeFileSync(limits, readFileSync(limits, 'utf8').replace(/^(\S+) \S+/, '$1 1'));
      writeFileSync(join(bench.state, 'bell'), '');
    },
    result: 'timed-out',
    cause: 'capped',
  },
  {
    how: 'by its cap, which only the watchdog keeps',
    options: ['--grace', '0'],
    manager: false,
    end: async (bench) => {
      letCapPass(await bench.agent('host'));
      expect((await bench.run('wait', 'host')).code).toBe(124);
    },
    release: (bench) => bench.ok('sweep'),
    result: 'timed-out',
    cause: 'capped',
  },
];

const withoutSshAgent = mayBeSkipped('ssh-agent') || mayBeSkipped('ssh-add');

describe.each([
  { where: 'in a control group of its own', cgroup: true },
  { where: 'without a control group', cgroup: false },
])(`an agent $where`, ({ cgroup }) => {
  const skip = withoutSshAgent || (cgroup && noCgroups !== undefined);

  test.skipIf(skip).each(ENDINGS)('that ends $how harms none of those who are not its own', async (ending) => {
    const scratch = noCgroups ? undefined : scratchCgroup();
    // As on a machine that lets nobody make one.
    if (scratch && !cgroup) writeFileSync(join(scratch.directory, 'cgroup.max.descendants'), '0');
    const bench = new Bench(scratch);
    if (ending.manager) bench.withManager();
    const household = new Household(bench);
    await bench.spawn('-n', 'host', '--kill-after', '2s', ...ending.options, 'sh', '-c', SCRIPT);
    await household.meet(PIDS);
    const left = Number(await bench.written('left'));
    await bench.written('ready');
    const { runId } = await bench.agent('host');
    // They are where they can be mistaken for the agent's own.
    for (const pid of household.pids()) {
      expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`agentctl-${runId}`)).toBe(cgroup);
    }
    expect(bench.cookieHolders(runId)).toContain(household.pids()[1]);

    await ending.end(bench);
    if (ending.release) {
      expect(bench.isArchived('host', runId)).toBe(false);
      await household.grow('early');
      await ending.release(bench);
    } else {
      await bench.torn('host', runId);
      await household.grow('early');
    }
    await bench.torn('host', runId);
    expect(household.dead()).toEqual([]);
    await household.grow('late');
    await bench.ok('sweep');
    expect(household.dead()).toEqual([]);
    await household.serve();

    expect(lives(left)).toBe(false);
    const ended = await bench.agent('host');
    expect(ended).toMatchObject({ archived: true, result: ending.result });
    const { cause, ended: killed, survivors } = bench.record(ended, 'verdict.json');
    expect(cause).toBe(ending.cause);
    expect(survivors).toEqual([]);
    const killedPids = (killed as { pid: number }[]).map(({ pid }) => pid);
    expect(killedPids.filter((pid) => household.pids().includes(pid))).toEqual([]);
    await household.end();
  });
});

describe('another agent, spawned by an agent', () => {
  const spawnsInner = `${SH} spawn -n inner sleep 1000 >spawned 2>&1; echo >done; read -r _ <leave`;

  test.each([
    { how: 'ends by itself', end: leave },
    { how: 'is stopped', end: (bench: Bench) => bench.ok('stop', 'outer') },
    { how: 'is killed and removed', end: (bench: Bench) => bench.ok('rm', '-f', 'outer') },
  ])('lives on after the one that spawned it $how', async ({ end: endOuter }) => {
    const bench = new Bench(undefined).withManager() as Bench;
    spawnSync('mkfifo', [join(bench.dir, 'leave')]);
    await bench.spawn('-n', 'outer', '--grace', '0', 'sh', '-c', spawnsInner);
    await waitFor('the inner agent', () => existsSync(join(bench.dir, 'done')));
    const outer = await bench.agent('outer');
    const inner = await bench.agent('inner');
    expect(inner).toMatchObject({ phase: 'running', parent: { name: 'outer', runId: outer.runId } });
    expect(inner.runId).not.toBe(outer.runId);
    const { agent, cgroup } = bench.record(inner, 'started.json') as { agent: { pid: number }; cgroup: string | null };
    expect(readFileSync(`/proc/${agent.pid}/environ`, 'latin1')).toContain(`AGENTCTL_RUN_ID=${inner.runId}\0`);
    expect(cgroup ?? '').not.toContain(outer.runId);

    await endOuter(bench);
    await waitFor('the end of the outer agent', () => bench.cookieHolders(outer.runId).length === 0);
    if ((await bench.run('inspect', 'outer')).code === 0) {
      if (!bench.isArchived('outer', outer.runId)) await bench.run('stop', 'outer');
      await bench.torn('outer', outer.runId);
    }
    await bench.ok('sweep');
    expect(await bench.agent('inner')).toMatchObject({ phase: 'running', runId: inner.runId });
    expect(lives(agent.pid)).toBe(true);
    await bench.ok('stop', 'inner');
    expect(lives(agent.pid)).toBe(false);
  });
});

describe('the manager and the tmux server that an agent happens to start', () => {
  interface Manager {
    pid: number;
  }
  const managerOf = (state: string) => JSON.parse(readFileSync(join(state, 'manager.json'), 'utf8')) as Manager;

  test.each([{ how: 'a stop' }, { how: 'its own end' }])(
    'in a fresh state directory outlive it after $how',
    async ({ how }) => {
      const bench = new Bench(undefined).withManager() as Bench;
      const fresh = new Workbench().withManager();
      spawnSync('mkfifo', [join(bench.dir, 'leave')]);
      const spawnsFirst = `${SH} --state-dir ${fresh.state} spawn -n first sleep 1000 >spawned 2>&1; echo >done; read -r _ <leave`;
      await bench.spawn('-n', 'outer', '--grace', '0', 'sh', '-c', spawnsFirst);
      await waitFor('the first agent there', () => existsSync(join(bench.dir, 'done')));
      const outer = await bench.agent('outer');
      const first = await fresh.agent('first');
      const { pid } = managerOf(fresh.state);
      const { serverPid } = fresh.record(first, 'started.json').tmux as { serverPid: number };
      for (const one of [pid, serverPid]) {
        expect(readFileSync(`/proc/${one}/environ`, 'latin1')).not.toContain(outer.runId);
        expect(readFileSync(`/proc/${one}/cgroup`, 'latin1')).not.toContain(outer.runId);
      }

      if (how === 'a stop') {
        await bench.ok('stop', 'outer');
        await bench.ok('stop', 'outer');
      } else await leave(bench);
      await bench.torn('outer', outer.runId);
      expect([pid, serverPid].map(lives)).toEqual([true, true]);
      expect(managerOf(fresh.state).pid).toBe(pid);
      expect(await fresh.agent('first')).toMatchObject({ phase: 'running' });
      // It not only lives, it manages.
      await fresh.ok('spawn', '-n', 'second', '--grace', '0', 'true');
      await waitFor('a teardown by it', () => fresh.managerLog().some((line) => line.do === 'teardown'));
    },
  );

  test('in the agent’s own state directory outlive it', async () => {
    const bench = new Bench(undefined);
    const spawnsInner = `env -u AGENTCTL_MANAGER ${SH} spawn -n inner sleep 1000 >spawned 2>&1; echo >done; exec sleep 1000`;
    await bench.spawn('-n', 'outer', '--grace', '0', 'sh', '-c', spawnsInner);
    await waitFor('the inner agent', () => existsSync(join(bench.dir, 'done')));
    bench.withManager();
    const { pid } = managerOf(bench.state);
    const outer = await bench.agent('outer');
    const { serverPid } = bench.record(outer, 'started.json').tmux as { serverPid: number };
    await bench.ok('kill', 'outer');
    await bench.torn('outer', outer.runId);
    expect([pid, serverPid].map(lives)).toEqual([true, true]);
    expect(managerOf(bench.state).pid).toBe(pid);
    expect(bench.record(await bench.agent('outer'), 'verdict.json').survivors).toEqual([]);
    expect(await bench.agent('inner')).toMatchObject({ phase: 'running' });
  });

  test('started anew by an agent that says that it is done, outlives that agent', async () => {
    const bench = new Bench(undefined).withManager() as Bench;
    spawnSync('mkfifo', [join(bench.dir, 'leave')]);
    await bench.ok('spawn', '-n', 'other', 'sleep', '1000');
    await bench.spawn('-n', 'host', '--grace', '1s', 'sh', '-c', `read -r _ <leave; ${SH} done; exec sleep 1000`);
    const { runId } = await bench.agent('host');
    const before = bench.manager().pid;
    await end([before]);
    await leave(bench);
    await bench.torn('host', runId);
    expect(await bench.agent('host')).toMatchObject({ result: 'succeeded' });
    const { pid } = bench.manager();
    expect(pid).not.toBe(before);
    expect(lives(pid)).toBe(true);
    expect(await bench.agent('other')).toMatchObject({ phase: 'running' });
  });
});
