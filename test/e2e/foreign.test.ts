// Sessions of other tmux servers, which nobody but tmux knows: listed, and one ended by its name. Each test has its own
// TMUX_TMPDIR; other servers of this machine may be in a list, and are never touched.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bystanders, lives } from '../fixtures/bystanders.ts';
import { waitFor } from '../fixtures/wait-for.ts';
import { AGENTCTL, Workbench } from '../fixtures/workbench.ts';
import { misfits } from './schemas.ts';

type WhenFinished = (close: () => Promise<void>) => void;

interface Listed {
  id: string;
  attached: number;
  panes: { pane: string; pid: number | null; command: string[] | null; sharedWith: string[] }[];
}

interface Foreign {
  servers: { socket: string; pid: number | null; ofAgents: boolean; problem: string | null }[];
  sessions: Listed[];
}

class Bench extends Workbench {
  readonly sockets: string;
  readonly #clients: ChildProcess[] = [];

  constructor(whenFinished: WhenFinished) {
    super(whenFinished);
    const folder = join(this.dir, 'users');
    mkdirSync(folder);
    this.env.TMUX_TMPDIR = folder;
    delete this.env.TMUX;
    delete this.env.TMUX_PANE;
    this.sockets = join(folder, `tmux-${process.getuid?.()}`);
    this.whenEnded(() => {
      for (const client of this.#clients) client.kill('SIGKILL');
      for (const name of existsSync(this.sockets) ? readdirSync(this.sockets) : [])
        spawnSync('tmux', ['-N', '-S', join(this.sockets, name), 'kill-server'], { timeout: 5000 });
    });
  }

  /** Calls tmux as its user would; without a socket's name, the default server. */
  async tmux(...args: string[]): Promise<string> {
    // A server and its panes are no agent's, and not what an agent's tests look for when they clean up.
    const { AGENTCTL_STATE_DIR: _, ...env } = this.env;
    const { code, stdout, stderr } = await this.program(['tmux', '-u', '-f', '/dev/null', ...args], { env });
    if (code !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  /** Starts a session and returns its pane's pid. */
  async session(name: string, command: string, ...server: string[]): Promise<number> {
    return Number(await this.tmux(...server, 'new-session', '-d', '-P', '-F', '#{pane_pid}', '-s', name, command));
  }

  /** A client that shows a session. */
  async attach(name: string): Promise<void> {
    const args = ['-C', 'attach-session', '-t', `=${name}`];
    this.#clients.push(spawn('tmux', args, { env: this.env, stdio: ['pipe', 'ignore', 'ignore'] }));
    await waitFor('the client', async () => (await this.tmux('list-clients')) !== '');
  }

  /** What is listed of this bench's own servers. */
  async listed(): Promise<Foreign> {
    const all = JSON.parse(await this.ok('ps', '--foreign', '--json')) as Foreign;
    expect(misfits('foreign', all)).toEqual([]);
    const isOwn = (socket: string): boolean => socket.startsWith(this.dir);
    return {
      servers: all.servers.filter(({ socket }) => isOwn(socket)),
      sessions: all.sessions.filter(({ id }) => !id.startsWith('/') || isOwn(id)),
    };
  }

  async names(): Promise<string[]> {
    return (await this.tmux('list-sessions', '-F', '#{session_name}')).split('\n');
  }
}

async function pidsIn(bench: Bench, ...files: string[]): Promise<number[]> {
  const pids: number[] = [];
  for (const file of files) pids.push(Number(await bench.written(file)));
  return pids;
}

describe.concurrent('ps --foreign', () => {
  test('lists twenty sessions left on the default server, of which one is ended', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished);
    const others = new Bystanders(onTestFinished);
    const pids = new Map<string, number>();
    const started = await bench.program([
      'sh',
      '-c',
      'for job in $(seq 20); do tmux -f /dev/null new-session -d -P -F "#{session_name} #{pane_pid}" -s job-$job "exec sleep 1234"; done',
    ]);
    for (const line of started.stdout.trimEnd().split('\n')) {
      const [name = '', pid] = line.split(' ');
      pids.set(name, Number(pid));
    }
    expect(pids.size).toBe(20);
    // By the same program elsewhere nobody is meant.
    others.add('elsewhere', spawn('sleep', ['1234'], { stdio: 'ignore', detached: true }).pid ?? 0);
    await bench.tmux('split-window', '-d', '-t', '=job-3:', 'exit 3');
    await bench.tmux('set', '-g', 'remain-on-exit', 'on');
    const dead = await bench.tmux('split-window', '-d', '-P', '-F', '#{pane_id}', '-t', '=job-4:', 'exit 4');
    const isDead = ['display-message', '-p', '-t', dead, '#{pane_dead}'];
    await waitFor('tmux to have seen its end', async () => (await bench.tmux(...isDead)) === '1');
    await bench.attach('job-5');
    const { sessions } = await bench.listed();
    expect(sessions.map(({ id }) => id).toSorted()).toEqual(
      [...pids.keys()].map((name) => `default:${name}`).toSorted(),
    );
    expect(sessions.filter(({ attached }) => attached > 0).map(({ id }) => id)).toEqual(['default:job-5']);
    expect(sessions.find(({ id }) => id === 'default:job-7')?.panes).toEqual([
      { pane: expect.any(String), pid: pids.get('job-7'), command: ['sleep', '1234'], ended: null, sharedWith: [] },
    ]);
    const text = await bench.ok('ps', '--foreign');
    expect(text.split('\n')[0]).toMatch(/^SOCKET:NAME +AGE +ACTIVITY +ATTACHED +WHAT RUNS$/);
    // Of a pane that ends on a loaded machine tmux 3.3a learns the code in two cases of three.
    expect(text).toMatch(/^default:job-4 +\d+s +\d+s ago +- +sleep 1234\n +dead( \(exit code 4\))?$/m);
    expect(text).toMatch(/^default:job-5 +\d+s +\d+s ago +yes +sleep 1234$/m);

    // Others have it as a prefix, and run the same.
    expect(await bench.run('stop', '--foreign', 'default:job-1')).toEqual({
      code: 0,
      stdout: 'default:job-1 ended: 1 process\n',
      stderr: '',
    });
    expect(lives(pids.get('job-1') ?? 0)).toBe(false);
    pids.delete('job-1');
    expect([...pids].filter(([, pid]) => !lives(pid))).toEqual([]);
    expect(others.dead()).toEqual([]);
    expect((await bench.names()).toSorted()).toEqual([...pids.keys()].toSorted());
  });

  test('shows names as stop takes them, whatever is in them', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished);
    const names = ['two words', '\x1b[31mred', 'übung日本', '=odd $1 %2', 'dot.colon:', "it's", '\u202edab', 'a\\b'];
    const pids = await Promise.all(names.map((name) => bench.session(name, 'sleep 1000')));
    const elsewhere = join(bench.dir, 'my:sock');
    pids.push(await bench.session('there', 'sleep 1000', '-S', elsewhere));
    const own = (text: string) =>
      text.split('\n').filter((id) => id.startsWith('default:') || id.startsWith(bench.dir));
    const ids = own(await bench.ok('ps', '--foreign', '-q'));
    expect(ids).toContain('default:two words');
    expect(ids).toContain('default:\\033[31mred');
    expect(ids).toContain('default:\\u202edab');
    expect(ids).toContain(`${elsewhere}:there`);
    expect(ids).toHaveLength(pids.length);
    const { code, stdout } = await bench.run('stop', ...ids.flatMap((id) => ['--foreign', id]));
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').toSorted()).toEqual(ids.map((id) => `${id} ended: 1 process`).toSorted());
    expect(pids.filter(lives)).toEqual([]);
  });

