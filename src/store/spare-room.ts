import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDiskFull } from '../errors.ts';

const PAGE = Buffer.alloc(4096);
/** What a start writes: the wrapper's claim, the proof of the start twice, the first of the log, and some for the file system. */
const FILES_OF_A_START = 8;

/**
 * Each a page and an inode: a verdict, what replaces it, and some more, since an order, a lock's owner and what else is
 * written meanwhile take what was given up.
 */
const PIECES = ['1', '2', '3', '4', '5', '6'];

/**
 * Makes the room that an agent must have although its disk is full when it ends.
 *
 * @throws the system's error where there is no room for that, or none for the start: better said now than by an agent
 *   that could not put down that it runs.
 */
export function makeSpareRoom(directory: string): void {
  const room = join(directory, 'spare');
  mkdirSync(room, { mode: 0o700 });
  for (const piece of PIECES) writeFileSync(join(room, piece), PAGE, { mode: 0o600 });
  // Asked for, not tried out: to make so many files would be a third of all that are made for an agent.
  if (!hasRoom(room, FILES_OF_A_START))
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
}

/** Whether so many files of a page each can be made there, as far as the file system says. */
function hasRoom(directory: string, files: number): boolean {
  const system = statfsSync(directory);
  const pages = ((process.getuid?.() === 0 ? system.bfree : system.bavail) * system.bsize) / PAGE.length;
  // One that does not count says that it has none at all.
  return (system.blocks === 0 || pages >= files) && (system.files === 0 || system.ffree >= files);
}

/** Writes what must be written, where there is no room with what was kept for it: one piece after the other. */
export function withSpareRoom<T>(directory: string, write: () => T): T {
  for (const piece of PIECES) {
    try {
      return write();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      rmSync(join(directory, 'spare', piece), { force: true });
    }
  }
  return write();
}

/** Once it is torn down nothing more has to be written. */
export function removeSpareRoom(directory: string): void {
  rmSync(join(directory, 'spare'), { recursive: true, force: true });
}
