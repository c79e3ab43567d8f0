import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { shell } from './processes.ts';

/** Every variable of an agent as the kernel handed them over, through no shell. */
async function environmentOf(
  bench: Workbench,
  env: NodeJS.ProcessEnv,
  ...flags: string[]
): Promise<Map<string, string>> {
  // Nothing else, so that what is added is seen as well.
  for (const name of Object.keys(bench.env)) if (!(name in env)) env[name] = undefined;
  const name = `env${flags.length}`;
  const call = { env: { PATH: process.env.PATH, AGENTCTL_STATE_DIR: bench.state, ...withoutUndefined(env) } };
  for (const key of Object.keys(bench.env)) delete bench.env[key];
  Object.assign(bench.env, call.env);
  const { code, stderr } = await bench.run('spawn', '-n', name, ...flags, '--stdout', name, '--', '/usr/bin/env', '-0');
  if (code !== 0) throw new Error(stderr);
  await bench.ok('wait', name);
  const entries = readFileSync(join(bench.dir, name), 'utf8').split('\0').filter(Boolean);
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

function withoutUndefined(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

describe.concurrent('an agent sees', () => {
  test('its caller’s variables byte for byte, agentctl’s four, and nothing else', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const odd = {
      EMPTY: '',
      SPACES: '  a  b ',
      NEWLINES: '\na\n\nb\n',
      QUOTES: `'"\`\\$(x)\${y}!*?;&|<>#~`,
      BYTES: 'ü€𝄞\x01\x1b[31m\x7f',
      BIG: 'x'.repeat(100_000),
      'a.b': 'no shell name',
      'BASH_FUNC_f%%': '() {  echo hi\n}',
      '1digit': 'first',
      _: '/usr/bin/something',
      UID: '4711',
      PPID: '1',
      OPTIND: 'abc',
      IFS: ',',
      PS1: '$ ',
      PS4: '$(touch evil)',
      ENV: '/nowhere/.shrc',
      BASH_ENV: '/nowhere/.bashrc',
      SHLVL: '7',
      CDPATH: '/usr',
      LC_ALL: 'C.UTF-8',
      LINENO: '99',
      LANG: 'xx_YY',
      POSIXLY_CORRECT: '1',
      HOME: '/nowhere',
      SHELL: '/bin/false',
      http_proxy: 'http://127.0.0.1:1',
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: '100',
    };
    const seen = await environmentOf(bench, odd);
    const { runId, startedAt } = await bench.agent('env0');
    const own = {
      AGENTCTL_NAME: 'env0',
      AGENTCTL_RUN_ID: runId,
      AGENTCTL_STATE_DIR: bench.state,
      AGENTCTL_DEADLINE: seen.get('AGENTCTL_DEADLINE'),
    };
    expect(Object.fromEntries(seen)).toEqual({
      ...odd,
      PATH: process.env.PATH,
      TERM: 'tmux-256color',
      PWD: bench.dir,
      ...own,
    });
    const deadline = Number(own.AGENTCTL_DEADLINE) - Date.parse(String(startedAt)) / 1000;
    expect(Math.abs(deadline - 3600)).toBeLessThan(5);
  });

  test('no mark of the caller’s terminal or of a calling agent, unless --env brings it back', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const dropped =
      'TMUX TMUX_PANE STY COLUMNS LINES NOTIFY_SOCKET CLAUDECODE CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_SSE_PORT'.split(
        ' ',
      );
    const caller = Object.fromEntries([
      ...dropped.map((name) => [name, `callers ${name}`]),
      ['TERM', 'dumb'],
      ['AGENTCTL_RUN_ID', '0000000000000000'],
      ['AGENTCTL_NAME', 'caller'],
      ['AGENTCTL_DEADLINE', '1'],
      ['AGENTCTL_DEBUG', ''],
    ]);
    const seen = await environmentOf(bench, caller, '--max-runtime', 'none');
    expect(dropped.filter((name) => seen.has(name))).toEqual([]);
    expect(seen.get('TERM')).toBe('tmux-256color');
    expect([...seen.keys()].filter((name) => name.startsWith('AGENTCTL_')).toSorted()).toEqual([
      'AGENTCTL_NAME',
      'AGENTCTL_RUN_ID',
      'AGENTCTL_STATE_DIR',
    ]);
    expect(seen.get('AGENTCTL_RUN_ID')).toBe((await bench.agent('env2')).runId);
    const back = await environmentOf(
      bench,
      { ...caller },
      ...['-e', 'CLAUDECODE', '-e', 'TMUX=mine', '-e', 'COLUMNS=7', '-e', 'TERM=vt100', '-e', 'AGENTCTL_RUN_ID=forged'],
    );
    expect([back.get('CLAUDECODE'), back.get('TMUX'), back.get('COLUMNS'), back.get('TERM')]).toEqual([
      'callers CLAUDECODE',
      'mine',
      '7',
      'vt100',
    ]);
    expect(back.get('AGENTCTL_RUN_ID')).toBe((await bench.agent('env10')).runId);
  });

  test('its arguments byte for byte', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const words = [
      '',
      ' ',
      'a b',
      'line\nbreak\n',
      '\n',
      "it's",
      '"double"',
      '$HOME `id` $(id)',
      'ends in ;',
      ';',
      '\\;',
      '\\',
      '#{pid}',
      '#(id)',
      '%1',
      '-n',
      '--',
      '~',
      '*',
      '!!',
      '\ttab\x01\x1b[31m\x7f',
      'ü€𝄞',
      'x'.repeat(100_000),
      'a=b',
    ];
    await bench.ok('spawn', '-n', 'words', '--stdout', 'words', '--', '/usr/bin/printf', '%s\\0', ...words);
    await bench.ok('wait', 'words');
    expect(readFileSync(join(bench.dir, 'words'), 'utf8')).toBe(words.map((word) => `${word}\0`).join(''));
    expect((await bench.agent('words')).command).toEqual(['/usr/bin/printf', '%s\\0', ...words]);
  });

  test.for(['0022', '0077', '0000', '0177'])('its caller’s umask: %s', async (umask, { onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await shell(bench, `umask ${umask}; "$NODE" "$AGENTCTL" run --stdout out -- sh -c umask`);
    expect(await bench.written('out')).toBe(umask);
  });

  test('its caller’s limit on open files', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { stdout } = await shell(bench, 'ulimit -S -n 333; "$NODE" "$AGENTCTL" run -- sh -c "ulimit -S -n"; exit');
    // The "exit" keeps bash there: node raised its own limit, so that only the caller's process tells the caller's.
    expect(stdout).toBe('333\n');
  });

  test('a terminal of its own in a session of its own, with signals as they are by default', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    const { stdout } = await bench.run('run', '--', 'grep', '-E', '^Sig(Ign|Blk)', '/proc/self/status');
    // tmux 3.3 hands TTIN and TTOU on as ignored, to every pane, and no shell can take that back.
    expect(stdout).toBe(`SigBlk:\t${'0'.repeat(16)}\nSigIgn:\t0000000000300000\n`);
    // The fourth is ls's own look at the directory.
    expect((await bench.run('run', '--', 'ls', '-1', '/proc/self/fd')).stdout).toBe('0\n1\n2\n3\n');
    const tty = await bench.run('run', '--', 'sh', '-c', 'tty; echo terminal >/dev/tty; cut -d" " -f7 /proc/$$/stat');
    expect(tty.stdout).toMatch(/^\/dev\/pts\/\d+\nterminal\n[1-9]\d*\n$/);
  });

  test('the directory by the name that its caller gave it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await shell(bench, 'mkdir -p real/below && ln -s real link');
    expect((await bench.run('run', '-C', 'link/below', '--', 'sh', '-c', 'echo "$PWD"; pwd -P')).stdout).toBe(
      `${bench.dir}/link/below\n${bench.dir}/real/below\n`,
    );
    await shell(bench, `mkdir "it's a \\$(dir)" -- -dash`);
    expect((await bench.run('run', '-C', "it's a $(dir)", '--', 'pwd')).stdout).toBe(`${bench.dir}/it's a $(dir)\n`);
    expect((await bench.run('run', '-C', './-dash', '--', 'pwd')).stdout).toBe(`${bench.dir}/-dash\n`);
  });
});

