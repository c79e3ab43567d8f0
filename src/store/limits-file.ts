import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';
import { readText } from './read-text.ts';

/**
 * Moves the cap in `limits`, which the watchdog reads at each beat. By a rename: it reads the old line or the new one.
 *
 * @param capMs - from the start; null is none.
 * @returns false where it is too late: the watchdog took `limits` away to act on it.
 * @throws the system's error where it cannot be written.
 */
export function replaceCap(directory: string, capMs: number | null): boolean {
  const path = join(directory, 'limits');
  const [runId, before, ...rest] = words(path);
  if (runId === undefined || before === undefined) return false;
  const cap = capMs === null ? 'none' : String(Math.ceil(capMs / 1000));
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, `${[runId, cap, ...rest].join(' ')}\n`, { mode: 0o600, flush: true });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return !['capped', 'with-parent'].some((taken) => existsSync(join(directory, taken)));
}

function words(path: string): string[] {
  try {
    return readText(path)
      .split(/\s+/)
      .filter((word) => word !== '');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
