import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  accessSync,
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaintsAbout } from '../fixtures/stand-in-systemd.ts';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

// A plain user where that is possible, so that a file which only root can read is noticed.
const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

let dir: string;
let env: { PATH: string; HOME: string; LANG: string };
let files: string[];
let agentctl: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'agentctl-package-'));
  for (const folder of ['', 'bin', 'home', 'prefix', 'elsewhere', 'tarball']) ownedFolder(folder);
  // Nothing of the caller's but PATH: npm, which may have started us, sets dozens of variables that name the checkout.
  env = { PATH: `${join(dir, 'bin')}:${process.env.PATH}`, HOME: join(dir, 'home'), LANG: 'C.UTF-8' };
  provideNode();

  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', join(dir, 'tarball')], {
      cwd: checkout,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )[0];
  files = packed.files.map(({ path }: { path: string }) => path);
  const tarball = join(dir, 'tarball', packed.filename);
  const install = as('npm', 'install', '--global', '--offline', '--prefix', join(dir, 'prefix'), tarball);
  if (install.status !== 0) throw new Error(`npm install failed:\n${install.stderr}`);
  agentctl = join(dir, 'prefix', 'bin', 'agentctl');
});

afterAll(() => {
  spawnSync('tmux', ['-S', socket(), 'kill-server']);
  rmSync(dir, { recursive: true, force: true });
});

describe('the package, installed from its own tarball', () => {
  test('holds what runs, and neither sources nor tests', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        ...[
          'bin/agentctl',
          'bin/agent-wrapper',
          'bin/agent-log',
          'dist/main.cjs',
          'dist/index.js',
          'LICENSE',
          'man/agentctl.1',
        ],
        ...['completions/agentctl.bash', 'completions/_agentctl', 'completions/agentctl.fish'],
      ]),
    );
    expect(
      files.filter((file) => !/^(bin|dist|schemas|docs|man|completions)\/|^[^/]+\.(md|json)$|^LICENSE$/.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => /\.test\.|(^|\/)(src|test|node_modules|compiled)\/|^bin\/setup$/.test(file))).toEqual(
      [],
    );
  });

  test('needs no other package', () => {
    expect(readdirSync(join(dir, 'prefix', 'lib', 'node_modules'))).toEqual(['@agentctl']);
    expect(existsSync(join(dir, 'prefix', 'lib', 'node_modules', '@agentctl', 'cli', 'node_modules'))).toBe(false);
  });

  test('tells its version through the link that npm made', () => {
    expect(lstatSync(agentctl).isSymbolicLink()).toBe(true);
    const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
    expect(as(agentctl, '--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('runs an agent for a plain user from another directory, and leaves nothing behind', async () => {
    const ran = as(agentctl, 'run', '--name', 'hello', '--', 'sh', '-c', 'echo working; echo done');
    expect(ran, ran.stderr).toMatchObject({ status: 0, stdout: 'working\ndone\n' });

    const { agents } = JSON.parse(as(agentctl, 'ps', '--all', '--json').stdout);
    expect(agents).toEqual([expect.objectContaining({ name: 'hello', result: 'succeeded', exitCode: 0 })]);
    expect(readdirSync(join(dir, 'elsewhere'))).toEqual([]);
    // It would leave by itself, 10 minutes later.
    expect(as(agentctl, 'manager', 'stop')).toMatchObject({ status: 0, stdout: expect.stringContaining('has ended') });
    // The cookie is the agent's; the home is everyone's who was started on the way.
    const marks = [`AGENTCTL_RUN_ID=${agents[0].runId}`, `HOME=${env.HOME}`];
    await expect.poll(() => processesWith(marks), { timeout: 30_000 }).toEqual([]);
    expect(as('tmux', '-S', socket(), 'list-sessions').status).not.toBe(0);
  });

  test('has its man page where man looks, and a unit that runs what npm installed', () => {
    expect(existsSync(join(dir, 'prefix', 'share', 'man', 'man1', 'agentctl.1'))).toBe(true);
    const { status, stdout } = as(agentctl, 'service', 'install', '--print');
    expect(status).toBe(0);
    const program = join(dir, 'prefix', 'lib', 'node_modules', '@agentctl', 'cli', 'bin', 'agentctl');
    const stateDir = join(dir, 'home', '.local', 'state', 'agentctl');
    expect(stdout).toMatch(
      new RegExp(`^ExecStart=/\\S+ --max-semi-space-size=1 ${program} --state-dir ${stateDir} manager run `, 'm'),
    );
    const unit = join(dir, 'elsewhere', 'agentctl.service');
    writeFileSync(unit, stdout);
    expect(complaintsAbout(unit, dir)).toEqual([]);
    rmSync(unit);
  });

  test("ends with the agent's own code", () => {
    expect(as(agentctl, 'run', '--', 'sh', '-c', 'exit 7')).toMatchObject({ status: 7, stdout: '' });
  });
});

/** Runs a command to its end as the plain user, in a directory that has nothing to do with the package. */
function as(command: string, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(command, args, { ...user, env, cwd: join(dir, 'elsewhere'), encoding: 'utf8', timeout: 50_000 });
}

function ownedFolder(name: string): void {
  const path = join(dir, name);
  mkdirSync(path, { recursive: true });
  if (user.uid !== undefined) chownSync(path, user.uid, user.gid);
}

/** This Node first on PATH: a copy where the plain user cannot reach it, as in a checkout that only root can enter. */
function provideNode(): void {
  const node = join(dir, 'bin', 'node');
  symlinkSync(process.execPath, node);
  if (as('node', '--version').stdout === `${process.version}\n`) return;
  rmSync(node);
  copyFileSync(process.execPath, node);
  accessSync(node, constants.X_OK);
}

function socket(): string {
  return join(dir, 'home', '.local', 'state', 'agentctl', 'tmux.sock');
}

/** The processes, of any user that we may look at, that have one of these entries in their environment. */
function processesWith(entries: string[]): string[] {
  const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid));
  return pids.filter((pid) => environmentOf(pid).some((entry) => entries.includes(entry)));
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
