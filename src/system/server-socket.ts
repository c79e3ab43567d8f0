import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProcessIdentity } from '../agent/evidence.ts';
import { AgentctlError } from '../errors.ts';
import { pause, uptimeMs } from './clock.ts';
import { identityOf, livenessOf, signal } from './processes.ts';
import { isStopped, listeningSockets, parentOf, tmuxProcesses } from './unix-sockets.ts';

/** A server that lives hears the signal at once; on a machine that is loaded to the brim, later. */
const ANEW_MS = 10_000;
const POLL_MS = 10;

/** A private server's socket, and the state directory, which is its working directory. */
interface Place {
  socket: string;
  stateDir: string;
}

interface Listening extends ProcessIdentity {
  /** The kernel's number of the socket on which it listens. */
  inode: string;
}

/**
 * Gives a tmux server that lives its socket back, where the file was deleted or replaced: at USR1 it makes the socket
 * anew. A client would start a second server in its place, and nobody would reach the first one and its sessions again.
 *
 * @param file - whether the socket's file is there, for all the caller knows.
 * @returns whether there is such a server; its socket is there then.
 * @throws {AgentctlError} when it lives, and makes no socket.
 */
export async function restoreSocket(place: Place, file: 'missing' | 'replaced'): Promise<boolean> {
  const { socket } = place;
  const server = serverOn(place);
  if (server === undefined) return false;
  // Just before the signal: another caller's may have come first, and a second one would cut off whoever connects.
  if (file === 'missing' && existsSync(socket)) return true;
  if (isStopped(server.pid)) throw stopped(server.pid);
  if (signal(server, 'SIGUSR1') !== 'sent') return false;
  for (const deadline = uptimeMs() + ANEW_MS; uptimeMs() < deadline; await pause(POLL_MS)) {
    const now = listeningOn(server.pid, place);
    if (now !== undefined && now !== server.inode && existsSync(socket)) return true;
    if (livenessOf(server) === 'dead') return false;
  }
  throw new AgentctlError(
    `the socket ${socket} is gone, and the tmux server (pid ${server.pid}) made no new one within ${ANEW_MS / 1000} s: look at "agentctl doctor"; agents run on without it`,
  );
}

/** What to say of a server that answers nobody because somebody has stopped it; undefined where that is not why. */
export function whyStopped(place: Place): AgentctlError | undefined {
  const server = serverOn(place);
  return server !== undefined && isStopped(server.pid) ? stopped(server.pid) : undefined;
}

function stopped(pid: number): AgentctlError {
  return new AgentctlError(
    `the tmux server (pid ${pid}) is stopped and answers nobody: "kill -CONT ${pid}" lets it go on; agents run on without it`,
  );
}

/**
 * The tmux server that listens on a socket of this name for this state directory, though its file may be gone: the kernel
 * still knows the path, and who holds the socket. No pid that was put down could prove that much. The youngest, should there be two.
 */
function serverOn(place: Place): Listening | undefined {
  const found = tmuxProcesses().flatMap((pid): (Listening & { parentPid: number })[] => {
    const identity = identityOf(pid);
    const inode = identity && listeningOn(pid, place);
    return identity && inode ? [{ ...identity, inode, parentPid: parentOf(pid) }] : [];
  });
  const pids = new Set(found.map(({ pid }) => pid));
  // Just forked, and about to become a pane's program: USR1 would end it.
  const servers = found.filter(({ parentPid }) => !pids.has(parentPid));
  return servers.sort((a, b) => Number(b.startTime) - Number(a.startTime))[0];
}

/** The socket of this path on which a process listens; undefined where it does not, or where that is not ours to see. */
function listeningOn(pid: number, { socket, stateDir }: Place): string | undefined {
  if (!worksIn(pid, stateDir)) return undefined;
  return listeningSockets(pid).find(({ path }) => basename(path) === basename(socket))?.inode;
}

/**
 * By the directory itself, not its path: that of a server whose state directory was moved away is another's by now, and
 * one place may have several paths (a link to the state directory, another container).
 */
function worksIn(pid: number, stateDir: string): boolean {
  try {
    const [theirs, ours] = [`/proc/${pid}/cwd`, stateDir].map((folder) => statSync(folder));
    return theirs?.dev === ours?.dev && theirs?.ino === ours?.ino;
  } catch {
    return false;
  }
}
