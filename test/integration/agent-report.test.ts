// What an agent's hooks call, under every shell that may be sh: what it stores, and that nothing which goes wrong is
// noticed by the agent. The state directory is made up by hand: nothing of src/ is in between.
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'vitest';
import { fill, type Shell, underEachShell } from '../wrapper/harness.ts';

const SCRIPT = new URL('../../bin/agent-report', import.meta.url).pathname;
const RUN = 'run00001';
const EVENT = '{"hook_event_name":"Stop","session_id":"s"}\n';
/**
 * How long Claude Code and Codex let a hook run, as our settings ask for; six times that where dozens of hooks with
 * megabytes are run at once on a machine that tests other things beside. FIGURES=1, on an idle one, holds to it.
 */
const HOOK_TIMEOUT_MS = process.env.FIGURES ? 10_000 : 60_000;

type OnFinished = TestContext['onTestFinished'];

class Place {
  readonly state = mkdtempSync(join(tmpdir(), 'agentctl-report-'));
  readonly #name: string;

  constructor(onFinished: OnFinished, name = 'a') {
    onFinished(() => rmSync(this.state, { recursive: true, force: true, maxRetries: 5 }));
    this.#name = name;
  }

  get agent(): string {
    return join(this.state, 'agents', this.#name);
  }
  get reports(): string {
    return join(this.agent, 'reports');
  }
  get bell(): string {
    return join(this.state, 'bell');
  }
  get env(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      AGENTCTL_STATE_DIR: this.state,
      AGENTCTL_NAME: this.#name,
      AGENTCTL_RUN_ID: RUN,
    };
  }

  furnish(): this {
    mkdirSync(this.reports, { recursive: true, mode: 0o700 });
    writeFileSync(join(this.agent, 'started.json'), `{"schemaVersion":1,"runId":"${RUN}","agent":{"pid":1}}\n`);
    writeFileSync(this.bell, '');
    return this;
  }

  get files(): string[] {
    return readdirSync(this.reports).sort();
  }
  /** What was stored, oldest first, as bytes. */
  get events(): string[] {
    return this.files.map((file) => readFileSync(join(this.reports, file), 'latin1'));
  }
  /** The files without the number of the process and the time. */
  get tags(): string[] {
    return this.files.map((file) => file.replace(/^\d{15}-\d+/, ''));
  }
}

function furnished(onFinished: OnFinished, name?: string): Place {
  return new Place(onFinished, name).furnish();
}

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What writing to its stdin came to: EPIPE where it did not read to the end. */
  refused: string | undefined;
}

const SILENT: Ran = { code: 0, stdout: '', stderr: '', refused: undefined };

/** Calls agent-report as a hook does, by a caller whose files others may read. */
function call(
  { argv }: Pick<Shell, 'argv'>,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string | Buffer | null = EVENT,
): Promise<Ran> {
  const [program, ...options] = argv;
  const inner = [absolute(program), ...options, SCRIPT, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', 'umask 022; exec "$@"', 'sh', ...inner], {
      env,
      detached: true,
      stdio: [input === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    // With all that it has started, as a hook that takes too long is.
    const late = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), HOOK_TIMEOUT_MS);
    const ran: Ran = { ...SILENT };
    child.stdout?.on('data', (data: Buffer) => {
      ran.stdout += data.toString('latin1');
    });
    child.stderr?.on('data', (data: Buffer) => {
      ran.stderr += data.toString('latin1');
    });
    child.stdin?.on('error', (error: NodeJS.ErrnoException) => {
      ran.refused = error.code;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(late);
      resolve({ ...ran, code });
    });
    child.stdin?.end(input);
  });
}

/** For a caller whose PATH holds nothing. */
function absolute(program: string): string {
  return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' }).trim();
}

const tool = (name: string, by?: string, more = '') =>
  `{"session_id":"s"${by ? `,"agent_id":"${by}"` : ''},"tool_name":"${name}","tool_response":"${more}"}\n`;

