import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AgentctlError, codeOf, refusal, UsageError } from '../errors.ts';
import { readConfig } from './config-file.ts';
import { packageRoot } from './package-root.ts';
import { agentsDir, archiveDir, bellFile } from './paths.ts';
import { readText } from './read-text.ts';
import { sha256 } from './sha256.ts';

export interface StateDir {
  path: string;
  /** Why it is this one, for people. */
  reason: string;
}

/** The kernel's bound on a socket's path (sockaddr_un), its closing NUL excepted. */
const SOCKET_PATH_BYTES = 107;

/**
 * Which state directory is meant: the flag, else `$AGENTCTL_STATE_DIR`, else config.json's, else `state/` of a source checkout, else
 * `$XDG_STATE_HOME/agentctl`. Touches nothing.
 *
 * @param flag - `--state-dir`, as given.
 * @throws {UsageError} when what was given is empty.
 * @throws {InvalidInput} where config.json cannot be read: nobody can tell then which is meant.
 */
export function findStateDir(flag?: string, env: NodeJS.ProcessEnv = process.env): StateDir {
  if (flag !== undefined) return { path: given(flag, '--state-dir'), reason: 'given by --state-dir' };
  if (env.AGENTCTL_STATE_DIR !== undefined) {
    return { path: given(env.AGENTCTL_STATE_DIR, 'AGENTCTL_STATE_DIR'), reason: 'given by AGENTCTL_STATE_DIR' };
  }
  const { config, path: file } = readConfig(env);
  if (config.stateDir !== undefined)
    return { path: given(config.stateDir, `${file}: stateDir`), reason: `given by ${file}` };
  const checkout = join(packageRoot(), 'state');
  if (existsSync(join(packageRoot(), 'src', 'main.ts')) && existsSync(checkout)) {
    return { path: checkout, reason: 'agentctl runs from a source checkout' };
  }
  return homeStateDir(env);
}

/** Where it is unless something else is said: `$XDG_STATE_HOME/agentctl`, else `~/.local/state/agentctl`. */
export function homeStateDir(env: NodeJS.ProcessEnv): StateDir {
  const base = env.XDG_STATE_HOME;
  if (base && isAbsolute(base)) return { path: join(base, 'agentctl'), reason: 'below XDG_STATE_HOME' };
  return { path: join(env.HOME || homedir(), '.local', 'state', 'agentctl'), reason: 'the default' };
}

function given(path: string, where: string): string {
  if (path === '') throw new UsageError(`${where} is empty: give the path of a directory`);
  if (path.includes('\n'))
    throw new UsageError(`${where}: a path with a line break cannot be a state directory: choose another`);
  return resolve(path);
}

/**
 * Makes the state directory usable: there, ours, 0700.
 *
 * @throws {AgentctlError} when it is a file, belongs to another user, or cannot be written.
 */
export function prepareStateDir({ path }: StateDir): void {
  const remedy = 'choose another with --state-dir';
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = codeOf(error) === 'EEXIST' ? 'it is not a directory' : refusal(error);
    throw new AgentctlError(`the state directory ${path} cannot be made (${why}): ${remedy}`, { cause: error });
  }
  const stat = refuseForeign(path);
  try {
    if ((stat.mode & 0o077) !== 0) makePrivate(path);
    for (const dir of [agentsDir(path), archiveDir(path)]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    ringBell(path);
  } catch (error) {
    if (error instanceof AgentctlError) throw error;
    throw new AgentctlError(`the state directory ${path} cannot be written (${refusal(error)}): ${remedy}`, {
      cause: error,
    });
  }
}

/** A directory that is open to others is closed to them, unless it is plainly something else than a state directory. */
function makePrivate(path: string): void {
  const entries = readdirSync(path);
  if (entries.length > 0 && !entries.includes('agents') && entries.some((entry) => entry !== 'README.md')) {
    throw new AgentctlError(
      `${path} is open to other users and holds other things than agents: give --state-dir a directory of its own`,
    );
  }
  chmodSync(path, 0o700);
}

/**
 * Refuses a state directory that is not a directory of this user: what another user can write, nobody can trust.
 *
 * @throws {AgentctlError}
 */
