import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, type Ran, Workbench } from '../fixtures/workbench.ts';

const SPAWN = `"${process.execPath}" "${AGENTCTL}" spawn`;

/** A shell that calls agentctl in its own way. */
function shell(bench: Workbench, script: string, ...before: string[]): Promise<Ran> {
  return bench.program([...before, 'sh', '-c', script]);
}

/** The environment of a living process. */
function environmentOf(pid: number): Record<string, string> {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

async function expectRunning(
  bench: Workbench,
  name: string,
): Promise<{ pid: number; runId: string; serverPid: number }> {
  const agent = await bench.agent(name);
  expect(agent).toMatchObject({ phase: 'running' });
  const { agent: identity, tmux } = bench.record(agent, 'started.json') as {
    agent: { pid: number };
    tmux: { serverPid: number };
  };
  return { pid: identity.pid, runId: agent.runId, serverPid: tmux.serverPid };
}

test.each([
  ['a shell that ends', (spawn: string) => ['sh', '-c', `${spawn}; exit 0`]],
  ['a shell that is killed', (spawn: string) => ['sh', '-c', `${spawn}; kill -KILL $$`]],
  ['a process group that is killed', (spawn: string) => ['setsid', '-w', 'sh', '-c', `${spawn}; kill -KILL -$$`]],
  // The terminal of script(1) closes when its shell ends, and hangs up who is left in its session.
  [
    'a terminal that closes',
    (spawn: string) => ['setsid', '-w', 'script', '-qec', `${spawn}; sleep 1000 &`, '/dev/null'],
  ],
  [
    'a terminal that hangs up',
    (spawn: string) => ['setsid', '-w', 'script', '-qec', `${spawn}; kill -HUP 0`, '/dev/null'],
  ],
])('keeps an agent that was spawned from %s', async (_who, caller) => {
  const bench = new Workbench();
  await bench.program(caller(`${SPAWN} -n keeps sleep 1000`));
  await expectRunning(bench, 'keeps');
  await bench.ok('stop', 'keeps');
  expect(await bench.agent('keeps')).toMatchObject({ result: 'stopped', exitCode: 143 });
});

test('spawns from inside another tmux, whose session may end', async () => {
  const bench = new Workbench();
  const outer = ['tmux', '-S', join(bench.dir, 'outer')];
  const tmux = (...args: string[]) => bench.program([...outer, '-f', '/dev/null', ...args]);
  await tmux('new-session', '-d', '-s', 'outer', `${SPAWN} -n inner sleep 1000 >spawned 2>&1; exec sleep 1000`);
  expect(await bench.written('spawned')).toBe('inner');
  const { pid } = await expectRunning(bench, 'inner');
  expect(environmentOf(pid)).toMatchObject({ TERM: 'tmux-256color' });
  expect(environmentOf(pid)).not.toHaveProperty('TMUX');
  expect(environmentOf(pid)).not.toHaveProperty('TMUX_PANE');
  expect((await tmux('list-sessions', '-F', '#S')).stdout).toBe('outer\n');
  await tmux('kill-server');
  await expectRunning(bench, 'inner');
});

test('spawns from cron: no environment, no terminal', async () => {
  const bench = new Workbench();
  const cron = ['env', '-i', 'TERM=dumb', `HOME=${bench.dir}`, 'PATH=/usr/bin:/bin', 'SHELL=/bin/sh'];
  const { code, stderr } = await shell(
    bench,
    `${SPAWN} --state-dir "${bench.state}" -n cron sleep 1000 </dev/null`,
    ...cron,
  );
  expect(code).toBe(0);
  expect(stderr, 'the first start of the manager, and nothing else').toMatch(/^agentctl: started the manager.*\n$/);
  const { pid, runId } = await expectRunning(bench, 'cron');
  const { AGENTCTL_DEADLINE: deadline, _: _shells, ...environment } = environmentOf(pid);
  expect(deadline).toMatch(/^\d+$/);
  expect(environment).toEqual({
    TERM: 'tmux-256color',
    HOME: bench.dir,
    PATH: '/usr/bin:/bin',
    SHELL: '/bin/sh',
    PWD: bench.dir,
    AGENTCTL_NAME: 'cron',
    AGENTCTL_RUN_ID: runId,
    AGENTCTL_STATE_DIR: bench.state,
  });
});

test.each(['<&-', '>&-', '2>&-', '<&- >&- 2>&-'])('spawns with %s', async (closed) => {
  const bench = new Workbench();
  const { code } = await shell(bench, `${SPAWN} -n closed sh -c 'echo out; echo err >&2; exec sleep 1000' ${closed}`);
  expect(code).toBe(0);
  await expectRunning(bench, 'closed');
  await waitFor('its output', async () => (await bench.ok('logs', 'closed')) === 'out\nerr\n');
});

test('spawns for an agent, which is the parent and nothing more', async () => {
  const bench = new Workbench();
  bench.env.CLAUDECODE = '1';
  bench.env.CLAUDE_CODE_ENTRYPOINT = 'cli';
  const script = `${SPAWN} -n child sleep 1000 >spawned 2>&1; exec sleep 1000`;
  await bench.ok('spawn', '-n', 'parent', '-e', 'CLAUDECODE=1', '-e', 'TMUX=/tmp/other,1,0', 'sh', '-c', script);
  expect(await bench.written('spawned')).toBe('child');
  const parent = await expectRunning(bench, 'parent');
  const child = await expectRunning(bench, 'child');
  expect(environmentOf(parent.pid)).toMatchObject({ CLAUDECODE: '1', TMUX: '/tmp/other,1,0' });
  for (const dropped of ['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT', 'TMUX', 'TMUX_PANE'])
    expect(environmentOf(child.pid)).not.toHaveProperty(dropped);
  expect(environmentOf(child.pid)).toMatchObject({ AGENTCTL_RUN_ID: child.runId, AGENTCTL_NAME: 'child' });
  expect(child.runId).not.toBe(parent.runId);
  expect(await bench.agent('child')).toMatchObject({ parent: { name: 'parent', runId: parent.runId } });
  expect(Object.values(environmentOf(parent.serverPid))).not.toContain(parent.runId);
  // It outlives its parent.
  await bench.ok('stop', 'parent');
  await expectRunning(bench, 'child');
});

test('starts a tmux server for everyone from an agent, without the cookie of that agent', async () => {
  const bench = new Workbench();
  const other = join(bench.dir, 'other');
  await bench.ok(
    'spawn',
    '-n',
    'parent',
    'sh',
    '-c',
    `${SPAWN} --state-dir ${other} -n child sleep 1000 >spawned 2>&1; exec sleep 1000`,
  );
  expect(await bench.written('spawned')).toBe('child');
  await bench.ok('stop', 'parent');
  try {
    const { stdout } = await bench.run('--state-dir', other, 'ps', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ agents: [{ name: 'child', phase: 'running' }] });
  } finally {
    await bench.run('--state-dir', other, 'kill', '--all');
    await bench.run('--state-dir', other, 'tmux', 'kill-server');
  }
});