underEachShell('an event on stdin', (shell) => {
  test.for<[string, string]>([
    ['with a newline at its end', EVENT],
    ['without one', EVENT.trim()],
    ['with several lines', '{\n\t"a": 1\n}\n\n'],
    ['with what a shell or printf would take for its own', '  $HOME `id` \\n \\ %s %% -n " \' * \r\n'],
    ['in any alphabet', Buffer.from('{"ü":"猫 🐈"}').toString('latin1')],
    ['that is no JSON', 'done'],
    ['with bytes that are no text', '\0\x01\xff\xfe\0'],
  ])('%s is stored byte for byte', async ([, bytes], { expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    expect(await call(shell, ['claude'], place.env, Buffer.from(bytes, 'latin1'))).toEqual(SILENT);
    expect(place.events).toEqual([bytes]);
  });

  test('is a file by uptime and process, for nobody else to read', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    const uptimeMs = () => Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000;
    const earliest = uptimeMs();
    await call(shell, ['claude'], place.env);
    const [file = '', ...others] = place.files;
    expect(others).toEqual([]);
    expect(file).toMatch(/^\d{15}-\d+\.claude$/);
    expect(Number(file.slice(0, 15))).toBeGreaterThanOrEqual(earliest - 1);
    expect(Number(file.slice(0, 15))).toBeLessThanOrEqual(uptimeMs() + 1);
    expect(statSync(join(place.reports, file)).mode & 0o777).toBe(0o600);
  });

  test('bears a tag in its name', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    await call(shell, ['claude', '-session'], place.env);
    expect(place.tags).toEqual(['-session.claude']);
  });

  test('rings the bell', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    const rung = () => statSync(place.bell, { bigint: true }).mtimeNs;
    const before = rung();
    await call(shell, ['claude'], place.env);
    expect(rung()).toBeGreaterThan(before);
  });

  test('is stored beside nineteen others that come at once', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    const events = Array.from({ length: 20 }, (_, at) => `{"at":${at}}`);
    const ran = await Promise.all(events.map((event) => call(shell, ['claude'], place.env, event)));
    expect(ran).toEqual(events.map(() => SILENT));
    expect(place.events.sort()).toEqual(events.sort());
  });

  test('is stored for an agent that has no PATH', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    expect(await call(shell, ['claude'], { ...place.env, PATH: '' })).toEqual(SILENT);
    expect(place.events).toEqual([EVENT]);
  });

  test('of ten megabytes is stored whole', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    expect(await call(shell, ['claude'], place.env, megabytes(10))).toEqual(SILENT);
    expect(statSync(join(place.reports, place.files[0] ?? '')).size).toBe(10 * 1024 * 1024);
  });
});

underEachShell('where there is no cat', (shell) => {
  test.for([EVENT, EVENT.trim(), '{\n\t"a": "\\\\n %s"\n}\n'])('%j is stored as lines', async (event, context) => {
    const { expect, onTestFinished, skip } = context;
    mustBeRoot(
      skip,
      'to hide the programs needs a mount namespace, and that needs root: run as root, or under unshare -rm',
    );
    const place = furnished(onTestFinished);
    const copy = join(place.state, shell.argv[0]);
    copyFileSync(absolute(shell.argv[0]), copy);
    const [, ...options] = shell.argv;
    const alone = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs tmpfs /usr/bin && exec "$@"', 'sh', copy] as const;
    const unshared = { argv: [...alone, ...options] } as const;
    expect(await call(unshared, ['claude'], place.env, event)).toEqual(SILENT);
    expect(place.events).toEqual([event.endsWith('\n') ? event : `${event}\n`]);
  });
});

underEachShell('an event as the last argument', (shell) => {
  test('is stored as a line', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    const event = '{"type":"agent-turn-complete","a":"$HOME \\n %s"}';
    expect(await call(shell, ['codex', event], place.env, null)).toEqual(SILENT);
    expect(place.tags).toEqual(['.codex']);
    expect(place.events).toEqual([`${event}\n`]);
  });

  test('is passed on to the program that the user has for it, which answers as if it were alone', async (context) => {
    const { expect, onTestFinished } = context;
    const place = furnished(onTestFinished);
    const own = ['sh', '-c', `cat; printf '<%s>' "$@"; echo oh >&2; exit 7`, 'x', 'a b', ''];
    expect(await call(shell, ['codex', ...own, '{}'], place.env, 'in')).toEqual({
      ...SILENT,
      code: 7,
      stdout: 'in<a b><><{}>',
      stderr: 'oh\n',
    });
    expect(place.events).toEqual(['{}\n']);
  });

  test('is passed on all the same where it cannot be stored', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    const own = ['sh', '-c', 'printf %s "$1"; exit 7', 'x'];
    const env = { PATH: process.env.PATH ?? '' };
    expect(await call(shell, ['codex', ...own, '{}'], env, null)).toEqual({ ...SILENT, code: 7, stdout: '{}' });
    expect(place.files).toEqual([]);
  });
});