  test('tells of a server that is stopped or hangs, hides nothing else, and starts none', async ({
    onTestFinished,
  }) => {
    const bench = new Bench(onTestFinished);
    const others = new Bystanders(onTestFinished);
    await bench.session('fine', 'sleep 1000');
    await bench.session('held', 'sleep 1000', '-L', 'held');
    const held = others.add('held', Number(await bench.tmux('-L', 'held', 'display-message', '-p', '#{pid}')));
    await bench.session('lost', 'sleep 1000', '-L', 'dead');
    process.kill(Number(await bench.tmux('-L', 'dead', 'display-message', '-p', '#{pid}')), 'SIGKILL');
    process.kill(held, 'SIGSTOP');
    const hang = createServer().listen(join(bench.sockets, 'hang'));
    onTestFinished(async () => void hang.close());
    const { sessions, servers } = await bench.listed();
    expect(sessions.map(({ id }) => id)).toEqual(['default:fine']);
    const problems = Object.fromEntries(servers.map(({ socket, problem }) => [socket.split('/').at(-1), problem]));
    expect(problems).toEqual({
      default: null,
      held: `it is stopped: "kill -CONT ${held}" lets it go on`,
      hang: 'it did not answer in time',
    });
    expect(
      await bench.many([
        ['stop', '--foreign', 'held:held'],
        ['stop', '--foreign', 'hang:x'],
        ['stop', '--foreign', 'dead:lost'],
      ]),
    ).toEqual([
      { code: 1, stdout: '', stderr: expect.stringContaining(`"kill -CONT ${held}" lets it go on`) },
      { code: 75, stdout: '', stderr: expect.stringContaining('cannot be asked: it did not answer in time') },
      { code: 1, stdout: '', stderr: expect.stringMatching(/^agentctl: no tmux server of yours listens on /) },
    ]);
    process.kill(held, 'SIGCONT');
    expect((await bench.program(['tmux', '-N', '-L', 'dead', 'list-sessions'])).code).toBe(1);
  });
});

