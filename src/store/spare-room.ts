import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDiskFull } from '../errors.ts';

const PAGE = Buffer.alloc(4096);
/** What a start writes: the wrapper's claim, the proof of the start twice, the first of the log, and some for the file system. */
const PAGES_OF_A_START = 8;

/**
 * Makes the room that an agent must have although its disk is full when it ends: a verdict, and its replacement, each a
 * page and an inode.
 *
 * @throws the system's error where there is no room for that, or none for the start: better said now than by an agent
 *   that could not put down that it runs.
 */
export function makeSpareRoom(directory: string): void {
  const room = join(directory, 'spare');
  mkdirSync(room, { mode: 0o700 });
  const start = Array.from({ length: PAGES_OF_A_START }, (_, at) => join(room, `start${at}`));
  for (const file of [join(room, 'verdict'), join(room, 'verdict2'), ...start])
    writeFileSync(file, PAGE, { mode: 0o600 });
  for (const file of start) rmSync(file);
}

/** Writes what must be written, once more with the room that was kept for it where there is no other. */
export function withSpareRoom<T>(directory: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    removeSpareRoom(directory);
    return write();
  }
}

/** Once it is torn down nothing more has to be written. */
export function removeSpareRoom(directory: string): void {
  rmSync(join(directory, 'spare'), { recursive: true, force: true });
}