describe('goes unnoticed', () => {
  type Trouble = (place: Place, context: TestContext) => Readonly<Record<string, string>>;

  const TROUBLES: [string, Trouble][] = [
    ['no environment at all', () => ({})],
    ['a name that is another run by now', ({ env }) => ({ ...env, AGENTCTL_RUN_ID: 'run00002' })],
    ['a run whose id only begins alike', ({ env }) => ({ ...env, AGENTCTL_RUN_ID: 'run0000' })],
    ['a run id that is a pattern', ({ env }) => ({ ...env, AGENTCTL_RUN_ID: '*' })],
    ['an empty run id', ({ env }) => ({ ...env, AGENTCTL_RUN_ID: '' })],
    ['a state directory that has gone', ({ env, state }) => ({ ...env, AGENTCTL_STATE_DIR: join(state, 'gone') })],
    [
      'an agent that has not started',
      (place) => {
        rmSync(join(place.agent, 'started.json'));
        return place.env;
      },
    ],
    [
      'reports/ that is missing',
      (place) => {
        rmSync(place.reports, { recursive: true });
        return place.env;
      },
    ],
    [
      'reports/ that cannot be written',
      (place, { onTestFinished }) => {
        chmodSync(place.reports, 0o500);
        // Root may write whatever the mode says.
        if (process.getuid?.() === 0) {
          execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', place.reports]);
          onTestFinished(() => void execFileSync('umount', ['-l', place.reports]));
        }
        return place.env;
      },
    ],
  ];

  underEachShell('by the agent', (shell) => {
    test.for(TROUBLES)('%s: nothing is stored', async ([, trouble], context) => {
      const { expect, onTestFinished } = context;
      const place = furnished(onTestFinished);
      const env = trouble(place, context);
      expect(await call(shell, ['claude'], env, megabytes(10))).toEqual(SILENT);
      expect(await call(shell, ['claude', '-tool'], env, tool('Bash'))).toEqual(SILENT);
      expect(await call(shell, ['codex', '{}'], env, null)).toEqual(SILENT);
      // It reads what a hook prints as JSON.
      expect(await call(shell, ['gemini'], env)).toEqual({ ...SILENT, stdout: '{}\n' });
      expect(stored(place)).toEqual([]);
    });

    test('a full disk', async ({ expect, onTestFinished, skip }) => {
      mustBeRoot(
        skip,
        'a full disk needs a small tmpfs, and mounting one needs root: run as root, or under unshare -rm',
      );
      const place = new Place(onTestFinished);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place.state]);
      onTestFinished(() => void execFileSync('umount', ['-l', place.state]));
      place.furnish();
      fill(join(place.state, 'ballast'));
      expect(await call(shell, ['claude'], place.env, megabytes(10))).toEqual(SILENT);
      expect(await call(shell, ['claude', '-tool'], place.env, tool('Bash'))).toEqual(SILENT);
      expect(await call(shell, ['codex', '{}'], place.env, null)).toEqual(SILENT);
    });

    test('that it was called by mistake, with nothing', async ({ expect, onTestFinished }) => {
      const place = furnished(onTestFinished);
      expect(await call(shell, [], {}, EVENT)).toEqual(SILENT);
      expect(place.files).toEqual([]);
    });

    test('that its PATH holds nothing: Gemini reads an empty object all the same', async ({
      expect,
      onTestFinished,
    }) => {
      const place = furnished(onTestFinished);
      expect(await call(shell, ['gemini'], { ...place.env, PATH: '' })).toEqual({ ...SILENT, stdout: '{}\n' });
      expect(place.events).toEqual([EVENT]);
    });

    test('that it works: Gemini reads an empty object', async ({ expect, onTestFinished }) => {
      const place = furnished(onTestFinished);
      for (const args of [['gemini'], ['gemini', '-session'], ['gemini', '-tool']]) {
        expect(await call(shell, args, place.env)).toEqual({ ...SILENT, stdout: '{}\n' });
      }
      expect(place.tags.sort()).toEqual(['-session.gemini', '-tool.gemini', '.gemini']);
    });
  });
});