describe.concurrent('stop --foreign', () => {
  test('ends the whole tree, and leaves alone what serves everyone or is not its own', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished);
    const others = new Bystanders(onTestFinished);
    copyFileSync('/bin/sleep', join(bench.dir, 'ssh-agent'));
    const script = `
      setsid sh -c 'echo $$ >left-session; sleep 1000 & wait' &
      (sleep 1000 & echo $! >orphan)
      (setsid sh -c 'echo $$ >left-before; exec sleep 1000' &)
      sh -c 'trap "" TERM HUP; echo $$ >deaf; while :; do sleep 1; done' &
      sh -c 'echo $$ >stopped; kill -STOP $$; sleep 1000' &
      AGENTCTL_RUN_ID= setsid sh -c 'echo $$ >its-own; exec sleep 1000' &
      setsid ./ssh-agent 1000 & echo $! >ssh-agent.pid
      tmux -L nested -f /dev/null new-session -d 'echo $$ >nested; exec sleep 1000'
      echo ready >ready
      wait`;
    bench.file('script', script);
    const mine = [await bench.session('tree', 'exec sh script')];
    others.add('bystander', await bench.session('trees', 'exec sleep 1000'));
    await bench.written('ready');
    mine.push(...(await pidsIn(bench, 'left-session', 'orphan', 'deaf', 'stopped')));
    const spared = ['left-before', 'its-own', 'ssh-agent.pid', 'nested'];
    for (const [at, pid] of (await pidsIn(bench, ...spared)).entries()) others.add(spared[at] ?? '', pid);
    const { code, stdout, stderr } = await bench.run('stop', '--foreign', 'default:tree', '--kill-after', '1s');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^default:tree ended: \d+ processes\n$/),
    });
    expect(stderr.replace(/pid \d+/g, 'pid N')).toBe(
      `agentctl: default:tree: left alone, since they serve everyone: ./ssh-agent 1000 (pid N)
agentctl: default:tree: was started there, had left it, and runs on: sleep 1000 (pid N)\n`,
    );
    expect(mine.filter(lives)).toEqual([]);
    expect(others.dead()).toEqual([]);
    expect(await bench.names()).toEqual(['trees']);
  });

  test('a shell at its prompt hears of it, and a hook that starts a pane again comes too late', async ({
    onTestFinished,
  }) => {
    const bench = new Bench(onTestFinished);
    await bench.session('shell', 'exec sh -i');
    await bench.session('keeper', 'exec sleep 1000');
    await bench.tmux('set', '-g', 'remain-on-exit', 'on');
    await bench.tmux('set-hook', '-g', 'pane-died', 'respawn-pane');
    const pid = await bench.session('again', 'exec sleep 1001');
    const { code, stdout } = await bench.run(
      'stop',
      '--foreign',
      'default:shell',
      '--foreign',
      'default:again',
      '--kill-after',
      '1h',
    );
    expect({
      code,
      lines: stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(':')[1]),
    }).toEqual({
      code: 0,
      lines: ['shell ended', 'again ended'],
    });
    expect(lives(pid)).toBe(false);
    expect(await bench.names()).toEqual(['keeper']);
    const left = await bench.tmux('list-panes', '-a', '-F', '#{pane_start_command}');
    expect(left).toContain('sleep 1000');
    expect(left).not.toContain('sleep 1001');
  });

  test('what another session has too lives on there, until that is named as well', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished);
    const first = await bench.session('first', 'exec sleep 1000');
    await bench.tmux('new-session', '-d', '-t', 'first', '-s', 'second');
    const own = await bench.session('own', 'exec sleep 1000');
    const linked = await bench.session('third', 'exec sleep 1000');
    await bench.tmux('link-window', '-s', '=third:', '-t', '=own:');
    const { sessions } = await bench.listed();
    expect(sessions.find(({ id }) => id === 'default:first')?.panes[0]?.sharedWith).toEqual(['default:second']);
    const { code, stdout, stderr } = await bench.run('stop', '--foreign', 'default:first', '--foreign', 'default:own');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'default:first ended: 0 processes\ndefault:own ended: 1 process\n',
    });
    expect(stderr).toMatch(/^agentctl: default:first: its pane %0 is in default:second too, and runs on there$/m);
    expect(stderr).toMatch(/^agentctl: default:own: its pane %\d+ is in default:third too, and runs on there$/m);
    expect([first, own, linked].map(lives)).toEqual([true, false, true]);
    expect((await bench.names()).toSorted()).toEqual(['second', 'third']);
    await bench.tmux('new-session', '-d', '-t', 'second', '-s', 'fourth');
    const both = await bench.run('stop', '--foreign', 'default:second', '--foreign', 'default:fourth');
    expect(both).toMatchObject({ code: 0, stderr: '' });
    expect([first, linked].map(lives)).toEqual([false, true]);
    expect(await bench.names()).toEqual(['third']);
  });

  test('refuses the session in which it is called', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished);
    const call = `'${process.execPath}' '${AGENTCTL}' --state-dir '${bench.state}' stop --foreign default:mine`;
    const pid = await bench.session('mine', `(${call}; echo $? >code) 2>err; exec sleep 1000`);
    expect(await bench.written('code')).toBe('1');
    expect(readFileSync(join(bench.dir, 'err'), 'utf8')).toBe(
      'agentctl: default:mine is the session in which this very command runs: end it from another one\n',
    );
    expect(lives(pid)).toBe(true);
  });

  test('refuses everything else that it must not do, and ends nothing then', async ({ onTestFinished }) => {
    const bench = new Bench(onTestFinished);
    await bench.ok('spawn', '-n', 'agent', 'sleep', '1000');
    const pid = await bench.session('build', 'exec sleep 1000');
    const refused = await bench.many([
      ['stop', '--foreign', 'default:buil'],
      ['stop', '--foreign', 'default:build', '--foreign', 'default:none'],
      ['stop', '--foreign', 'nowhere:build'],
      ['stop', '--foreign', `${bench.state}/tmux.sock:agent`],
      ['stop', '--foreign', 'build'],
      ['stop', '--foreign', 'default:build', 'agent'],
      ['stop', '--foreign', 'default:build', '--all'],
      ['stop', '--foreign', 'default:build', '--kill-after', 'none'],
      ['ps', '--foreign', '--sort', 'name'],
      ['ps', '--foreign', '-a'],
      ['ps', '--foreign', 'default:build'],
      ['ps', '--foreig'],
    ]);
    expect(refused.map(({ code, stdout, stderr }) => [code, stdout, stderr.trimEnd()])).toEqual([
      [1, '', 'agentctl: there is no session default:buil: did you mean default:build?'],
      [1, '', expect.stringMatching(/^agentctl: there is no session default:none: /)],
      [1, '', expect.stringMatching(/^agentctl: no tmux server of yours listens on .*\/nowhere: /)],
      [1, '', expect.stringContaining(`are agents: "agentctl --state-dir ${bench.state} stop agent" ends one`)],
      [2, '', expect.stringMatching(/^agentctl: --foreign: "build" is no SOCKET:NAME: /)],
      [2, '', expect.stringMatching(/^agentctl: "agent" stands beside --foreign: /)],
      [2, '', expect.stringMatching(/^agentctl: --all is for agents: /)],
      [2, '', expect.stringMatching(/^agentctl: --kill-after: none is not possible here/)],
      [2, '', expect.stringMatching(/^agentctl: --sort is for agents, /)],
      [2, '', expect.stringMatching(/^agentctl: --all is for agents, /)],
      [2, '', expect.stringMatching(/^agentctl: ps takes no names/)],
      [2, '', expect.stringContaining('did you mean --foreign?')],
    ]);
    expect(lives(pid)).toBe(true);
    const { servers, sessions } = await bench.listed();
    expect(sessions.map(({ id }) => id)).toEqual(['default:build']);
    expect(servers.map(({ ofAgents }) => ofAgents).toSorted()).toEqual([false, true]);
    expect(await bench.agent('agent')).toMatchObject({ phase: 'running' });
  });
});
