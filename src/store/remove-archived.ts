import { chmodSync, existsSync, lstatSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { codeOf } from '../errors.ts';
import { modifiedMs } from './modified-at.ts';
import { archiveDir } from './paths.ts';

/** No name of an agent begins with a dot: nobody takes what is on its way out for one. */
const HIDDEN = '.removed.';
const TRIES = 3;
/** An agent may have left a hundred thousand files, and a cap may be due meanwhile. */
const ENTRIES_AT_ONCE = 256;

/** What stands in an agent's place in the archive, itself: a link is not followed. Undefined where nothing does. */
export function lookAtPlace(
  path: string,
): { isDirectory: boolean; isOurs: boolean; uid: number; modifiedAtMs: number } | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const isOurs = process.getuid === undefined || stat.uid === process.getuid();
  return { isDirectory: stat.isDirectory(), isOurs, uid: stat.uid, modifiedAtMs: modifiedMs(stat) };
}

/** How many bytes the files of a directory have, links not followed. What cannot be looked at has none. */
export async function bytesIn(path: string): Promise<number> {
  return walk(path, () => {}).catch(() => 0);
}

/**
 * Removes an archived agent: out of sight first, by one rename, so that nobody reads half of it and only one of many who
 * remove it at the same time has done so.
 *
 * @param entry - `NAME.RUNID`, whatever stands there: of a link only the link is removed.
 * @returns how many bytes its files had; undefined where somebody else was faster.
 * @throws the system's error; what was out of sight by then, {@link removeHidden} removes.
 */
export async function removeArchived(stateDir: string, entry: string): Promise<number | undefined> {
  const from = join(archiveDir(stateDir), entry);
  const hidden = join(archiveDir(stateDir), `${HIDDEN}${entry}`);
  try {
    renameSync(from, hidden);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '')) throw error;
    // Somebody has copied back what another prune could not finish.
    await discard(hidden);
    renameSync(from, hidden);
  }
  return discard(hidden);
}

/** Removes what those who were killed while they removed it have left; what cannot be removed stays. */
export async function removeHidden(stateDir: string): Promise<void> {
  const archive = archiveDir(stateDir);
  if (!existsSync(archive)) return;
  for (const entry of readdirSync(archive)) {
    if (entry.startsWith(HIDDEN)) await discard(join(archive, entry)).catch(() => {});
  }
}

async function discard(path: string): Promise<number> {
  for (let tried = 1; ; tried++) {
    try {
      return await walk(path, (found, isDirectory) => (isDirectory ? rmdirSync(found) : unlinkSync(found)));
    } catch (error) {
      // Somebody else removes it too, or its watchdog still writes there.
      if (tried === TRIES) throw error;
      if (codeOf(error) === 'EACCES') open(path);
    }
  }
}

/**
 * Goes through a tree, a directory after what is in it, and follows no link.
 *
 * @returns the bytes of its files. What goes meanwhile has none.
 */
async function walk(path: string, act: (path: string, isDirectory: boolean) => void): Promise<number> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  let bytes = stat.isFile() ? stat.size : 0;
  if (stat.isDirectory()) {
    for (const [index, entry] of unlessGone(() => readdirSync(path), []).entries()) {
      if (index % ENTRIES_AT_ONCE === ENTRIES_AT_ONCE - 1) await setImmediate();
      bytes += await walk(join(path, entry), act);
    }
  }
  unlessGone(() => act(path, stat.isDirectory()), undefined);
  return bytes;
}

function unlessGone<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}

/** An agent may have closed a directory of its own to everybody. */
function open(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  chmodSync(path, 0o700);
  for (const entry of readdirSync(path)) open(join(path, entry));
}
