// An agent's control group: who is found by it, who is in it and unharmed, and what is left of it (nothing). All of it
// below a group of the test's own, which fails the test where an agent's is left behind.
import { existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { noCgroups, type ScratchCgroup, scratchCgroup } from '../fixtures/scratch-cgroup.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, type Ran, Workbench } from '../fixtures/workbench.ts';

const CALL = [process.execPath, AGENTCTL];
/** Sh: notes its pid in the file NAME, as one that has left everything but the control group. */
const lost = (name: string) => `(env -i setsid sh -c 'echo $$ >${name}; exec sleep 1000' &)`;

interface Started {
  agent: { pid: number };
  wrapper: { pid: number };
  watchdog: { pid: number };
  tmux: { serverPid: number };
  cgroup: string | null;
}

/** A workbench whose tmux server, and so its agents, run in a control group of the test's own. */
class Bench extends Workbench {
  readonly #enter: readonly string[];

  constructor(scratch: ScratchCgroup | undefined) {
    super();
    this.#enter = scratch?.enter ?? [];
  }

  inside(...args: string[]): Promise<Ran> {
    return this.program([...this.#enter, ...CALL, ...args]);
  }

  async spawn(name: string, script: string): Promise<Started> {
    const { code, stderr } = await this.inside('spawn', '-n', name, 'sh', '-c', script);
    if (code !== 0) throw new Error(stderr);
    return this.record(await this.agent(name), 'started.json') as unknown as Started;
  }

  async pid(file: string): Promise<number> {
    return Number(await this.written(file));
  }
}

function groupOf(pid: number): string | undefined {
  return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
}

function lives(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Ends those whom agentctl rightly left alive. */
async function end(pids: readonly number[]): Promise<void> {
  for (const pid of pids) if (lives(pid)) process.kill(pid, 'SIGKILL');
  await waitFor('their end', () => !pids.some(lives));
}

describe(`a control group of its own${noCgroups ? ` (${noCgroups})` : ''}`, () => {
  test.skipIf(noCgroups)('holds the agent and what it starts, not its wrapper, and is gone after it', async () => {
    const scratch = scratchCgroup();
    const bench = new Bench(scratch);
    const { agent, wrapper, watchdog, tmux, cgroup } = await bench.spawn('a', `sleep 1000 & echo $! >child; wait`);
    const { runId } = await bench.agent('a');
    expect(cgroup).toBe(join(scratch.directory, `agentctl-${runId}`));
    const own = `${scratch.path}/agentctl-${runId}`;
    expect([agent.pid, await bench.pid('child')].map(groupOf)).toEqual([own, own]);
    expect([wrapper.pid, watchdog.pid, tmux.serverPid].map(groupOf)).toEqual(Array(3).fill(scratch.path));
    await bench.ok('stop', 'a');
    expect(scratch.agents()).toEqual([]);
  });

  test.skipIf(noCgroups)('finds an orphan that left session and environment, and names what tied it', async () => {
    const bench = new Bench(scratchCgroup());
    await bench.spawn('a', `${lost('orphan')}; exec sleep 1000`);
    const orphan = await bench.pid('orphan');
    await bench.ok('kill', 'a');
    expect(lives(orphan)).toBe(false);
    const verdict = bench.record(await bench.agent('a'), 'verdict.json');
    expect(verdict.ended).toContainEqual({ pid: orphan, command: 'sleep 1000', why: 'cgroup' });
    expect(verdict.suspects).toEqual([]);
  });

  test.skipIf(noCgroups || mayBeSkipped('perl'))('is not outrun by a chain of forks', async () => {
    const bench = new Bench(scratchCgroup());
    // Each link lives for as long as a fork takes, in a session of its own.
    const chain = `$| = 1; while (1) { exit if fork; POSIX::setsid() }`;
    const { cgroup } = await bench.spawn('a', `env -i perl -MPOSIX -e '${chain}' & echo 1 >runs; exec sleep 1000`);
    await bench.written('runs');
    await bench.ok('kill', 'a');
    expect(existsSync(cgroup ?? '')).toBe(false);
  });

  test.skipIf(noCgroups)('leaves alone, and awake, who is in it and has said to be its own', async () => {
    const bench = new Bench(scratchCgroup());
    const { cgroup } = await bench.spawn(
      'a',
      `AGENTCTL_RUN_ID= setsid sh -c 'echo $$ >own; env -i sleep 1000 & echo $! >below; wait' &
      tmux -f /dev/null -S own.sock new-session -d "echo \\$\\$ >pane; exec env -i sleep 1000"
      tmux -S own.sock display-message -p '#{pid}' >server
      ${lost('orphan')}
      exec sleep 1000`,
    );
    const orphan = await bench.pid('orphan');
    const innocents = await Promise.all(['own', 'below', 'server', 'pane'].map((file) => bench.pid(file)));
    onTestFinished(() => end(innocents));
    await bench.ok('kill', 'a');
    expect(lives(orphan)).toBe(false);
    expect(innocents.map(lives)).toEqual([true, true, true, true]);
    expect(innocents.map(groupOf).map((path) => basename(path ?? ''))).toEqual(Array(4).fill(basename(cgroup ?? '')));
    expect(readFileSync(join(cgroup ?? '', 'cgroup.events'), 'utf8')).toContain('frozen 0');
    // It stays for those in it.
    await end(innocents);
    rmdirSync(cgroup ?? '');
  });

  test.skipIf(noCgroups)('does not hold still an agent that ends itself through agentctl', async () => {
    const bench = new Bench(scratchCgroup());
    await bench.spawn('a', `${lost('orphan')}; ${CALL.join(' ')} kill a; exec sleep 1000`);
    const orphan = await bench.pid('orphan');
    await waitFor('the end of the orphan', () => !lives(orphan));
    await waitFor('the end of the agent', async () => (await bench.agent('a')).phase === 'ended');
    await bench.ok('rm', 'a');
  });

  test.skipIf(noCgroups)('is left by the server that an agent happens to start', async () => {
    const scratch = scratchCgroup();
    const bench = new Bench(scratch);
    const inner = `${CALL.join(' ')} --state-dir ${join(bench.dir, 'inner')}`;
    onTestFinished(async () => {
      await bench.program([...CALL, '--state-dir', join(bench.dir, 'inner'), 'kill', '--all']);
    });
    await bench.spawn('outer', `${inner} spawn -n b sleep 1000 >spawned 2>&1; echo >done; exec sleep 1000`);
    await waitFor('the inner agent', () => existsSync(join(bench.dir, 'done')));
    const started = JSON.parse(readFileSync(join(bench.dir, 'inner/agents/b/started.json'), 'utf8')) as Started;
    expect(groupOf(started.tmux.serverPid)).toBe(scratch.path);
    expect(join(started.cgroup ?? '', '..')).toBe(scratch.directory);
    await bench.ok('kill', 'outer');
    expect(lives(started.agent.pid)).toBe(true);
    await bench.program([...CALL, '--state-dir', join(bench.dir, 'inner'), 'kill', 'b']);
    await bench.program([...CALL, '--state-dir', join(bench.dir, 'inner'), 'tmux', 'kill-server']);
    expect(scratch.agents()).toEqual([]);
  });
});

test.skipIf(noCgroups)('who is left in a group that a killed agentctl had frozen goes on', async () => {
  const bench = new Bench(scratchCgroup());
  const { cgroup } = await bench.spawn(
    'a',
    `AGENTCTL_RUN_ID= setsid sh -c 'echo $$ >own; exec sleep 1000' & exec sleep 1000`,
  );
  const own = await bench.pid('own');
  onTestFinished(() => end([own]));
  const file = (name: string) => join(cgroup ?? '', name);
  writeFileSync(file('cgroup.freeze'), '1');
  await waitFor('a frozen group', () => /frozen 1/.test(readFileSync(file('cgroup.events'), 'utf8')));
  await bench.ok('kill', 'a');
  expect(readFileSync(file('cgroup.freeze'), 'utf8')).toBe('0\n');
  process.kill(own, 'SIGKILL');
  await waitFor('an empty group', () => /populated 0/.test(readFileSync(file('cgroup.events'), 'utf8')));
  rmdirSync(cgroup ?? '');
});

test('without a control group, an orphan that nothing ties to its agent is named, and not touched', async () => {
  const scratch = noCgroups === undefined ? scratchCgroup() : undefined;
  // As on a machine that lets nobody make one.
  if (scratch) writeFileSync(join(scratch.directory, 'cgroup.max.descendants'), '0');
  const bench = new Bench(scratch);
  const { cgroup } = await bench.spawn('a', `${lost('orphan')}; exec sleep 1000`);
  expect(cgroup).toBe(null);
  const orphan = await bench.pid('orphan');
  onTestFinished(() => end([orphan]));
  await bench.ok('kill', 'a');
  expect(lives(orphan)).toBe(true);
  const verdict = bench.record(await bench.agent('a'), 'verdict.json');
  expect(verdict.suspects).toContainEqual({ pid: orphan, command: 'sleep 1000', why: 'suspect' });
});