test('holds neither stdout nor any other file of its caller', async () => {
  const bench = new Workbench();
  // 9 and 200 as in "flock 9", "flock 200": a server that inherited them would keep the lock for ever.
  const script = `
    x=$(${SPAWN} -n held sleep 1000 2>&1)
    echo "got $x"
    exec 9>lock9
    y=$( { ${SPAWN} -n held2 sleep 1000; } 5>&1 )
    flock -n 9 && echo "locked 9"
    exec 9>&-
    flock -n lock9 true && echo "free 9"
    bash -c 'exec 200>lock200; flock -n 200; ${SPAWN.replaceAll('"', '')} --state-dir ${join(bench.dir, 'other')} -n first sleep 1000; echo "$?"'
    flock -n lock200 true && echo "free 200"`;
  try {
    const { stdout } = await shell(bench, script);
    expect(stdout.split('\n')).toEqual(['got held', 'locked 9', 'free 9', 'first', '0', 'free 200', '']);
    expect((await shell(bench, `${SPAWN} -n piped sleep 1000 | cat`)).stdout).toBe('piped\n');
  } finally {
    await bench.run('--state-dir', join(bench.dir, 'other'), 'kill', '--all');
    await bench.run('--state-dir', join(bench.dir, 'other'), 'tmux', 'kill-server');
  }
});

test.each([64, 256])(
  'spawns for a caller that may open %i files, and gives the agent that limit',
  async (files) => {
    const bench = new Workbench();
    const { code, stderr } = await shell(
      bench,
      `ulimit -n ${files}; ${SPAWN} -n few sh -c 'ulimit -n; exec sleep 1000'; exit $?`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await waitFor('its limit', async () => (await bench.ok('logs', 'few')) === `${files}\n`);
  },
  120_000,
);

test('starts the server of everyone as nice as anyone, where it may', async () => {
  const bench = new Workbench();
  await shell(bench, `${SPAWN} -n first sleep 1000`, 'nice', '-n', '10');
  await bench.ok('spawn', '-n', 'second', 'sleep', '1000');
  const niceness = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[16];
  const second = await expectRunning(bench, 'second');
  expect(niceness(second.serverPid)).toBe('0');
  expect(niceness(second.pid)).toBe('0');
});

test.each(['000', '077'])(
  'gives the agent the umask %s of its caller, and keeps its own records to the user',
  async (umask) => {
    const bench = new Workbench();
    await shell(bench, `umask ${umask}; ${SPAWN} -n masked sh -c 'umask; exec sleep 1000'`);
    await waitFor('its umask', async () => (await bench.ok('logs', 'masked')).trim() === `0${umask}`);
    const { stdout } = await bench.program([
      'find',
      bench.state,
      '-perm',
      '/077',
      '!',
      '-type',
      'l',
      '!',
      '-type',
      's',
    ]);
    expect(stdout).toBe('');
  },
);

test('says so when the directory of its caller was removed', async () => {
  const bench = new Workbench();
  expect(await shell(bench, `mkdir gone; cd gone; rmdir ../gone; ${SPAWN} -n homeless sleep 1000`)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'agentctl: the current directory was removed: go to another and try again\n',
  });
});

test('spawns without a HOME', async () => {
  const bench = new Workbench();
  expect(await shell(bench, `unset HOME; ${SPAWN} -n homeless sleep 1000`)).toMatchObject({ code: 0, stderr: '' });
  await expectRunning(bench, 'homeless');
});
