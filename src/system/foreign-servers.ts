import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { ProcessIdentity } from '../agent/evidence.ts';
import { codeOf } from '../errors.ts';
import { identityOf } from './processes.ts';
import { isStopped, listeningSockets, parentOf, tmuxProcesses } from './unix-sockets.ts';

/** A tmux server of this user, or what may be one. */
export interface FoundServer {
  /** Its path, without links in its folder. */
  socket: string;
  /** Who listens there, as far as this machine's process table tells: none in another container, or for a dead socket. */
  process: ProcessIdentity | undefined;
  /** Where that one works; undefined where nobody is known. */
  cwd: string | undefined;
  /** It listens, and nobody can call it: its socket was deleted or replaced, or is in another container. */
  isLost: boolean;
}

/** Connecting takes no time, unless too many wait there already. */
const CONNECT_MS = 2000;

/** Where `tmux -L NAME` and plain tmux have their sockets. */
export function socketFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.TMUX_TMPDIR && isAbsolute(env.TMUX_TMPDIR) ? env.TMUX_TMPDIR : '/tmp';
  return join(real(base), `tmux-${uid()}`);
}

/**
 * Every tmux server of this user: the sockets in tmux's folder, and those on which a tmux server of this user listens,
 * wherever they are. Never another user's. Connects to nothing and starts nothing; some may be dead.
 */
export function findServers(env: NodeJS.ProcessEnv = process.env): FoundServer[] {
  const servers: FoundServer[] = [];
  const taken = new Set<string>();
  // Of two on one path the younger has the file.
  for (const server of listening().sort((a, b) => Number(b.process?.startTime) - Number(a.process?.startTime))) {
    const isLost = taken.has(server.socket) || !isOwnSocket(server.socket);
    servers.push({ ...server, isLost });
    if (!isLost) taken.add(server.socket);
  }
  for (const socket of socketsIn(socketFolder(env)))
    if (!taken.has(socket)) servers.push({ socket, process: undefined, cwd: undefined, isLost: false });
  return servers;
}

/** One server by its socket; undefined where there is no socket of this user. */
export function findServer(socket: string): FoundServer | undefined {
  const path = canonical(socket);
  if (!isOwnSocket(path)) return undefined;
  const found = findServers().find((server) => server.socket === path && !server.isLost);
  return found ?? { socket: path, process: undefined, cwd: undefined, isLost: false };
}

/**
 * Whether somebody listens on a socket: its file outlives a server that was killed. `busy`: somebody does, and takes no
 * more callers.
 */
export function knock(socket: string): Promise<'open' | 'dead' | 'busy'> {
  return new Promise((settle) => {
    const caller = connect(socket);
    const timer = setTimeout(() => end('busy'), CONNECT_MS);
    const end = (answer: 'open' | 'dead' | 'busy'): void => {
      clearTimeout(timer);
      caller.destroy();
      settle(answer);
    };
    caller.on('connect', () => end('open'));
    caller.on('error', (error) => end(codeOf(error) === 'EAGAIN' ? 'busy' : 'dead'));
  });
}

/** Whether a server that was found is stopped, and so answers nobody. */
export function isHeld({ process: server }: FoundServer): boolean {
  return server !== undefined && isStopped(server.pid);
}

/** Whether what tmux says is a server's pid is a tmux server of this user here, and not a number of another container. */
export function isServerHere(pid: number): boolean {
  return tmuxProcesses().includes(pid) && ownerOf(`/proc/${pid}`) === uid();
}

function listening(): Omit<FoundServer, 'isLost'>[] {
  const found = tmuxProcesses().flatMap((pid) => {
    const identity = identityOf(pid);
    if (identity === undefined || ownerOf(`/proc/${pid}`) !== uid()) return [];
    const cwd = linkOf(`/proc/${pid}/cwd`);
    return listeningSockets(pid)
      .filter(({ path }) => isAbsolute(path) || (cwd !== undefined && !path.startsWith('@')))
      .map(({ path }) => ({ socket: canonical(resolve(cwd ?? '/', path)), process: identity, cwd, pid }));
  });
  const pids = new Set(found.map(({ pid }) => pid));
  // Just forked, with the server's files, and about to become a pane's program.
  return found.filter(({ pid }) => !pids.has(parentOf(pid))).map(({ pid: _, ...server }) => server);
}

/** tmux itself trusts this folder only where it is a directory of this user. */
function socketsIn(folder: string): string[] {
  try {
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || stat.uid !== uid()) return [];
    return readdirSync(folder)
      .map((entry) => join(folder, entry))
      .filter(isOwnSocket);
  } catch {
    return [];
  }
}

function isOwnSocket(path: string): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isSocket() && stat.uid === uid();
  } catch {
    return false;
  }
}

function canonical(socket: string): string {
  return join(real(dirname(socket)), basename(socket));
}

function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder);
  }
}

function ownerOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.uid;
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function uid(): number {
  return process.getuid?.() ?? 0;
}
