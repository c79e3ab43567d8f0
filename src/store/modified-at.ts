import { lstatSync, type Stats, statSync } from 'node:fs';

/** The year 9999: what is added to it still is a date. */
const LATEST_MS = 253_402_300_799_999;

/** Milliseconds since the epoch, or undefined where there is no such file, or none that can be reached. */
export function modifiedAt(path: string): number | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat && modifiedMs(stat);
  } catch {
    return undefined; // what stands in the agent's place is no directory (ENOTDIR, ELOOP)
  }
}

/** An agent may `touch` its files, and tmpfs and btrfs keep times that no date can hold: one of those would hide all agents. */
export function modifiedMs({ mtimeMs }: Pick<Stats, 'mtimeMs'>): number {
  return Math.max(0, Math.min(mtimeMs, LATEST_MS));
}

/** Whether anything is there under this name, a link that leads nowhere too; also where that cannot be told: then reading says why. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}