export function refuseForeign(path: string): { mode: number } {
  const stat = statSync(path);
  const link = lstatSync(path);
  if (!stat.isDirectory()) {
    throw new AgentctlError(`the state directory ${path} is not a directory: choose another with --state-dir`);
  }
  const uid = process.getuid?.();
  if (uid !== undefined && stat.uid !== uid) {
    throw new AgentctlError(
      `the state directory ${path} belongs to user ${stat.uid}, not to you (${uid}): choose another with --state-dir`,
    );
  }
  // A link of another user's leads wherever they like, to a directory of yours too.
  if (uid !== undefined && link.uid !== uid && link.uid !== 0) {
    throw new AgentctlError(
      `the state directory ${path} is a link that user ${link.uid} has made: choose another with --state-dir`,
    );
  }
  // Closed from now on or not: what others have put there while it was open would be taken for agents and commands of yours.
  if ((stat.mode & 0o022) !== 0) for (const dir of [path, agentsDir(path), archiveDir(path)]) refusePlanted(dir, uid);
  return stat;
}

/** Entries of another user's, and second names of files that are elsewhere: we would write to those. */
function refusePlanted(directory: string, uid: number | undefined): void {
  if (uid === undefined || lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  for (const entry of readdirSync(directory)) {
    const stat = lstatSync(join(directory, entry), { throwIfNoEntry: false });
    const isOurs = stat?.uid === uid || stat?.uid === 0;
    if (stat === undefined || (isOurs && (stat.isDirectory() || stat.nlink === 1)) || entry === 'README.md') continue;
    const whose = isOurs ? 'a second name of a file elsewhere' : `put there by user ${stat.uid}`;
    throw new AgentctlError(
      `${directory} was open to other users, and ${JSON.stringify(entry)} in it is ${whose}: remove that, or choose another with --state-dir`,
    );
  }
}

/** Tells everyone who watches that something was published. Its failure harms nobody: the watchers also poll. */
export function ringBell(stateDir: string): void {
  const bell = bellFile(stateDir);
  try {
    const at = new Date();
    utimesSync(bell, at, at);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') closeSync(openSync(bell, 'a', 0o600));
  }
}

/**
 * The private tmux server's socket: in the state directory, or where that path is too long for a socket, in the
 * runtime or temporary folder, recorded in `tmux.path` so that every later caller finds the same.
 *
 * @throws {AgentctlError} when no place is short enough or safe.
 */
export function socketPath({ path }: StateDir, env: NodeJS.ProcessEnv = process.env): string {
  const socket = join(path, 'tmux.sock');
  if (Buffer.byteLength(socket) <= SOCKET_PATH_BYTES) return socket;
  const record = join(path, 'tmux.path');
  const known = recordedSocket(record);
  if (known !== undefined) return known;
  const folder = join(runtimeFolder(env), `agentctl-${process.getuid?.() ?? 0}`);
  const elsewhere = join(folder, `${sha256(path).slice(0, 16)}.sock`);
  if (Buffer.byteLength(elsewhere) > SOCKET_PATH_BYTES) {
    throw new AgentctlError(`${socket} is too long for a socket, and so is ${elsewhere}: choose a shorter --state-dir`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseSharedFolder(folder);
  if (!existsSync(path)) return elsewhere;
  try {
    writeFileSync(record, `${elsewhere}\n`, { flag: 'wx', mode: 0o600 });
    return elsewhere;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return recordedSocket(record) ?? elsewhere;
    throw error;
  }
}

/** Whether a directory is a state directory whose private server has this socket. Only looks. */
export function isServedBy(path: string, socket: string): boolean {
  if (!existsSync(agentsDir(path))) return false;
  if (socket === join(path, 'tmux.sock')) return true;
  try {
    return recordedSocket(join(path, 'tmux.path')) === socket;
  } catch {
    return false;
  }
}

/** In a place where others can make things before us: it must be a directory of ours itself, and closed. */
function refuseSharedFolder(folder: string): void {
  const uid = process.getuid?.();
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || (uid !== undefined && stat.uid !== uid)) {
    throw new AgentctlError(
      `${folder}, where the socket would be, belongs to user ${stat.uid}, not to you (${uid}), or is no directory: choose a shorter --state-dir`,
    );
  }
  if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

/** Undefined also where another caller is about to write it, or died before it did. */
function recordedSocket(record: string): string | undefined {
  try {
    return readText(record).trim() || undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** `$XDG_RUNTIME_DIR` where it is what the standard asks for; after `su` it is another user's, and goes when they do. */
function runtimeFolder({ XDG_RUNTIME_DIR: given }: NodeJS.ProcessEnv): string {
  if (given && isAbsolute(given)) {
    try {
      const stat = statSync(given);
      if (stat.isDirectory() && stat.uid === process.getuid?.()) return given;
    } catch {
      // Gone, or not for us to see.
    }
  }
  return resolve(tmpdir());
}
