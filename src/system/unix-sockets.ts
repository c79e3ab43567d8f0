import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A unix socket on which a process listens. */
export interface ListeningSocket {
  /** The kernel's number of it. */
  inode: string;
  /** As it was bound: it may be relative, and its file may be gone or another's by now. */
  path: string;
}

/** The pids of everything that is called tmux: servers, clients, and what a server has just forked. */
export function tmuxProcesses(): number[] {
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return [];
  }
  return entries.map(Number).filter((pid) => pid > 1 && read(`/proc/${pid}/comm`).startsWith('tmux'));
}

/** A socket is made anew in much less time than it takes to look so often. */
const MOST_LOOKS = 20;

/**
 * The unix sockets with a path on which a process listens; none where that is not ours to see.
 *
 * What a process holds, and what that is, are read one after the other: a server that made its socket anew in between would
 * seem to have none. That is only so where it holds the same as before, and nothing that has been closed since.
 */
export function listeningSockets(pid: number): ListeningSocket[] {
  for (let look = 1; ; look++) {
    const held = heldSockets(pid);
    const known = held.length === 0 ? new Map<string, string | undefined>() : listeningPaths(pid);
    const found = held.flatMap((inode) => {
      const path = known.get(inode);
      return path === undefined ? [] : [{ inode, path }];
    });
    if (found.length > 0 || look === MOST_LOOKS) return found;
    if (held.every((inode) => known.has(inode)) && heldSockets(pid).join() === held.join()) return found;
  }
}

/** The kernel's numbers of the sockets of any kind that a process has open; '' for what it has closed since it was listed. */
function heldSockets(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const link = linkOf(`/proc/${pid}/fd/${fd}`);
      return link === '' ? '' : (/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
    });
  } catch {
    return [];
  }
}

/** Every unix socket that a process could see, by its number: its path where somebody listens on it, else undefined. */
function listeningPaths(pid: number): Map<string, string | undefined> {
  const paths = new Map<string, string | undefined>();
  for (const line of read(`/proc/${pid}/net/unix`).split('\n')) {
    // Num RefCount Protocol Flags Type St Inode Path, of which the flag 0x10000 says that it listens.
    const [, flags = '', inode = '', path] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+)(?: (.+))?$/.exec(line) ?? [];
    if (inode !== '') paths.set(inode, (Number.parseInt(flags, 16) & 0x10000) !== 0 ? path : undefined);
  }
  return paths;
}

/** Whether somebody has stopped a process: it answers nobody. */
export function isStopped(pid: number): boolean {
  return /^State:\s+T/m.test(read(`/proc/${pid}/status`));
}

/** NaN where it is gone. */
export function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
