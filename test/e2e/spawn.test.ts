import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LOAD_SECONDS, waitFor } from '../fixtures/wait-for.ts';
import { Workbench } from '../fixtures/workbench.ts';
import { AGENTCTL_VARIABLES } from './processes.ts';
import { misfits } from './schemas.ts';

describe.concurrent('spawn', () => {
  test('names an agent after its command when it is given no name', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    expect(await bench.ok('spawn', '/bin/sleep', '1000')).toMatch(/^sleep-[0-9a-z]{4}\n$/);
  });

  test('stops parsing at the first word that is no option, and passes over one --', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', 'sh', '-c', 'printf "%s\\n" "$0" "$@" >words', '--name', 'b', '-h', '--', '-x');
    expect(await bench.written('words')).toBe('--name\nb\n-h\n--\n-x');
    await bench.ok('spawn', '-n', 'c', '--', 'sh', '-c', 'printf "%s\\n" "$0" "$@" >more', '--', '--json');
    expect(await bench.written('more')).toBe('--\n--json');
    expect((await bench.ps()).map(({ name }) => name).sort()).toEqual(['a', 'c']);
  });

  test('has --help of its own, but leaves the command its own', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { code, stdout } = await bench.run('spawn', '--help');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('--max-runtime') });
    expect((await bench.run('run', '--', 'sh', '-c', 'echo "$0"', '--help')).stdout).toBe('--help\n');
  });

  test('starts in the directory given with -C, else in the caller’s', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok(
      'spawn',
      '-C',
      '/usr/share',
      '--',
      'sh',
      '-c',
      `pwd >${bench.dir}/there; echo "$PWD" >>${bench.dir}/there`,
    );
    await bench.ok('spawn', '--', 'sh', '-c', 'pwd >here');
    expect(await bench.written('there')).toBe('/usr/share\n/usr/share');
    expect(await bench.written('here')).toBe(bench.dir);
  });

  test('adds variables by -e NAME=VALUE, -e NAME and --env-file, the command line last', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const file = bench.file('vars', '# comment\n\nA=from file\r\nB="quoted" \nFROM_CALLER\nC=1=2\n');
    const second = bench.file('more', 'C=second\nodd.name=x y\n');
    await bench.runWith(
      { env: { FROM_CALLER: 'caller', OTHER: 'other' } },
      ...['spawn', '--env-file', file, '--env-file', second, '-e', 'A=from flag', '--env', 'OTHER', '-e', 'EMPTY='],
      // Not through a shell: dash drops variables whose names it could not set.
      ...['-n', 'vars', '--stdout', 'vars.out', '--', 'env', '-0'],
    );
    await bench.ok('wait', 'vars');
    const environ = readFileSync(join(bench.dir, 'vars.out'), 'utf8').split('\0');
    expect(environ).toEqual(
      expect.arrayContaining([
        'A=from flag',
        'B="quoted" ',
        'FROM_CALLER=caller',
        'C=second',
        'odd.name=x y',
        'OTHER=other',
        'EMPTY=',
      ]),
    );
  });

  test('records labels, and the limits in force with their defaults', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'plain', 'sleep', '1000');
    await bench.ok(
      ...['spawn', '-n', 'limited', '-l', 'job=7', '--label', 'x/y=a b=c', '--max-runtime', '1h30m', '--grace', 'none'],
      ...['--max-idle', '90', '--kill-after', '3s', 'sleep', '1000'],
    );
    const plain = await bench.agent('plain');
    expect(plain).toMatchObject({
      labels: {},
      limits: { maxRuntimeSeconds: 3600, graceSeconds: 300, maxIdleSeconds: 1800, killAfterSeconds: 10 },
    });
    expect(Date.parse(String(plain.deadline)) - Date.parse(String(plain.startedAt))).toBe(3_600_000);
    expect(await bench.agent('limited')).toMatchObject({
      labels: { job: '7', 'x/y': 'a b=c' },
      limits: { maxRuntimeSeconds: 5400, graceSeconds: null, maxIdleSeconds: 90, killAfterSeconds: 3 },
    });
    await bench.ok('spawn', '-n', 'uncapped', '--max-runtime', 'none', 'sleep', '1000');
    expect(await bench.agent('uncapped')).toMatchObject({ deadline: null, limits: { maxRuntimeSeconds: null } });
  });

  test('gives the agent a terminal of 200x50, or of --size', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const probe = '{ stty size; tput cols; tput lines; tty; } >$0; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo tty >>$0';
    await bench.ok('spawn', '--', 'sh', '-c', probe, 'plain');
    await bench.ok('spawn', '--size', '99x33', '--', 'sh', '-c', probe, 'small');
    const lines = async (file: string) =>
      (await waitFor(file, async () => /tty$/.test(await bench.written(file)) && bench.written(file))).split('\n');
    expect(await lines('plain')).toEqual(['50 200', '200', '50', expect.stringMatching(/^\/dev\/pts\//), 'tty']);
    expect(await lines('small')).toEqual(['33 99', '99', '33', expect.stringMatching(/^\/dev\/pts\//), 'tty']);
  });

  test('takes stdin from a file, or from its own as -', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const bytes = Buffer.from([0, 255, 10, 13, 10, 128, ...Buffer.alloc(200_000, 'x')]);
    const file = bench.file('input', bytes);
    await bench.ok('spawn', '-n', 'file', '--stdin', file, '--', 'cp', '/dev/stdin', 'from-file');
    expect((await bench.run('wait', 'file')).code).toBe(0);
    expect(readFileSync(join(bench.dir, 'from-file')).equals(bytes)).toBe(true);
    await bench.runWith(
      { input: bytes },
      'spawn',
      '-n',
      'piped',
      '--stdin',
      '-',
      '--',
      'cp',
      '/dev/stdin',
      'from-pipe',
    );
    expect((await bench.run('wait', 'piped')).code).toBe(0);
    expect(readFileSync(join(bench.dir, 'from-pipe')).equals(bytes)).toBe(true);
    // Nothing piped in is an end of file at once, not a terminal.
    await bench.runWith({ input: '' }, 'spawn', '-n', 'empty', '--stdin', '-', '--', 'sh', '-c', 'cat; exit 5');
    expect((await bench.run('wait', 'empty')).code).toBe(5);
  });

  test('sends stdout and stderr to files, which then are not in the log', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    bench.file('out', 'what was there before, and is longer than the new\n');
    const script = 'echo out; echo err >&2; echo terminal >/dev/tty';
    await bench.ok('spawn', '-n', 'both', '--stdout', 'out', '--stderr', 'err', '--', 'sh', '-c', script);
    await bench.run('wait', 'both');
    expect(readFileSync(join(bench.dir, 'out'), 'utf8')).toBe('out\n');
    expect(readFileSync(join(bench.dir, 'err'), 'utf8')).toBe('err\n');
    expect(await bench.ok('logs', 'both')).toBe('terminal\n');
    await bench.ok('spawn', '-n', 'same', '--stdout', 'all', '--stderr', 'all', '--', 'sh', '-c', script);
    await bench.run('wait', 'same');
    expect(readFileSync(join(bench.dir, 'all'), 'utf8')).toBe('out\nerr\n');
  });

  test('--replace stops the live agent of that name first, and keeps what is known of it', async ({
    onTestFinished,
  }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const first = await bench.agent('one');
    expect((await bench.run('spawn', '-n', 'one', 'sleep', '1000')).code).toBe(75);
    await bench.ok('spawn', '-n', 'one', '--replace', 'sleep', '2000');
    const second = await bench.agent('one');
    expect(second.runId).not.toBe(first.runId);
    expect(bench.cookieHolders(first.runId)).toEqual([]);
    expect(await bench.agent(`one.${first.runId}`)).toMatchObject({ result: 'stopped', exitCode: 143, archived: true });
    expect((await bench.run('spawn', '-n', 'two', '--replace', 'sleep', '1000')).code).toBe(0);
  });

  test('frees the name of an ended agent by archiving it', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const code of [1, 2, 3]) {
      await bench.ok('spawn', '-n', 'again', '--', 'sh', '-c', `exit ${code}`);
      expect((await bench.run('wait', 'again')).code).toBe(code);
    }
    const agents = await bench.ps();
    expect(agents.map(({ exitCode, archived }) => [exitCode, archived])).toEqual(
      expect.arrayContaining([
        [1, true],
        [2, true],
        [3, false],
      ]),
    );
  });

  test('--json prints the agent as its schema says', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const { stdout, stderr } = await bench.run('spawn', '-n', 'json', '--json', '--', 'sleep', '1000');
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toHaveLength(2);
    const agent = JSON.parse(stdout);
    expect(misfits('agent', agent)).toEqual([]);
    expect(agent).toMatchObject({
      schemaVersion: 1,
      name: 'json',
      phase: 'running',
      result: null,
      terminal: false,
      exitCode: null,
      command: ['sleep', '1000'],
      cwd: bench.dir,
      parent: null,
    });
    expect(misfits('agent', { ...agent, phase: 'dancing' })).not.toEqual([]);
  });

  test('lets go of a pipe that reads it to its end', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    // runWith resolves at the end of both streams: an agent that held one of them would keep it open for ever.
    const { code } = await bench.run('spawn', '-n', 'long', 'sleep', '1000');
    expect(code).toBe(0);
    expect(await bench.agent('long')).toMatchObject({ phase: 'running' });
  });
});

