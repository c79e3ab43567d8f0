import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../fixtures/wait-for.ts';
import { type Ran, Workbench } from '../fixtures/workbench.ts';
import { collect, ended, shell } from './processes.ts';

/** What every refusal has in common: the exit code, nothing on stdout, one sentence on stderr that says the rest. */
function refusal(code: number, ...says: (string | RegExp)[]) {
  const sentence = (stderr: string): boolean =>
    /^agentctl: [^\n]+\n$/.test(stderr) &&
    !/\n\s+at |Error:|node:internal/.test(stderr) &&
    says.every((part) => (typeof part === 'string' ? stderr.includes(part) : part.test(stderr)));
  return {
    asymmetricMatch: (ran: Ran) => ran.code === code && ran.stdout === '' && sentence(ran.stderr),
    toString: () => 'Refusal',
    toAsymmetricMatcher: () => `${code} and one sentence with ${says.join(', ')}`,
  };
}

describe.concurrent('spawn and run refuse, in one sentence, and leave nothing', () => {
  test('what is malformed, missing or makes no sense', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    bench.file('plain', 'not executable\n');
    mkdirSync(join(bench.dir, 'folder'));
    bench.file('env', 'A=b\n# comment\n=x\n');
    bench.file('nul', 'A=b\nB=\0\n');
    const cases: [string, number, (string | RegExp)[], ...string[]][] = [
      ['no command', 2, ['command is missing', 'agentctl spawn --']],
      ['an empty command', 2, ['command is missing'], '--', ''],
      ['an invalid name', 2, ['"a.b"', 'A-Z a-z 0-9'], '-n', 'a.b', 'true'],
      ['a name that is a path', 2, ['"../x"'], '-n', '../x', 'true'],
      ['a name that is a flag', 2, ['"-x"'], '--name=-x', 'true'],
      ['an empty name', 2, ['""'], '-n', '', 'true'],
      ['a name of 65 characters', 2, ['1 to 64'], '-n', 'a'.repeat(65), 'true'],
      ['a command that is not found', 2, ['"no-such-command"', 'PATH'], '--', 'no-such-command', 'x'],
      ['a path that is not there', 2, ['"./no/such"'], '--', './no/such'],
      ['one word with spaces', 2, [`-- sh -c "make test"`], '--', 'make test'],
      ['a command that is not executable', 2, ['/plain', 'chmod +x'], '--', './plain'],
      ['a command that is a directory', 2, ['/folder'], '--', './folder'],
      ['a variable in place of the command', 2, ['"A=b"', '-e'], '--', 'A=b', 'true'],
      ['a directory that is missing', 2, ['/nowhere', '-C'], '-C', '/nowhere', 'true'],
      ['a directory that is a file', 2, ['/plain', 'not a directory'], '-C', 'plain', 'true'],
      ['a malformed cap', 2, ['--max-runtime', '"5 minutes"', '1h30m'], '--max-runtime', '5 minutes', 'true'],
      ['a cap of nothing', 2, ['--max-runtime'], '--max-runtime', '0', 'true'],
      ['a negative grace', 2, ['--grace'], '--grace', '-5m', 'true'],
      ['a grace without a unit that is one', 2, ['--grace', '"5y"'], '--grace', '5y', 'true'],
      ['a malformed idle time', 2, ['--max-idle', '""'], '--max-idle', '', 'true'],
      ['a kill-after of none', 2, ['--kill-after'], '--kill-after', 'none', 'true'],
      ['eleven years', 2, ['--max-runtime', 'ten years'], '--max-runtime', '4015d', 'true'],
      ['a malformed label', 2, ['--label', '"job"', 'key=value'], '-l', 'job', 'true'],
      ['a label with a terminal code', 2, ['--label'], '-l', 'a=\x1b[2J', 'true'],
      ['a malformed size', 2, ['--size', '"big"', '200x50'], '--size', 'big', 'true'],
      ['a size of nothing', 2, ['--size'], '--size', '0x0', 'true'],
      ['a variable without a name', 2, ['--env', '"=b"'], '-e', '=b', 'true'],
      ['a variable that is not set here', 2, ['--env', 'NOT_SET_HERE'], '-e', 'NOT_SET_HERE', 'true'],
      ['a malformed env file, with its line', 2, ['env:3:', '"=x"'], '--env-file', 'env', 'true'],
      ['an env file with a NUL, with its line', 2, ['nul:2:', 'NUL'], '--env-file', 'nul', 'true'],
      ['a stdin that is missing', 2, ['--stdin', 'no-file'], '--stdin', 'no-file', 'true'],
      ['a stdin that is a directory', 2, ['--stdin', 'folder'], '--stdin', 'folder', 'true'],
      ['a stdout in no directory', 2, ['--stdout', 'no/file'], '--stdout', 'no/file', 'true'],
      ['a stderr that is a directory', 2, ['--stderr', 'folder'], '--stderr', 'folder', 'true'],
      ['--with-parent without a parent', 2, ['--with-parent', 'no parent'], '--with-parent', 'true'],
      ['an unknown flag', 2, ['--max-runtim', 'did you mean --max-runtime?'], '--max-runtim', '5m', 'true'],
      ['an unknown short flag', 2, ['unknown option -z', '--help'], '-z', 'true'],
      ['a flag without its value', 2, ['--name', 'needs a value'], '--name'],
      ['an empty state directory', 2, ['--state-dir'], '--state-dir', '', 'true'],
    ];
    // In one process: what a start of node costs is paid once.
    const ran = await bench.many(
      cases.flatMap(([, , , ...args]) => [
        ['spawn', ...args],
        ['run', ...args],
      ]),
    );
    const seen = cases.map(([title], at) => [title, ran[2 * at], ran[2 * at + 1]]);
    expect(seen).toEqual(cases.map(([title, code, says]) => [title, refusal(code, ...says), refusal(125, ...says)]));
    expect(bench.traces()).toEqual([]);
  });

  test('an argument of 128 KiB, and takes one that is a byte shorter', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const longest = 'x'.repeat(131_071);
    // No program can be given it, agentctl included: node must get it from a library call.
    const { code, stdout } = await bench.run('run', '--', 'sh', '-c', 'printf %s "$1" | wc -c', 'sh', longest);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '131071\n' });
    const call = `import { spawn } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      await spawn({ path: ${JSON.stringify(bench.state)}, reason: '' }, { name: 'big', command: ['true', 'x'.repeat(131072)] })
        .catch((error) => console.log(error.name, error.message));`;
    const script = bench.file('call.mjs', call);
    const said = await shell(bench, `"$NODE" ${script}`);
    expect(said.stdout).toMatch(
      /^InvalidInput the argument "x+…" has 131072 bytes and the kernel takes 131071: .*--stdin\n$/,
    );
    expect((await bench.ps()).map(({ name }) => name)).not.toContain('big');
    // By an environment file it is easily done from the command line too.
    const file = bench.file('env', `BIG=${'x'.repeat(131_072)}\n`);
    expect(await bench.run('spawn', '-n', 'big', '--env-file', file, 'true')).toEqual(refusal(2, 'BIG', '131071'));
    expect((await bench.ps()).map(({ name }) => name)).not.toContain('big');
  });

  test('arguments that are too many in all end as a shell’s do', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    // The kernel takes a quarter of the stack's limit for all of them together, and says so only when it is asked.
    const variables = Array.from({ length: 25 }, (_, index) => `V${index}=${'x'.repeat(120_000)}\n`).join('');
    const { code, stdout } = await bench.run('run', '--env-file', bench.file('env', variables), 'true');
    expect({ code, stdout }).toEqual({ code: 126, stdout: expect.stringContaining('Argument list too long') });
  });

  test('an env file that cannot be read', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    mkdirSync(join(bench.dir, 'folder'));
    for (const file of ['no-file', 'folder']) {
      // node before its -- looks for an --env-file of its own also among our arguments, and ends with 9 when it is missing.
      const ran = await shell(bench, `"$NODE" -- "$AGENTCTL" spawn --env-file ${file} true`);
      expect(ran).toEqual(refusal(2, '--env-file', file));
    }
    expect(bench.traces()).toEqual([]);
  });

  test('a taken name', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'taken', 'sleep', '1000');
    const before = bench.traces();
    expect(await bench.run('spawn', '-n', 'taken', 'true')).toEqual(refusal(75, 'taken', 'running', '--replace'));
    expect(bench.traces()).toEqual(before);
  });

  test('a tmux that is missing, too old, or broken', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const folder = (name: string, tmux?: string): NodeJS.ProcessEnv => {
      mkdirSync(join(bench.dir, name));
      for (const program of ['sh', 'cat', 'true', 'mv', 'rm', 'sleep', 'date', 'readlink', 'env'])
        symlinkSync(`/usr/bin/${program}`, join(bench.dir, name, program));
      if (tmux !== undefined) bench.file(`${name}/tmux`, tmux, 0o755);
      return { PATH: join(bench.dir, name) };
    };
    const none = folder('none');
    const old = folder('old', '#!/bin/sh\n[ "$1" = -V ] && echo tmux 2.9 && exit\necho "unknown option" >&2; exit 1\n');
    const broken = folder(
      'broken',
      '#!/bin/sh\n[ "$1" = -V ] && echo tmux 3.4 && exit\necho "open terminal failed" >&2; exit 1\n',
    );
    for (const [env, ...says] of [
      [none, 'tmux is not installed', 'apt-get install tmux'],
      [old, 'tmux 2.9 is too old', '3.2'],
      [broken, 'tmux could not start', 'open terminal failed'],
    ] as const) {
      expect(await bench.runWith({ env }, 'spawn', '-n', 'one', 'true')).toEqual(refusal(1, ...says));
      expect(await bench.runWith({ env }, 'run', '-n', 'one', 'true')).toEqual(refusal(125, ...says));
      expect(bench.traces()).toEqual([]);
    }
    expect((await bench.run('spawn', '-n', 'one', 'sleep', '1000')).code).toBe(0);
    // What needs no tmux works without it.
    expect((await bench.runWith({ env: none }, 'ps', '-q')).stdout).toBe('one\n');
    expect((await bench.runWith({ env: none }, 'status', 'one')).code).toBe(0);
    expect((await bench.runWith({ env: none }, 'stop', 'one')).code).toBe(0);
  });
});

