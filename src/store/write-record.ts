import { linkSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { codeOf } from '../errors.ts';
import { syncDirectory } from './sync-directory.ts';

// Apart from the reading, whose start-up must not pay for a library that only writing needs.

/** Replaces a record: written beside it, synced, renamed, and the directory synced. */
export function replaceRecord(path: string, data: object): void {
  writeFileAtomic.sync(path, `${JSON.stringify(data)}\n`, { mode: 0o600 });
  syncDirectory(dirname(path));
}

/**
 * Creates a record that nobody else may have created: written and synced beside its place, then linked there, which
 * refuses a name that is taken and never shows half a record.
 *
 * @param isStillTrue - asked when all that a disk may take long for is done: then nothing is linked.
 * @returns false where it is there already; `late` where it was not true any more.
 */
export function createRecord(path: string, data: object): boolean;
export function createRecord(path: string, data: object, isStillTrue: () => boolean): boolean | 'late';
export function createRecord(path: string, data: object, isStillTrue = (): boolean => true): boolean | 'late' {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(data)}\n`, { mode: 0o600, flush: true });
  try {
    if (!isStillTrue()) return 'late';
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(dirname(path));
  return true;
}

/** A draft is there for milliseconds. */
const ABANDONED_MS = 60_000;

/** Removes drafts of records whose writers died before they could give them their name. */
export function removeAbandonedDrafts(directory: string): void {
  for (const entry of readdirSync(directory)) {
    if (!/\.json\.\d+$/.test(entry)) continue;
    const path = join(directory, entry);
    try {
      if (Date.now() - statSync(path).mtimeMs > ABANDONED_MS) rmSync(path, { force: true });
    } catch {
      // It has its name by now, or cannot be removed and keeps nobody from anything.
    }
  }
}
