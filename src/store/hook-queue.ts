import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';
import { readText } from './read-text.ts';

/** A command of `--on` that is to be run: what it hears, and where. */
export interface QueuedHook {
  event: string;
  name: string;
  runId: string;
  command: string;
  cwd: string;
  /** What it gets on its stdin. */
  input: object;
}

/** A hook that is ours to run. */
export interface ClaimedHook extends QueuedHook {
  /** Called once it has run. */
  done: () => void;
}

/** A hook is bounded to a minute: one that was begun longer ago has nobody who waits for it any more. */
const ORPHANED_MS = 120_000;

/** Puts a command where the manager, or the next sweep, takes it from. Its failure harms nobody but who waits for it. */
export function queueHook(stateDir: string, id: string, hook: QueuedHook): void {
  const folder = hooksDir(stateDir);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = join(folder, `.${id}.${process.pid}`);
    writeFileSync(draft, JSON.stringify(hook), { mode: 0o600 });
    renameSync(draft, join(folder, `${id}.json`));
  } catch {
    // No room: what was done matters more.
  }
}

/**
 * Takes hooks that are to be run, each by a rename, which only one of several can do.
 *
 * @param most - as many.
 * @param nowMs - the wall clock.
 * @returns those that are ours now, and those whose runner died as it ran them.
 */
export function claimHooks(
  stateDir: string,
  most: number,
  nowMs = Date.now(),
): { claimed: ClaimedHook[]; orphaned: QueuedHook[] } {
  const folder = hooksDir(stateDir);
  const found: { claimed: ClaimedHook[]; orphaned: QueuedHook[] } = { claimed: [], orphaned: [] };
  for (const entry of entriesOf(folder)) {
    if (found.claimed.length >= most) break;
    const path = join(folder, entry);
    try {
      if (entry.endsWith('.json')) {
        const taken = path.replace(/json$/, `running`);
        renameSync(path, taken);
        const hook = JSON.parse(readText(taken)) as QueuedHook;
        found.claimed.push({ ...hook, done: () => rmSync(taken, { force: true }) });
      } else if (entry.endsWith('.running') && nowMs - statSync(path).ctimeMs > ORPHANED_MS) {
        const hook = JSON.parse(readText(path)) as QueuedHook;
        rmSync(path);
        found.orphaned.push(hook);
      }
    } catch (error) {
      // Another was faster; or it is damaged, and nobody can run it.
      if (codeOf(error) === undefined) rmSync(path.replace(/json$/, 'running'), { force: true });
    }
  }
  return found;
}

function hooksDir(stateDir: string): string {
  return join(stateDir, 'hooks');
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