describe.concurrent('the command line', () => {
  test('refuses what it does not know, with a suggestion', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const cases: [string[], ...string[]][] = [
      [['spwan', 'true'], '"spwan"', 'did you mean spawn?'],
      [['frobnicate'], '"frobnicate"', 'agentctl --help'],
      [['constructor'], '"constructor"'],
      [['--frobnicate', 'ps'], '--frobnicate'],
      [['ps', '--jsn'], '--jsn', 'did you mean --json?'],
      [['stop', '--kill-aftr', '1', 'x'], 'did you mean --kill-after?'],
    ];
    expect(await bench.many(cases.map(([words]) => words))).toEqual(cases.map(([, ...says]) => refusal(2, ...says)));
    expect(existsSync(bench.state)).toBe(false);
  });

  test('begins its help with examples, and has one for each command', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const help = await bench.ok('--help');
    expect(help).toMatch(/^Examples:\n/);
    expect(await bench.ok('-h')).toBe(help);
    expect(await bench.ok('help')).toBe(help);
    expect(await bench.run()).toEqual({ code: 2, stdout: '', stderr: help });
    const commands = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}([a-z]+) {2,}/gm)].map(
      ([, name]) => name,
    );
    const wanted =
      'spawn run ps status inspect wait logs screen attach send done extend keep stop kill agents hooks rm prune manager service config events audit sweep stats metrics top tmux info doctor completion'.split(
        ' ',
      );
    expect(commands.toSorted()).toEqual(wanted.toSorted());
    const texts = await bench.many(wanted.map((command) => [command, '--help']));
    for (const [at, command] of wanted.entries()) {
      expect(texts[at]).toMatchObject({ code: 0, stderr: '' });
      expect(texts[at]?.stdout).toContain(`agentctl ${command}`);
      expect(texts[at]?.stdout).toContain('--state-dir');
    }
    expect(await bench.ok('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('refuses an unknown agent everywhere, with the nearest name', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'fix-login', 'sleep', '1000');
    const calls = [
      ['inspect', 'fix-logn'],
      ['logs', 'fix-logn'],
      ['screen', 'fix-logn'],
      ['send', 'fix-logn', 'text'],
      ['stop', 'fix-logn'],
      ['kill', 'fix-logn'],
      ['rm', 'fix-logn'],
      ['attach', 'fix-logn'],
      ['done', 'fix-logn'],
      ['extend', 'fix-logn', '1m'],
      ['keep', 'fix-logn'],
    ];
    const ran = await bench.many([
      ...[
        ['status', 'fix-logn'],
        ['wait', 'fix-logn'],
        ['inspect', 'something-else'],
        ['inspect', '../../etc'],
      ],
      ...calls,
    ]);
    const [status, wait, far, path, ...said] = ran;
    expect(said).toEqual(calls.map(() => refusal(1, '"fix-logn"', 'did you mean fix-login?')));
    expect(status).toEqual(refusal(4, 'did you mean fix-login?'));
    expect(wait).toEqual(refusal(125, 'did you mean fix-login?'));
    expect(far).toEqual(refusal(1, '"agentctl ps -a" lists all'));
    expect(path).toEqual(refusal(1));
  });

  test('makes no noise when its reader has left', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    for (const name of ['a', 'b']) await bench.ok('spawn', '-n', name, 'sleep', '1000');
    const quiet = { code: 0, stderr: '' };
    expect(await shell(bench, '"$NODE" "$AGENTCTL" ps -q | head -n 1')).toMatchObject({
      ...quiet,
      stdout: expect.stringMatching(/^[ab]\n$/),
    });
    const commands = ['ps -q', 'ps --json', 'inspect a b', '--help', 'ps --help', 'completion bash', 'info', 'doctor'];
    const codes = await Promise.all(
      commands.map(async (command) => {
        const child = bench.start(command.split(' '));
        // The reader has left before the first word.
        child.stdout?.destroy();
        const output = collect(child);
        return [await ended(child), output.stderr];
      }),
    );
    expect(codes).toEqual(commands.map(() => [0, '']));
  });

  test('says in one sentence that stdout is full, or closed', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    await bench.ok('spawn', '-n', 'a', 'sleep', '1000');
    await bench.ok('send', 'a', 'x');
    await waitFor('its echo in the log', async () => (await bench.ok('logs', 'a')) === 'x\n');
    const commands = ['ps -q', 'ps --json', 'inspect a', '--help', 'info', 'completion bash', 'logs a', 'logs --raw a'];
    const ran = await Promise.all(commands.map((command) => shell(bench, `"$NODE" "$AGENTCTL" ${command} >/dev/full`)));
    expect(ran).toEqual(commands.map(() => refusal(1, 'stdout', 'disk is full')));
    expect(await shell(bench, '"$NODE" "$AGENTCTL" ps -q >&-')).toMatchObject({ stderr: '' });
  });
});

