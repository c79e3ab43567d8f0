import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import type { ProcessIdentity } from '../agent/evidence.ts';
import { BusyError, codeOf } from '../errors.ts';
import { readText } from './read-text.ts';

/** proper-lockfile's own bounds: a holder that is alive refreshes its lock every 5 s. */
const STALE_MS = 10_000;
const PATIENCE_MS = 30_000;
/** Between two looks at a lock that is held. */
const LONGEST_PAUSE_MS = 200;
/** Without an owner: its holder died between making it and saying who it is, or goes on without a word. */
const ABANDONED_MS = 60_000;

export interface LockContext {
  self: ProcessIdentity;
  isAlive: (holder: ProcessIdentity) => boolean;
  pause: (ms: number) => Promise<void>;
}

/**
 * Runs `work` while holding a lock. Locks save work; correctness never rests on them: a full disk goes on without, and
 * one that was compromised only makes `stillHeld` false.
 *
 * @throws {BusyError} when somebody alive holds it for too long.
 */
export async function withLock<T>(
  path: string,
  context: LockContext,
  work: (stillHeld: () => boolean) => Promise<T>,
): Promise<T> {
  let held = true;
  const release = await acquire(path, context, () => {
    held = false;
  });
  try {
    return await work(() => held);
  } finally {
    // A compromised lock is somebody else's by now.
    if (held) rmSync(ownerFile(path), { force: true });
    await release?.().catch(() => {});
  }
}

async function acquire(
  path: string,
  context: LockContext,
  onCompromised: () => void,
): Promise<(() => Promise<void>) | undefined> {
  // Not the wall clock: set back meanwhile, it would make us wait for as long.
  const giveUpAt = performance.now() + PATIENCE_MS;
  let seen: Sign | undefined;
  // Later less often: hundreds that look all the time keep the holder from going on.
  for (let pauseMs = 10; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    try {
      const release = await lockfile.lock(path, {
        lockfilePath: path,
        realpath: false,
        stale: STALE_MS,
        onCompromised,
      });
      try {
        writeFileSync(ownerFile(path), `${context.self.pid} ${context.self.startTime}\n`, { mode: 0o600 });
      } catch {
        // Only tells others sooner that we died.
      }
      return release;
    } catch (error) {
      if (codeOf(error) !== 'ELOCKED') return undefined;
    }
    breakIfOwnerDied(path, context);
    seen = breakIfSilent(path, seen);
    if (performance.now() > giveUpAt)
      throw new BusyError(`${path} is held by another agentctl for ${PATIENCE_MS / 1000} s: try again`);
    await context.pause(pauseMs);
  }
}

/** What was last seen of a lock's holder, and since when, on our own clock. */
interface Sign {
  what: string;
  sinceMs: number;
}

/**
 * proper-lockfile compares a lock's time with the wall clock: of one that stands in the future (the clock was set back, or
 * its holder's was ahead) it never tells that nobody refreshes it any more. Whoever waits sees that.
 */
function breakIfSilent(path: string, before: Sign | undefined): Sign | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const what = `${stat.ino} ${stat.mtimeMs}`;
  if (before?.what !== what) return { what, sinceMs: performance.now() };
  if (performance.now() - before.sinceMs > STALE_MS) breakLock(path);
  return before;
}

/** By a rename, which only one of several can do: the others must not break the lock of who came first. */
function breakLock(path: string): void {
  try {
    renameSync(path, `${path}.broken${process.pid}`);
    rmSync(ownerFile(path), { force: true });
    rmSync(`${path}.broken${process.pid}`, { recursive: true, force: true });
  } catch {
    // Its owner has just left, or another was first.
  }
}

/** After a SIGKILL of its holder a lock stays fresh for 10 s: the holder's pid and start time tell at once. */
function breakIfOwnerDied(path: string, { isAlive }: Pick<LockContext, 'isAlive'>): void {
  try {
    const [pid, startTime] = readText(ownerFile(path)).trim().split(' ');
    if (startTime === undefined || isAlive({ pid: Number(pid), startTime })) return;
    breakLock(path);
  } catch {
    // Its owner is about to write, or has just left.
  }
}

/** A run's, or the manager's. */
const LOCK = /^(\.lock\.[0-9a-z]+|manager\.lock)$/;
const OWNER = /^(\.lock\.[0-9a-z]+|manager\.lock)\.owner$/;

/** Removes locks whose holders died: where the run is gone, nobody will ever want them. */
export function removeAbandonedLocks(directory: string, context: Pick<LockContext, 'isAlive'>): void {
  for (const entry of readdirSync(directory)) {
    const path = join(directory, entry);
    try {
      if (LOCK.test(entry)) {
        if (existsSync(ownerFile(path))) breakIfOwnerDied(path, context);
        else if (ageMs(path) > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
      } else if (OWNER.test(entry)) {
        if (!existsSync(path.slice(0, -'.owner'.length)) && ageMs(path) > ABANDONED_MS) rmSync(path, { force: true });
      }
    } catch {
      // What cannot be removed stays, and keeps nobody from anything.
    }
  }
}

function ageMs(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

function ownerFile(path: string): string {
  return `${path}.owner`;
}