describe.concurrent('an agent that spawns an agent', () => {
  const nested = (...flags: string[]) => [
    ...['spawn', '-n', 'parent', '--', 'sh', '-c'],
    `"$NODE" "$AGENTCTL" spawn -n child ${flags.join(' ')} sleep 1000 >spawned && exec sleep 1000`,
  ];

  test('is its parent, and leaves it running when it ends', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.runWith({ env: AGENTCTL_VARIABLES }, ...nested());
    await bench.written('spawned');
    const [parent, child] = [await bench.agent('parent'), await bench.agent('child')];
    expect(child.parent).toEqual({ name: 'parent', runId: parent.runId });
    expect(child.runId).not.toBe(parent.runId);
    await bench.ok('stop', 'parent');
    expect(await bench.agent('child')).toMatchObject({ phase: 'running' });
  });

  test('takes it along with --with-parent, however the parent ends', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.runWith({ env: AGENTCTL_VARIABLES }, ...nested('--with-parent'));
    await bench.written('spawned');
    const [parent, child] = [await bench.agent('parent'), await bench.agent('child')];
    // Not by stop, which would itself take along what is bound: the child's watchdog has to see it.
    const started = bench.record(parent, 'started.json') as { agent: { pid: number } };
    process.kill(started.agent.pid, 'SIGKILL');
    const ended = await waitFor('the child to end', async () => {
      const now = await bench.agent('child');
      return now.phase === 'ended' && now;
    });
    expect(ended).toMatchObject({ result: 'stopped', exitCode: 143 });
    expect(ended.reason).toContain('parent');
    expect(bench.cookieHolders(child.runId)).toEqual([]);
    const seconds =
      (Date.parse(String(ended.endedAt)) - Date.parse(String((await bench.agent('parent')).endedAt))) / 1000;
    expect(seconds).toBeLessThan(6 + LOAD_SECONDS);
  });

  test('is ended with it at once by a stop of the parent', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.runWith({ env: AGENTCTL_VARIABLES }, ...nested('--with-parent'));
    await bench.written('spawned');
    await bench.ok('stop', 'parent');
    expect(await bench.agent('child')).toMatchObject({ phase: 'ended', result: 'stopped' });
  });
});
