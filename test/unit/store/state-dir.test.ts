import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AgentctlError, UsageError } from '../../../src/errors.ts';
import { packageRoot } from '../../../src/store/package-root.ts';
import { findStateDir, prepareStateDir, refuseForeign, ringBell, socketPath } from '../../../src/store/state-dir.ts';
import { asNobody, folder } from './state.ts';

const UID = process.getuid?.() ?? 0;
const sized = (bytes: number) => (path: string) => join(path, 'x'.repeat(bytes - Buffer.byteLength(path) - 1));

function file(path: string): string {
  writeFileSync(join(path, 'f'), '');
  return join(path, 'f');
}

function link(path: string): string {
  symlinkSync('/nowhere/at/all', join(path, 'l'));
  return join(path, 'l');
}

function loop(path: string): string {
  symlinkSync('o', join(path, 'o'));
  return join(path, 'o');
}

describe('the state directory', () => {
  // We are a source checkout: its state/ wins against all that is not said outright, where it is there.
  const checkout = existsSync(join(packageRoot(), 'state'));

  test.each<[string, string | undefined, NodeJS.ProcessEnv, string, string]>([
    [
      'the flag, before all',
      '/flag',
      { AGENTCTL_STATE_DIR: '/env', XDG_STATE_HOME: '/xdg' },
      '/flag',
      'given by --state-dir',
    ],
    [
      'the variable',
      undefined,
      { AGENTCTL_STATE_DIR: '/env', XDG_STATE_HOME: '/xdg' },
      '/env',
      'given by AGENTCTL_STATE_DIR',
    ],
    ['a relative one from here', 'x/../y', {}, resolve('y'), 'given by --state-dir'],
    [
      'a relative variable from here',
      undefined,
      { AGENTCTL_STATE_DIR: 'y' },
      resolve('y'),
      'given by AGENTCTL_STATE_DIR',
    ],
    ['one with spaces and quotes', '/a b\'c"', {}, '/a b\'c"', 'given by --state-dir'],
  ])('is %s', (_, flag, env, path, reason) => {
    expect(findStateDir(flag, env)).toEqual({ path, reason });
  });

  test.each<[string, NodeJS.ProcessEnv, string]>([
    ["below XDG's", { XDG_STATE_HOME: '/xdg', HOME: '/home/me' }, '/xdg/agentctl'],
    ["below home, where XDG's is empty", { XDG_STATE_HOME: '', HOME: '/home/me' }, '/home/me/.local/state/agentctl'],
    [
      "below home, where XDG's is relative",
      { XDG_STATE_HOME: 'x', HOME: '/home/me' },
      '/home/me/.local/state/agentctl',
    ],
    ["below the user's home, where there is no HOME", {}, join(homedir(), '.local/state/agentctl')],
  ])("is, after the checkout's own, %s", (_, env, path) => {
    expect(findStateDir(undefined, env).path).toBe(checkout ? join(packageRoot(), 'state') : path);
  });

  test.each<[string, string | undefined, NodeJS.ProcessEnv, string]>([
    ['an empty flag', '', { AGENTCTL_STATE_DIR: '/env' }, '--state-dir is empty'],
    ['an empty variable', undefined, { AGENTCTL_STATE_DIR: '' }, 'AGENTCTL_STATE_DIR is empty'],
    ['a flag with a line break', '/a\nb', {}, '--state-dir: a path with a line break'],
    [
      'a variable with a line break',
      undefined,
      { AGENTCTL_STATE_DIR: '/a\nb' },
      'AGENTCTL_STATE_DIR: a path with a line break',
    ],
  ])('is not %s', (_, flag, env, sentence) => {
    expect(() => findStateDir(flag, env)).toThrow(UsageError);
    expect(() => findStateDir(flag, env)).toThrow(sentence);
  });
});

describe('making the state directory usable', () => {
  const prepare = (path: string) => () => prepareStateDir({ path, reason: '' });
  const mode = (path: string) => statSync(path).mode & 0o777;

  test('makes it with all above it, for its owner only, and can be repeated', () => {
    const path = join(folder(), 'deep', 'state');
    prepare(path)();
    prepare(path)();
    for (const part of ['.', 'agents', 'archive']) expect(mode(join(path, part)), part).toBe(0o700);
    expect(mode(join(path, 'bell'))).toBe(0o600);
  });

  test('closes one of ours that others could read', () => {
    const path = folder();
    chmodSync(path, 0o755);
    prepare(path)();
    expect(mode(path)).toBe(0o700);
  });

  test('accepts a link to one of ours', () => {
    const path = folder();
    mkdirSync(join(path, 'real'));
    symlinkSync('real', join(path, 'link'));
    prepare(join(path, 'link'))();
    expect(existsSync(join(path, 'real', 'agents'))).toBe(true);
  });

  test.each<[string, (path: string) => string, RegExp]>([
    ['a file', file, /cannot be made \(it is not a directory\): choose another/],
    ['below a file', (path) => join(file(path), 'x'), /cannot be made \(a part of the path is not a directory\)/],
    ['a link to nowhere', link, /cannot be made/],
    ['too long a name', (path) => join(path, 'x'.repeat(300)), /cannot be made \(the path is too long\)/],
  ])('refuses %s', (_, make, sentence) => {
    const path = make(folder());
    expect(prepare(path)).toThrow(AgentctlError);
    expect(prepare(path)).toThrow(sentence);
    expect(prepare(path)).toThrow(path);
  });

  test('refuses one where nothing may be made', () => {
    const path = folder();
    chmodSync(path, 0o555);
    expect(() => asNobody(prepare(join(path, 'state')))).toThrow(
      `the state directory ${join(path, 'state')} cannot be made (permission denied): choose another with --state-dir`,
    );
  });

  test("refuses another user's, and leaves it as it is", () => {
    const path = UID === 0 ? folder() : '/usr';
    if (UID === 0) chownSync(path, 65534, 65534);
    const before = statSync(path);
    expect(prepare(path)).toThrow(AgentctlError);
    expect(prepare(path)).toThrow(`belongs to user ${before.uid}, not to you (${UID}): choose another`);
    expect(statSync(path).mode).toBe(before.mode);
    expect(existsSync(join(path, 'agents'))).toBe(false);
  });

  test('refuses what is no directory, also where only that is asked', () => {
    const file = join(folder(), 'f');
    writeFileSync(file, '');
    expect(() => refuseForeign(file)).toThrow(/is not a directory: choose another/);
  });
});