const ROOT = process.getuid?.() === 0;
const NOBODY = 65534;

describe.concurrent('a state directory', () => {
  test('that is a file, or below one', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const file = bench.file('file', 'content\n');
    const refusals: [number, ...string[]][] = [
      [1, 'spawn', 'true'],
      [125, 'run', 'true'],
      [1, 'tmux', 'ls'],
      [1, 'ps'],
      [1, 'status', 'x'],
      [1, 'info'],
      [1, 'stop', 'x'],
    ];
    for (const path of [file, join(file, 'below')]) {
      const calls = [...refusals.map(([, ...words]) => words), ['doctor']];
      const ran = await bench.many(calls.map((words) => ['--state-dir', path, ...words]));
      expect(ran.pop()?.code).toBe(1);
      expect(ran).toEqual(refusals.map(([code]) => refusal(code)));
      expect(ran[0]).toEqual(refusal(1, path, '--state-dir'));
    }
    expect(readFileSync(file, 'utf8')).toBe('content\n');
    expect(bench.traces()).toEqual([]);
  });

  test.skipIf(!ROOT)('that cannot be written, or belongs to another user', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    chmodSync(bench.dir, 0o755);
    mkdirSync(join(bench.dir, 'roots'), { mode: 0o755 });
    // With a copy of its own: the checkout may be closed to that user, so only the state directory is in its way.
    const copy = join(bench.dir, 'copy');
    for (const part of ['bin', 'dist', 'package.json']) {
      cpSync(fileURLToPath(new URL(`../../${part}`, import.meta.url)), join(copy, part), { recursive: true });
    }
    const as = (path: string, ...args: string[]) =>
      shell(
        bench,
        `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$NODE" ${copy}/bin/agentctl --state-dir ${path} ${args.join(' ')}`,
      );
    const roots = join(bench.dir, 'roots');
    expect(await as(join(roots, 'below'), 'spawn', 'true')).toEqual(
      refusal(1, `${roots}/below`, 'permission denied', '--state-dir'),
    );
    expect(await as(roots, 'spawn', 'true')).toEqual(refusal(1, roots, 'belongs to user 0'));
    expect(await as(roots, 'run', 'true')).toEqual(refusal(125, roots, 'belongs to user 0'));
    expect(bench.traces()).toEqual([]);
    const closed = join(bench.dir, 'closed');
    mkdirSync(join(closed, 'agents'), { recursive: true });
    chmodSync(closed, 0o700);
    for (const command of ['ps', 'info', 'status x', 'wait x']) {
      const ran = await as(closed, command);
      expect([command, ran]).toEqual([
        command,
        refusal(command.startsWith('wait') ? 125 : 1, closed, 'permission denied'),
      ]);
    }
  });

  test('that is open to others is closed to them', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    mkdirSync(bench.state);
    chmodSync(bench.state, 0o777);
    await bench.ok('spawn', '-n', 'one', 'sleep', '1000');
    const { stdout } = await shell(
      bench,
      'cd state && stat -c "%a %n" . agents agents/one agents/one/spec.json agents/one/launch.sh tmux.sock',
    );
    expect(stdout).toBe(
      '700 .\n700 agents\n700 agents/one\n600 agents/one/spec.json\n600 agents/one/launch.sh\n600 tmux.sock\n',
    );
  });

  test('whose path is too long for a socket keeps it elsewhere, and says where', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const path = join(bench.dir, 'long'.repeat(20), 'deep'.repeat(20));
    const deep = (...args: string[]) => bench.run('--state-dir', path, ...args);
    try {
      expect(await deep('spawn', '-n', 'one', 'sleep', '1000')).toEqual({ code: 0, stdout: 'one\n', stderr: '' });
      const socket = readFileSync(join(path, 'tmux.path'), 'utf8').trim();
      expect(Buffer.byteLength(socket)).toBeLessThan(108);
      expect(existsSync(socket)).toBe(true);
      expect(existsSync(join(path, 'tmux.sock'))).toBe(false);
      expect((await deep('info')).stdout).toContain(socket);
      // Whoever comes with another temporary folder finds the same server.
      const env = { TMPDIR: bench.dir, XDG_RUNTIME_DIR: bench.dir };
      expect(
        (await bench.runWith({ env }, '--state-dir', path, 'tmux', 'list-sessions', '-F', '#{session_name}')).stdout,
      ).toBe('one\n');
      expect((await deep('send', 'one', 'x')).code).toBe(0);
      expect((await deep('run', '-n', 'two', '--', 'sh', '-c', 'echo out; exit 3')).code).toBe(3);
    } finally {
      await deep('kill', '--all');
      await deep('tmux', 'kill-server');
      // The bench knows its own state directory only, and a wrapper that is still there writes as this one is removed.
      await waitFor('the wrappers and watchdogs to go', () => bench.directoriesInUse(path).length === 0);
    }
  });

  test.skipIf(!ROOT)('on a full disk', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const disk = join(bench.dir, 'disk');
    mkdirSync(disk);
    expect((await shell(bench, `mount -t tmpfs -o size=256k tmpfs ${disk}`)).code).toBe(0);
    onTestFinished(async () => {
      await shell(bench, `umount -l ${disk}`);
    });
    const path = join(disk, 'state');
    const on = (...args: string[]) => bench.run('--state-dir', path, ...args);
    await shell(bench, `mkdir -m 700 ${path}; cat /dev/zero >${disk}/filler`);
    expect(await on('spawn', '-n', 'one', 'true')).toEqual(refusal(1, path, 'disk is full'));
    expect(await on('run', '-n', 'one', 'true')).toEqual(refusal(125, path, 'disk is full'));
    expect((await shell(bench, `find ${path} -path '*one*' -o -name '.new*'`)).stdout).toBe('');
    await shell(bench, `rm ${disk}/filler`);
    expect((await on('run', '-n', 'one', '--', 'sh', '-c', 'exit 6')).code).toBe(6);
    await on('tmux', 'kill-server');
  });

  test.skipIf(!ROOT)('that loses its room keeps its agents’ exit codes', async ({ onTestFinished }) => {
    const bench = new Workbench(onTestFinished);
    const disk = join(bench.dir, 'disk');
    mkdirSync(disk);
    expect((await shell(bench, `mount -t tmpfs -o size=512k tmpfs ${disk}`)).code).toBe(0);
    onTestFinished(async () => {
      await shell(bench, `umount -l ${disk}`);
    });
    const on = (...args: string[]) => bench.run('--state-dir', join(disk, 'state'), ...args);
    await on('spawn', '-n', 'one', '--', 'sh', '-c', `until [ -e ${bench.dir}/go ]; do sleep 0.05; done; exit 9`);
    await on('spawn', '-n', 'two', 'sleep', '1000');
    await shell(bench, `cat /dev/zero >${disk}/filler`);
    bench.file('go', '');
    expect((await on('wait', 'one')).code).toBe(9);
    const listed = JSON.parse((await on('ps', '--json')).stdout) as {
      agents: { name: string; phase: string; exitCode: number | null }[];
    };
    expect(listed.agents.map(({ name, phase, exitCode }) => [name, phase, exitCode])).toEqual([
      ['two', 'running', null],
      ['one', 'ended', 9],
    ]);
    await shell(bench, `rm ${disk}/filler`);
    expect((await on('stop', 'two')).code).toBe(0);
    await on('tmux', 'kill-server');
  });
});