describe.concurrent('what serves everyone', () => {
  test('carries no cookie and nothing else of its first caller', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await shell(
      bench,
      `exec 7</etc/passwd; umask 0027; SECRET=hunter2 AGENTCTL_RUN_ID=0mcallercallercal TMUX=x,1,0 CLAUDECODE=1 nice -n 5 "$NODE" "$AGENTCTL" spawn -n one -e TOKEN=secret -- sleep 1000`,
    );
    const agent = await bench.agent('one');
    const { tmux, wrapper } = bench.record(agent, 'started.json') as {
      tmux: { serverPid: number };
      wrapper: { pid: number };
    };
    const environ = (pid: number) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    const names = environ(tmux.serverPid).map((entry) => entry.split('=')[0]);
    expect(names.filter((name) => !/^(PATH|SHELL|LC_ALL|HOME|USER|LOGNAME)$/.test(name ?? ''))).toEqual([]);
    expect(environ(tmux.serverPid).join(' ')).not.toMatch(/AGENTCTL|hunter2|secret/);
    // The wrapper is the agent's, but its environment and the session's are for everyone to read.
    expect(environ(wrapper.pid).join(' ')).not.toMatch(/hunter2|TOKEN/);
    expect(await bench.ok('tmux', 'show-environment', '-t', '=one')).not.toMatch(/hunter2|TOKEN/);
    expect(await bench.ok('tmux', 'show-environment', '-g')).not.toMatch(/hunter2|TOKEN|CLAUDECODE/);
    const status = readFileSync(`/proc/${tmux.serverPid}/stat`, 'utf8');
    const [, parent, , session, terminal] = status
      .slice(status.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    expect({ parent, session, terminal }).toEqual({ parent: 1, session: tmux.serverPid, terminal: 0 });
    const { stdout } = await shell(bench, `ls -l /proc/${tmux.serverPid}/fd; readlink /proc/${tmux.serverPid}/cwd`);
    expect(stdout).not.toContain('/etc/passwd');
    expect(stdout).toMatch(new RegExp(`${bench.state}\n$`));
  });

  test('leaves no secret on disk once the agent has read it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', '-e', 'TOKEN=hunter2', '--', 'sleep', '1000');
    await waitFor(
      'the environment to be read',
      async () => (await shell(bench, 'ls state/agents/one/env 2>&1')).code !== 0,
    );
    expect((await shell(bench, 'grep -rl hunter2 state')).stdout).toBe('');
    const { agent } = bench.record(await bench.agent('one'), 'started.json') as { agent: { pid: number } };
    await waitFor('the agent to have it', () =>
      readFileSync(`/proc/${agent.pid}/environ`, 'utf8').includes('TOKEN=hunter2'),
    );
    // Nobody's command line shows it either.
    expect((await shell(bench, 'grep -la hunter[2] /proc/[0-9]*/cmdline 2>/dev/null')).stdout).toBe('');
  });
});
