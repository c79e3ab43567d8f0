// What is written, where, and what happens when the disk is full, the directory has gone, or somebody else is there.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Agent, environ, fill, gone, kill, look, type Stage, test, underEachShell } from './harness.ts';

underEachShell('a full disk', (shell) => {
  test('costs no exit code', async ({ stage, skip }) => {
    mountSmall(stage, skip);
    const agent = await stage.agent(shell);
    const { agent: identity } = await agent.started();
    fill(join(stage.stateDir, 'ballast'));
    kill(identity.pid, 'SIGSEGV');
    expect(await agent.exit()).toMatchObject({ code: 139, how: 'observed', cause: 'natural' });
  });

  test('stops neither the cap nor its being told', async ({ stage, skip }) => {
    mountSmall(stage, skip);
    const agent = await stage.agent(shell);
    await agent.capSoon();
    fill(join(stage.stateDir, 'ballast'));
    expect(await agent.exit()).toMatchObject({ code: 143, how: 'observed', cause: 'capped' });
  });

  test('stops no watchdog from publishing', async ({ stage, skip }) => {
    mountSmall(stage, skip);
    const agent = await stage.agent(shell);
    const started = await agent.started();
    fill(join(stage.stateDir, 'ballast'));
    const beat = heartbeat(agent);
    await waitFor('a beat on a full disk', () => heartbeat(agent) > beat);
    kill(started.wrapper.pid, 'SIGKILL');
    expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred', cause: 'natural' });
  });
});

underEachShell('a directory that is removed', (shell) => {
  test('leaves nothing behind and nothing in the pane', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: 'exec cat' });
    const started = await agent.started();
    const log = await elsewhere(stage, agent);
    rmSync(agent.dir, { recursive: true, maxRetries: 5 }); // a beat may come between
    await agent.sendKeys('hello', 'Enter');
    await waitFor('the echo', () => readFileSync(log, 'latin1').includes('hello\r\nhello\r\n'));
    await agent.sendKeys('C-d');
    await gone('the agent', started.agent);
    await gone('the wrapper', started.wrapper);
    await gone('the watchdog', started.watchdog);
    expect(await agent.wrapperCode()).toBe(0);
    await waitFor('the end mark', () => readFileSync(log, 'latin1').endsWith(agent.endMark));
    expect(readFileSync(log, 'latin1')).toBe(`hello\r\nhello\r\n${agent.endMark}`);
    expect(readdirSync(join(stage.stateDir, 'agents'))).toEqual([]);
  });

  test('does not free the agent of its cap', async ({ stage }) => {
    const agent = await stage.agent(shell, {
      act: `exec sh -c 'trap "exit 9" TERM; echo >"$DIR/ready"; sleep 1000 & wait'`,
    });
    const started = await agent.started();
    await agent.ready();
    await agent.capSoon(); // by when the watchdog has learnt who the agent is
    rmSync(agent.dir, { recursive: true, maxRetries: 5 }); // a beat may come between
    await gone('the agent', started.agent);
    await gone('the wrapper', started.wrapper);
    await gone('the watchdog', started.watchdog);
    expect(await agent.wrapperCode()).toBe(9);
    expect(readdirSync(join(stage.stateDir, 'agents'))).toEqual([]);
  });

  test('does not keep the watchdog from ending what a killed wrapper leaves', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: "trap '' HUP TERM; exec sleep 1000" });
    const started = await agent.started();
    rmSync(agent.dir, { recursive: true, maxRetries: 5 }); // a beat may come between
    kill(started.wrapper.pid, 'SIGKILL');
    await gone('the agent', started.agent);
    await gone('the watchdog', started.watchdog);
    expect(readdirSync(join(stage.stateDir, 'agents'))).toEqual([]);
  });

  test('is another thing than one that is moved: the sentinel follows', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: 'exec cat' });
    await agent.started();
    await waitFor('the log', () => existsSync(agent.path('output.log'))); // tmux opens it when it comes to that
    const archived = join(stage.stateDir, 'archive', `a.${agent.runId}`);
    renameSync(agent.dir, archived);
    mkdirSync(agent.dir);
    const bell = () => statSync(join(stage.stateDir, 'bell'), { bigint: true }).mtimeNs;
    const before = bell();
    await agent.sendKeys('C-d');
    await waitFor('the sentinel in the archive', () => existsSync(join(archived, 'exit.json')));
    await waitFor('the bell', () => bell() > before);
    expect(readdirSync(agent.dir)).toEqual([]);
  });
});