underEachShell('the use of a tool', (shell) => {
  const BASH = tool('Bash');

  test.for<[string, [tag: string, event: string][], string[]]>([
    [
      'several times in a row is stored once',
      [
        ['-tool', BASH],
        ['-tool', BASH],
        ['-tool', BASH],
      ],
      ['-tool-Bash.claude'],
    ],
    [
      'is another thing than that of another tool',
      [
        ['-tool', BASH],
        ['-tool', tool('mcp__ask__ask')],
      ],
      ['-tool-Bash.claude', '-tool-mcp__ask__ask.claude'],
    ],
    [
      'in turns with another is stored once of each',
      [
        ['-tool', BASH],
        ['-tool', tool('Read')],
        ['-tool', BASH],
      ],
      ['-tool-Bash.claude', '-tool-Read.claude'],
    ],
    [
      'is another thing than that by a subagent',
      [
        ['-tool', BASH],
        ['-tool', tool('Bash', 'a1')],
        ['-tool', tool('Bash', 'a2')],
        ['-tool', tool('Bash', 'a1')],
      ],
      ['-tool-Bash.claude', '-tool-Bash-a1.claude', '-tool-Bash-a2.claude'],
    ],
    [
      'is another thing than that it is about to be used',
      [
        ['-tooluse', BASH],
        ['-tool', BASH],
        ['-tooluse', BASH],
      ],
      ['-tooluse-Bash.claude', '-tool-Bash.claude'],
    ],
    [
      'is stored again after another report',
      [
        ['-tool', BASH],
        ['', EVENT],
        ['-tool', BASH],
        ['-tool', BASH],
      ],
      ['-tool-Bash.claude', '.claude', '-tool-Bash.claude'],
    ],
    [
      'is stored without a name where it has none that a file could bear',
      [['-tool', tool('../a b')]],
      ['-tool.claude'],
    ],
    ['is stored without a name where it is no JSON', [['-tool', 'done']], ['-tool.claude']],
  ])('%s', async ([, calls, tags], { expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    for (const [tag, event] of calls) {
      expect(await call(shell, ['claude', ...(tag ? [tag] : [])], place.env, event)).toEqual(SILENT);
    }
    expect(place.tags).toEqual(tags);
  });

  test('is stored again after a record of agentctl', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    await call(shell, ['claude', '-tool'], place.env, BASH);
    writeFileSync(join(place.reports, `${place.files[0]?.slice(0, 15)}-9999999.json`), '{}\n');
    await call(shell, ['claude', '-tool'], place.env, BASH);
    expect(place.tags).toEqual(['-tool-Bash.claude', '.json', '-tool-Bash.claude']);
  });

  test('is stored again after another report, whatever the agent is called', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished, 'fix-tools');
    await call(shell, ['claude', '-tool'], place.env, BASH);
    await call(shell, ['claude'], place.env);
    await call(shell, ['claude', '-tool'], place.env, BASH);
    expect(place.tags).toEqual(['-tool-Bash.claude', '.claude', '-tool-Bash.claude']);
  });

  test('is stored as it came', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    const event = tool('Bash', undefined, '$HOME `id` \\\\n %s \\" *');
    await call(shell, ['claude', '-tool'], place.env, event);
    expect(place.events).toEqual([event]);
  });

  test('that gave much is stored in the time that a hook has', async ({ expect, onTestFinished }) => {
    const place = furnished(onTestFinished);
    const event = tool('Read', undefined, 'x'.repeat(256 * 1024));
    expect(await call(shell, ['claude', '-tool'], place.env, event)).toEqual(SILENT);
    expect(place.tags).toEqual(['-tool-Read.claude']);
    expect(place.events).toEqual([event]);
  });
});

function megabytes(count: number): Buffer {
  return Buffer.alloc(count * 1024 * 1024, '{"line":"of text"}\n');
}

function stored(place: Place): string[] {
  try {
    return place.files;
  } catch {
    return [];
  }
}

function mustBeRoot(skip: TestContext['skip'], why: string): void {
  if (process.getuid?.() === 0) return;
  if (process.env.CI) throw new Error(why);
  skip(why);
}
