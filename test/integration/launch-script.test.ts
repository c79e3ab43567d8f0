// What launch.sh does to arguments, environment, directory, umask and redirections, under every shell that may be sh.
// The rest of the wrapper's part (pids, the pane) is made up here.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { environmentScript, type Launch, launchScript } from '../../src/lifecycle/launch-script.ts';
import * as validators from '../../src/store/generated/validators.js';
import { readRecord } from '../../src/store/record-file.ts';
import { here } from '../../src/system/clock.ts';
import { self } from '../../src/system/processes.ts';
import { mayBeSkipped } from '../fixtures/installed.ts';
import { noCgroups, type ScratchCgroup, scratchCgroup } from '../fixtures/scratch-cgroup.ts';

const SHELLS: [string, ...string[]][] = [['sh'], ['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh'], ['mksh']];
const PATH = '/usr/local/bin:/usr/bin:/bin';
const RUN = 'run00001';

/** A state directory with one agent's directory in it. */
function agentDirectory(): { directory: string; bell: string } {
  const state = mkdtempSync(join(tmpdir(), 'agentctl-launch-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const directory = join(state, 'agents', 'a');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(state, 'bell'), '');
  return { directory, bell: join(state, 'bell') };
}

interface Ran extends SpawnSyncReturns<Buffer> {
  directory: string;
}

/** Runs launch.sh as the wrapper does, to the agent's end; in a control group of its own where one is given to make it in. */
function launch(
  shell: readonly string[],
  change: Partial<Launch>,
  directory = agentDirectory().directory,
  cgroup?: Pick<ScratchCgroup, 'mount' | 'enter'>,
): Ran {
  const given: Launch = {
    runId: RUN,
    createdAt: new Date().toISOString(),
    createdUptimeSeconds: Number.parseFloat(readFileSync('/proc/uptime', 'utf8')),
    launcher: self(),
    ...here(),
    command: ['true'],
    program: change.command?.[0] ?? 'true',
    cwd: '/',
    umask: 0o022,
    openFiles: undefined,
    stdin: null,
    stdout: null,
    stderr: null,
    ...change,
    environment: change.environment ?? { PATH },
  };
  writeFileSync(join(directory, 'env'), environmentScript(given.environment), { mode: 0o600 });
  writeFileSync(join(directory, 'launch.sh'), launchScript(given, cgroup?.mount ?? null));
  const [program = '', ...options] = [...(cgroup?.enter ?? []), ...shell];
  const ran = spawnSync(program, [...options, './launch.sh', '100', '1000', '101', '1001'], {
    cwd: directory,
    env: { PATH, TERM: 'tmux-256color', TMUX: '/tmp/tmux.sock,4321,7', TMUX_PANE: '%9' },
    input: '',
    maxBuffer: 64e6,
  });
  if (ran.error) throw ran.error;
  return { ...ran, directory };
}

function words(output: Buffer): string[] {
  return output.toString().split('\0').slice(0, -1);
}

/** The arguments as the command gets them. */
function argumentsUnder(shell: readonly string[], given: readonly string[], environment = {}): string[] {
  const { stdout, stderr } = launch(shell, { command: ['/usr/bin/printf', '%s\\0', ...given], environment });
  expect(stderr.toString()).toBe('');
  return words(stdout);
}

/** The environment as the command gets it. */
function environmentUnder(
  shell: readonly string[],
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const { stdout, stderr } = launch(shell, { command: ['/usr/bin/env', '-0'], environment });
  expect(stderr.toString()).toBe('');
  return Object.fromEntries(
    words(stdout).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}

// Strings of anything but NUL, and mostly of what a shell would act on.
const sharp = fc
  .array(fc.constantFrom(...`'"\\\n\r\t ;$&|<>()*?~#=!{}[]\`a-éü🦊\x01\x1b\x7f`), { maxLength: 30 })
  .map((parts) => parts.join(''));

// Names that some shell sets, refuses or reads for itself, and names that no shell can set.
const ODD = `_ UID EUID PPID GID OPTIND OPTARG OPTERR IFS PS1 PS2 PS4 LINENO RANDOM SECONDS SHLVL SHELLOPTS ENV HISTCMD
  DIRSTACK FUNCNAME GROUPS PIPESTATUS EPOCHSECONDS EPOCHREALTIME BASH BASHPID BASHOPTS BASH_ENV BASH_VERSION BASH_ARGV0
  COMP_WORDBREAKS KSH_VERSION KSHEGID PGRP USER_ID PATHSEP CDPATH POSIXLY_CORRECT GLOBIGNORE HISTFILE MAILCHECK IGNOREEOF
  TIMEFORMAT HOME MAIL MAILPATH LOGNAME SHELL EXINIT FPATH FCEDIT a.b a-b 1a %f é BASH_FUNC_f%% BASH_FUNC_f() x[0]
  LC_ALL LC_CTYPE LANG SRANDOM TMOUT HISTSIZE LINES COLUMNS at namespace boot up hours minutes seconds stat session server wrapper watchdog line`.split(
  /\s+/,
);

describe.each(SHELLS.filter(([program]) => !mayBeSkipped(program)).map((shell) => [shell.join(' '), shell] as const))(
  'under %s',
  (_, shell) => {
    test.each<[string, string[]]>([
      ['none', []],
      ['an empty one', ['']],
      ['several empty ones', ['', 'a', '', '']],
      ['blanks and line breaks', [' ', 'a  b', 'a\nb', '\n', 'ends\n', '\t\r']],
      ['quotes', ["'", "it's", '"', '\\', "'\\''", '\\\\', '`']],
      ['what tmux eats', ['a;', ';', '\\;', 'a\\;', '#{pane_id}', '%1', '$1']],
      [
        'what a shell expands',
        ['$HOME', '$(id)', '`id`', '*', '?', '~', '{a,b}', '!!', '$1', '"$@"', '#', '&', '|', '<', '>'],
      ],
      ['options', ['-n', '--', '-', '--help', '-e']],
      ['what looks like a variable', ['A=b', '=', 'PATH=']],
      ['letters of other scripts', ['Zoë', '界', '🦊', '\u202e']],
      ['control characters', ['\x01\x1b[31m\x7f', '\x9b']],
      ['one of 100 kB', ["it's 100 kB\n".repeat(9000)]],
      ['a thousand', Array.from({ length: 1000 }, (_, at) => `${at}'`)],
    ])('arguments arrive byte for byte: %s', (_, given) => {
      // printf without an argument fills in an empty one.
      expect(argumentsUnder(shell, given)).toEqual(given.length === 0 ? [''] : given);
      expect(argumentsUnder(shell, given, { 'a.b': 'via env' })).toEqual(given.length === 0 ? [''] : given);
    });

    test('arguments arrive byte for byte, whatever they hold', () => {
      fc.assert(
        fc.property(fc.array(sharp, { minLength: 1 }), (given) => {
          expect(argumentsUnder(shell, given)).toEqual(given);
        }),
        { numRuns: 10 },
      );
    });

    test('the environment arrives as it is, with the terminal and the directory of the pane and nothing else', () => {
      const environment = {
        HOME: '/home/me',
        _: '/usr/bin/x',
        SHLVL: '3',
        LANG: 'C.UTF-8',
        EMPTY: '',
        PATH: '/bin:/x y',
      };
      expect(environmentUnder(shell, environment)).toEqual({ ...environment, TERM: 'tmux-256color', PWD: '/' });
    });

    test.each(['0', 'abc', '', "it's; $HOME\n\\"])(
      'variables arrive byte for byte, whatever their names: %j',
      (value) => {
        const environment = Object.fromEntries(ODD.map((name) => [name, value]));
        expect(environmentUnder(shell, environment)).toMatchObject(environment);
      },
    );

    test('variables arrive byte for byte, whatever they hold', () => {
      const name = fc.oneof(fc.constantFrom(...ODD), fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{3,8}x$/));
      fc.assert(
        fc.property(fc.dictionary(name, sharp), (environment) => {
          expect(environmentUnder(shell, environment)).toMatchObject(environment);
        }),
        { numRuns: 10 },
      );
    });

    test.each(['SHELL', 'odd.name'])('a variable of 100 kB arrives: %s', (name) => {
      const value = "it's 100 kB\n".repeat(9000);
      expect(environmentUnder(shell, { [name]: value })[name]).toBe(value);
    });

    test('without a PATH the agent has none', () => {
      expect(environmentUnder(shell, { A: '1' })).not.toHaveProperty('PATH');
    });

    test.each(['/', 'with space', "it's", '"$HOME"', 'line\nbreak', 'ends;', '-dash', '界', '*', '\\'])(
      'the agent starts in its directory: %j',
      (name) => {
        const { directory } = agentDirectory();
        const cwd = name === '/' ? '/' : join(directory, name);
        mkdirSync(cwd, { recursive: true });
        const { stdout } = launch(shell, { cwd, command: ['/usr/bin/env', '-0'] }, directory);
        expect(words(stdout)).toContain(`PWD=${cwd}`);
        const real = launch(
          shell,
          { cwd, command: ['/bin/pwd', '-P'], environment: { CDPATH: '/usr:/tmp' } },
          directory,
        );
        expect(real.stdout.toString()).toBe(`${cwd}\n`);
      },
    );

    test.each<[string, (directory: string) => string]>([
      ['is gone', (directory) => join(directory, 'gone')],
      [
        'is a file',
        (directory) => {
          writeFileSync(join(directory, 'file'), '');
          return join(directory, 'file');
        },
      ],
    ])('nothing starts, and that is 126, where the directory %s', (_, make) => {
      const { directory } = agentDirectory();
      const ran = launch(shell, { cwd: make(directory), command: ['touch', join(directory, 'ran')] }, directory);
      expect(ran.status).toBe(126);
      expect(ran.stderr.toString()).not.toBe('');
      expect(existsSync(join(directory, 'started.json')) || existsSync(join(directory, 'ran'))).toBe(false);
    });

    test.each([0o000, 0o002, 0o022, 0o077, 0o027, 0o777])('the umask is the caller’s: %o', (umask) => {
      const { stdout } = launch(shell, { umask, command: ['grep', 'Umask', '/proc/self/status'] });
      expect(stdout.toString()).toBe(`Umask:\t${umask.toString(8).padStart(4, '0')}\n`);
    });

    test('the soft limit on open files is the caller’s, and too high a one no obstacle', () => {
      const limits = (openFiles: string) =>
        /Max open files +(\d+)/.exec(
          launch(shell, { openFiles, command: ['cat', '/proc/self/limits'] }).stdout.toString(),
        );
      expect(limits('123')?.[1]).toBe('123');
      expect(limits('99999999999')?.[1]).toMatch(/^\d+$/);
    });

    test('stdin, stdout and stderr are the files that were given, of any name', () => {
      const { directory } = agentDirectory();
      const [stdin, stdout, stderr] = ["it's in", 'out\nput', '$(err);'].map((name) => join(directory, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(stdin, 'given\n');
      writeFileSync(stdout, 'before\n');
      chmodSync(stdout, 0o600);
      const command = ['sh', '-c', 'cat; echo said >&2'];
      const ran = launch(shell, { stdin, stdout, stderr, command, cwd: '/' }, directory);
      expect(readFileSync(stdout, 'utf8')).toBe('before\ngiven\n');
      expect(readFileSync(stderr, 'utf8')).toBe('said\n');
      expect(ran.stdout.toString() + ran.stderr.toString()).toBe('');
      expect(readdirSync(directory)).not.toContain('env');
    });

    test('the agent gets no file that launch.sh had open, and no secret stays on disk', () => {
      const before = spawnSync('ls', ['/proc/self/fd'], { input: '' }).stdout.toString();
      const ran = launch(shell, { command: ['ls', '/proc/self/fd'], environment: { PATH, TOKEN: 'secret' } });
      expect(ran.stdout.toString()).toBe(before);
      expect(readdirSync(ran.directory).sort()).toEqual(['launch.sh', 'started.json']);
    });

    test('the start is proved before the command runs, whatever that does', () => {
      const { directory, bell } = agentDirectory();
      const before = readFileSync('/proc/uptime', 'utf8').split(' ')[0];
      rmSync(bell);
      const ran = launch(
        shell,
        { command: ['sh', '-c', 'echo $$; cat "$0/started.json"; exit 7', directory] },
        directory,
      );
      expect(ran.status).toBe(7);
      const [pid = ''] = ran.stdout.toString().split('\n');
      const found = readRecord(join(directory, 'started.json'), validators.started);
      expect(found).toEqual({
        state: 'there',
        value: {
          schemaVersion: 1,
          runId: RUN,
          agent: { pid: Number(pid), startTime: expect.stringMatching(/^\d+$/) },
          wrapper: { pid: 100, startTime: '1000' },
          watchdog: { pid: 101, startTime: '1001' },
          bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
          pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/),
          tmux: { serverPid: 4321, session: '$7', pane: '%9' },
          uptimeSeconds: expect.any(Number),
          startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          cgroup: null,
        },
      });
      const uptime = found.state === 'there' ? found.value.uptimeSeconds : 0;
      expect(uptime).toBeGreaterThanOrEqual(Number(before));
      expect(ran.stdout.toString()).toContain('"startedAt"');
      expect(existsSync(bell)).toBe(true);
      expect(readdirSync(directory).sort()).toEqual(['launch.sh', 'started.json']);
    });

    test.each<[string, Partial<Launch>, 'told' | 'looked up']>([
      ['lives', {}, 'told'],
      ['wrote it on another day', { createdAt: '2001-02-03T23:59:59.900Z', createdUptimeSeconds: 0 }, 'looked up'],
      ['has gone', { launcher: { ...self(), startTime: '1' } }, 'looked up'],
      ['is of another boot', { bootId: 'another' }, 'looked up'],
      ['was never there', { launcher: { pid: 4_194_305, startTime: '1' } }, 'looked up'],
    ])('the time and the namespace, where its launcher %s', (_, change, how) => {
      const uptime = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
      const written = { createdAt: '2001-02-03T05:00:00.000Z', createdUptimeSeconds: uptime, pidNamespace: 'pid:[7]' };
      const ran = launch(shell, { ...written, ...change });
      expect(ran.stderr.toString()).toBe('');
      const found = readRecord(join(ran.directory, 'started.json'), validators.started);
      if (found.state !== 'there') throw new Error(JSON.stringify(found));
      const { startedAt, pidNamespace } = found.value;
      if (how === 'told') {
        expect(startedAt).toMatch(/^2001-02-03T05:00:..Z$/);
        expect(pidNamespace).toBe('pid:[7]');
      } else {
        expect(Math.abs(Date.parse(startedAt) - Date.now())).toBeLessThan(60_000);
        expect(pidNamespace).toBe(here().pidNamespace);
      }
    });

    test.each<[string, string[], number]>([
      ['its own', ['sh', '-c', 'exit 3'], 3],
      ['127 where it is not there', ['/nowhere/prog'], 127],
      ['126 where it cannot be run', ['/etc/passwd'], 126],
    ])('the code is %s', (_, command, code) => {
      expect(launch(shell, { command }).status).toBe(code);
      expect(launch(shell, { command, environment: { PATH, 'a.b': '1' } }).status).toBe(code);
    });

    test('nothing starts twice: what was read is gone', () => {
      const { directory } = agentDirectory();
      const { status } = launch(shell, { command: ['rmdir', directory] }, directory);
      expect(status).not.toBe(126); // it came to the command
      const proof = readFileSync(join(directory, 'started.json'), 'utf8');
      const again = spawnSync(shell[0], [...shell.slice(1), './launch.sh', '1', '2', '3', '4'], { cwd: directory });
      expect(again.status).not.toBe(0);
      expect(readFileSync(join(directory, 'started.json'), 'utf8')).toBe(proof);
    });
  },
);

// Launched from a control group of the test's own, which forbids what a machine may forbid.
describe.each(SHELLS.filter(([program]) => !mayBeSkipped(program)).map((shell) => [shell.join(' '), shell] as const))(
  `a control group of its own, under %s${noCgroups ? ` (${noCgroups})` : ''}`,
  (_, shell) => {
    const startedIn = (directory: string) => readRecord(join(directory, 'started.json'), validators.started);

    test.skipIf(noCgroups)('is what the agent is in, and nothing else of it changes', () => {
      const scratch = scratchCgroup();
      const { directory } = agentDirectory();
      const own = join(scratch.directory, `agentctl-${RUN}`);
      const environment = { HOME: '/home/me', PATH: '/usr/bin:/bin', cgroup: 'mine', own: 'mine' };
      const script = 'cat /proc/self/cgroup; ls /proc/self/fd; umask; env; echo "$#"';
      const change = { command: ['sh', '-c', script], environment };
      const ran = launch(shell, change, directory, scratch);
      const [groups = '', rest] = splitAfter(ran.stdout.toString(), /^0::.*\n/m);
      expect(groups).toContain(`0::${scratch.path}/agentctl-${RUN}\n`);
      expect(rest).toBe(splitAfter(launch(shell, change).stdout.toString(), /^0::.*\n/m)[1]);
      expect(ran.stderr.toString()).toBe('');
      expect(startedIn(directory)).toMatchObject({ state: 'there', value: { cgroup: own } });
      rmdirSync(own);
    });

    test.skipIf(noCgroups).each<[string, (scratch: ScratchCgroup) => Pick<ScratchCgroup, 'mount' | 'enter'>]>([
      [
        'made',
        (scratch) => {
          writeFileSync(join(scratch.directory, 'cgroup.max.descendants'), '0');
          return scratch;
        },
      ],
      [
        'entered',
        (scratch) => {
          // A threaded group may hold us already, but a new one below it takes nobody.
          mkdirSync(join(scratch.directory, 'threaded'));
          writeFileSync(join(scratch.directory, 'threaded', 'cgroup.type'), 'threaded');
          const inThreaded = 'echo 0 >"$0/threaded/cgroup.procs" && exec "$@"';
          return { ...scratch, enter: [...scratch.enter, 'sh', '-c', inThreaded, scratch.directory] };
        },
      ],
      [
        'written down',
        (scratch) => {
          const inside = scratch.enter.map((word) => word.replace(scratch.directory, `${scratch.directory}/a\\x2d"b`));
          mkdirSync(join(scratch.directory, 'a\\x2d"b'));
          return { ...scratch, enter: inside as [string, ...string[]] };
        },
      ],
      ['found', (scratch) => ({ ...scratch, mount: '/nowhere' })],
    ])('is done without, silently, where it cannot be %s', (_, forbid) => {
      const scratch = scratchCgroup();
      const { directory } = agentDirectory();
      const ran = launch(shell, { command: ['cat', '/proc/self/cgroup'] }, directory, forbid(scratch));
      expect(ran).toMatchObject({ status: 0 });
      expect(ran.stdout.toString()).toContain(`0::${scratch.path}`);
      expect(ran.stdout.toString() + ran.stderr.toString()).not.toContain(RUN);
      expect(startedIn(directory)).toMatchObject({ state: 'there', value: { cgroup: null } });
      expect(readdirSync(scratch.directory, { recursive: true }).filter((name) => `${name}`.includes(RUN))).toEqual([]);
    });

    test.skipIf(noCgroups)('is left again where the start cannot be put down', () => {
      const { directory } = agentDirectory();
      mkdirSync(join(directory, 'started.tmp'));
      const { status } = launch(shell, { command: ['true'] }, directory, scratchCgroup());
      expect(status).toBe(126);
    });
  },
);

function splitAfter(text: string, pattern: RegExp): [string, string] {
  const found = pattern.exec(text);
  const at = found ? found.index + found[0].length : 0;
  return [text.slice(0, at), text.slice(at)];
}

test('runs the program that was found where the environment has no PATH', () => {
  const change = { command: ['env'], program: '/usr/bin/env', environment: { ONLY: 'this' } };
  const { stdout, status } = launch(['sh'], change);
  expect(status).toBe(0);
  expect(stdout.toString().split('\n')).toContain('ONLY=this');
});
