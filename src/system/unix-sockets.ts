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

/** The unix sockets with a path on which a process listens; none where that is not ours to see. */
export function listeningSockets(pid: number): ListeningSocket[] {
  const paths = new Map<string, string>();
  for (const line of read(`/proc/${pid}/net/unix`).split('\n')) {
    // Num RefCount Protocol Flags Type St Inode Path, of which the flag 0x10000 says that it listens.
    const [, flags = '', inode = '', path = ''] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.+)$/.exec(line) ?? [];
    if ((Number.parseInt(flags, 16) & 0x10000) !== 0) paths.set(inode, path);
  }
  if (paths.size === 0) return [];
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      const path = inode && paths.get(inode);
      return inode && path ? [{ inode, path }] : [];
    });
  } catch {
    return [];
  }
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