describe('the bell', () => {
  test('is made by the first ring, and touched by each', () => {
    const path = folder();
    const bell = join(path, 'bell');
    ringBell(path);
    utimesSync(bell, 1, 1);
    ringBell(path);
    expect(statSync(bell).mtimeMs).toBeGreaterThan(1_700_000_000_000);
  });
});

describe("the tmux server's socket", () => {
  const socket = (path: string, env: NodeJS.ProcessEnv) => socketPath({ path, reason: '' }, env);
  beforeEach(() => {
    vi.stubEnv('TMPDIR', folder());
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const inTemporary = () => new RegExp(`^${tmpdir()}/agentctl-${UID}/[0-9a-f]{16}\\.sock$`);
  /** A state directory whose own socket path would be too long. */
  const long = () => {
    const path = sized(98)(folder());
    mkdirSync(path);
    return path;
  };

  test('is in the state directory while that path is short enough, to the byte', () => {
    const path = sized(97)('/tmp');
    expect(socket(path, {})).toBe(join(path, 'tmux.sock'));
    expect(Buffer.byteLength(socket(path, {}))).toBe(107);
  });

  test('counts bytes, not characters', () => {
    const path = join(folder(), 'é'.repeat(40));
    mkdirSync(path);
    expect(socket(path, { XDG_RUNTIME_DIR: folder() })).not.toContain(path);
  });

  test("is in the user's runtime folder where the path is too long, and recorded for every later caller", () => {
    const [path, runtime] = [long(), folder()];
    const found = socket(path, { XDG_RUNTIME_DIR: runtime });
    expect(found).toMatch(new RegExp(`^${runtime}/agentctl-${UID}/[0-9a-f]{16}\\.sock$`));
    expect(statSync(join(runtime, `agentctl-${UID}`)).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(path, 'tmux.path'), 'utf8')).toBe(`${found}\n`);
    expect(socket(path, { XDG_RUNTIME_DIR: folder() })).toBe(found);
    expect(socket(path, {})).toBe(found);
  });

  test('is another for each state directory', () => {
    const env = { XDG_RUNTIME_DIR: folder() };
    expect(socket(long(), env)).not.toBe(socket(long(), env));
  });

  test('is not recorded before the state directory is there', () => {
    const path = sized(98)(folder());
    const found = socket(path, { XDG_RUNTIME_DIR: folder() });
    expect(found).toMatch(/\.sock$/);
    expect(existsSync(path)).toBe(false);
  });

  test.each<[string, (path: string) => string | undefined]>([
    ['not set', () => undefined],
    ['empty', () => ''],
    ['relative, which the standard forbids', () => 'run'],
    ['gone', (path) => join(path, 'gone')],
    ['a file', file],
    ['a link to itself', loop],
  ])('is in the temporary folder where the runtime folder is %s', (_, runtime) => {
    const value = runtime(folder());
    const found = socket(long(), value === undefined ? {} : { XDG_RUNTIME_DIR: value });
    expect(found).toMatch(inTemporary());
  });

  test("is in the temporary folder where the runtime folder is another user's, as after su", () => {
    const runtime = UID === 0 ? folder() : '/usr';
    if (UID === 0) chownSync(runtime, 65534, 65534);
    expect(socket(long(), { XDG_RUNTIME_DIR: runtime })).toMatch(inTemporary());
  });

  test('is found again where the record was left empty', () => {
    const [path, env] = [long(), { XDG_RUNTIME_DIR: folder() }];
    const found = socket(path, env);
    writeFileSync(join(path, 'tmux.path'), '');
    expect(socket(path, env)).toBe(found);
  });

  test('is refused where another user made the folder for it', () => {
    const runtime = folder();
    const ours = join(runtime, `agentctl-${UID}`);
    if (UID === 0) {
      mkdirSync(ours);
      chownSync(ours, 65534, 65534);
    } else symlinkSync('/usr', ours);
    expect(() => socket(long(), { XDG_RUNTIME_DIR: runtime })).toThrow(/belongs to user \d+, not to you/);
  });

  test('is refused where no place is short enough', () => {
    const runtime = sized(100)(folder());
    mkdirSync(runtime);
    expect(() => socket(long(), { XDG_RUNTIME_DIR: runtime })).toThrow(
      /too long for a socket, and so is .*: choose a shorter/,
    );
  });

  test('that cannot be recorded is an error, not a guess', () => {
    const path = long();
    mkdirSync(join(path, 'tmux.path'));
    expect(() => socket(path, {})).toThrow(/EISDIR/);
  });
});