underEachShell('a directory', (shell) => {
  test('takes one wrapper, whoever tries again', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: 'exec cat' });
    const started = await agent.started();
    const before = contents(agent.dir);
    await stage.pane(shell, agent, {}, 'again');
    expect(await agent.wrapperCode('again')).toBe(125);
    expect(contents(agent.dir)).toEqual(before);
    expect(before['wrapper.pid']).toBe(`${started.wrapper.pid} ${started.wrapper.startTime}\n`);
    await agent.sendKeys('C-d');
    expect(await agent.exit()).toMatchObject({ code: 0 });
    await stage.pane(shell, agent, {}, 'late');
    expect(await agent.wrapperCode('late')).toBe(125);
  });

  test('takes one of ten wrappers that come at once', async ({ stage }) => {
    const agent = await stage.agent(shell, { start: false, before: 'echo >>ran', act: 'exec cat' });
    await Promise.all(Array.from({ length: 10 }, (_, at) => stage.pane(shell, agent, {}, `s${at}`)));
    await agent.started();
    const panes = () => agent.tmux('list-panes', '-a', '-F', '#{pane_dead}');
    await waitFor('nine of them to go', async () => (await panes()).split('1').length === 10);
    expect(agent.read('ran')).toBe('\n');
    const [line = ''] = agent.read('wrapper.pid').split(' ');
    kill(Number(line), 'SIGHUP');
    expect(await agent.exit()).toMatchObject({ code: null, how: 'inferred' });
  });

  for (const [what, limits] of Object.entries({
    'no limits': undefined,
    'empty limits': '',
    'limits that are no numbers': 'r0000000 x 1 1 0\n',
    'limits that are too short': 'r0000000 none 1 1\n',
  })) {
    test(`with ${what} starts nothing, says 125, and stays as it is`, async ({ stage }) => {
      const agent = await stage.agent(shell, { start: false });
      if (limits === undefined) rmSync(agent.path('limits'));
      else writeFileSync(agent.path('limits'), limits);
      const before = contents(agent.dir);
      await stage.pane(shell, agent);
      expect(await agent.wrapperCode()).toBe(125);
      expect(contents(agent.dir)).toEqual(before);
    });
  }

  test('keeps the sentinel that it has', async ({ stage }) => {
    const agent = await stage.agent(shell, { act: `echo mine >"$DIR/exit.json"; exec sh -c 'exit 3'`, beat: 600 });
    const { wrapper, watchdog } = await agent.started();
    await gone('the wrapper', wrapper);
    await gone('the watchdog', watchdog);
    expect(agent.read('exit.json')).toBe('mine\n');
  });

  test('is found whatever CDPATH says, and its files are for their owner only', async ({ stage }) => {
    mkdirSync(join(stage.dir, 'elsewhere', 'agents', 'a'), { recursive: true });
    const env = { CDPATH: join(stage.dir, 'elsewhere') };
    const agent = await stage.agent(shell, {
      act: 'echo x; while [ ! -e "$DIR/output.times" ]; do sleep 0.05; done',
      env,
    });
    expect(await agent.exit()).toMatchObject({ code: 0 });
    for (const file of ['wrapper.pid', 'output.times']) expect(statSync(agent.path(file)).mode & 0o777).toBe(0o600);
    expect(await agent.wholeLog()).toBe('x\r\n');
  });
});

underEachShell('an agent', (shell) => {
  test("sees nothing of the server's environment, and the pane's terminal", async ({ stage }) => {
    const agent = await stage.agent(shell, { env: { SECRET: 'x', BASH_ENV: '/nonexistent', LC_ALL: 'C.UTF-8' } });
    const { agent: identity } = await agent.started();
    await waitFor('the agent to be itself', () => look(identity.pid)?.comm === 'sleep');
    const names = environ(identity.pid)
      .split('\0')
      .filter(Boolean)
      .map((pair) => pair.split('=')[0]);
    const expected = ['AGENTCTL_RUN_ID', 'DIR', 'PATH', 'PWD', 'TERM', 'TMUX', 'TMUX_PANE'];
    expect(names.filter((name) => name !== 'OLDPWD').toSorted()).toEqual(expected);
    kill(identity.pid, 'SIGTERM');
    await agent.exit();
  });

  test('starts with default signals and its three files only', async ({ stage }) => {
    const agent = await stage.agent(shell);
    const { agent: identity } = await agent.started();
    await waitFor('the agent to be itself', () => look(identity.pid)?.comm === 'sleep');
    const status = readFileSync(`/proc/${identity.pid}/status`, 'utf8');
    const ttinAndTtou = 0x300000n; // tmux 3.3a itself starts every pane with these two ignored
    expect(BigInt(`0x${/SigIgn:\s+(\w+)/.exec(status)?.[1]}`) & ~ttinAndTtou).toBe(0n);
    expect(/SigBlk:\s+(\w+)/.exec(status)?.[1]).toBe('0000000000000000');
    expect(readdirSync(`/proc/${identity.pid}/fd`).toSorted()).toEqual(['0', '1', '2']);
    kill(identity.pid, 'SIGTERM');
    await agent.exit();
  });
});

function heartbeat(agent: Agent): bigint {
  return statSync(agent.path('heartbeat'), { bigint: true }).mtimeNs;
}

function contents(dir: string): Record<string, string> {
  const files = readdirSync(dir).filter((file) => file !== 'heartbeat' && file !== 'output.log');
  return Object.fromEntries(files.toSorted().map((file) => [file, readFileSync(join(dir, file), 'utf8')]));
}

/** Captures the pane's bytes outside of the agent's directory. */
async function elsewhere(stage: Stage, agent: Agent): Promise<string> {
  const log = join(stage.dir, 'log');
  await agent.tmux(
    'pipe-pane',
    '-t',
    `=${agent.name}:`,
    ';',
    'pipe-pane',
    '-t',
    `=${agent.name}:`,
    `exec cat >>'${log}'`,
  );
  await waitFor('the other log', () => existsSync(log));
  return log;
}

/** Puts the state directory on a file system of 64 kB. */
function mountSmall(stage: Stage, skip: TestContext['skip']): void {
  if (process.getuid?.() !== 0) {
    const why =
      'a full disk needs a small tmpfs, and mounting one needs root: run these tests as root, or under unshare -rm';
    if (process.env.CI) throw new Error(why);
    skip(why);
  }
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', stage.stateDir]);
  stage.onClose(async () => execFileSync('umount', ['-l', stage.stateDir]));
  stage.furnish();
}
