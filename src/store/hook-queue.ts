import { mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { codeOf } from '../errors.ts';
import { readText } from './read-text.ts';

/** A command of `--on` that is to be run, and where. */
export interface QueuedHook {
  event: string;
  name: string;
  runId: string;
  command: string;
  cwd: string;
}

/** One that nobody has begun. */
export interface WaitingHook extends QueuedHook {
  /** Its record's path, without what its name ends in. */
  place: string;
}

/** How one failed, where it did. */
export interface FailedHook {
  hook: QueuedHook;
  how: { exitCode: number } | 'timed-out' | 'died';
  /** Its last words. */
  said: string;
}

/** Whoever waits for one to end tells of it at once: whose failure is still there has nobody who waits for it. */
const UNHEARD_MS = 2000;
/** A hook is bounded to a minute: one that was begun longer ago has nobody left who could say how it ended. */
const ORPHANED_MS = 120_000;

const WAITS = /\.json$/;
const FAILED = /\.(?:failed-(\d+)|(timed-out)|(running))$/;

/**
 * Puts a command where the manager, or the next sweep, takes it from: a line that says what to run, and one that it hears.
 *
 * @returns whether there was room for it.
 */
export function queueHook(stateDir: string, id: string, hook: QueuedHook, input: object): boolean {
  const folder = hooksDir(stateDir);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = join(folder, `.${id}.${process.pid}`);
    writeFileSync(draft, `${JSON.stringify(hook)}\n${JSON.stringify(input)}\n`, { mode: 0o600 });
    renameSync(draft, join(folder, `${id}.json`));
    return true;
  } catch {
    return false; // what was done matters more
  }
}

/**
 * Hooks that nobody has begun, in the order of their names. They are not taken by this: who runs one does that.
 *
 * @param most - as many.
 * @param except - not those of these places.
 */
export function waitingHooks(stateDir: string, most: number, except: (place: string) => boolean): WaitingHook[] {
  const found: WaitingHook[] = [];
  for (const entry of entriesOf(stateDir).filter((one) => WAITS.test(one))) {
    if (found.length >= most) break;
    const place = placeOf(stateDir, entry);
    if (except(place)) continue;
    try {
      found.push({ ...readHook(`${place}.json`), place });
    } catch (error) {
      // Another was faster; or it is damaged, and nobody can run it.
      if (codeOf(error) === undefined) rmSync(`${place}.json`, { force: true });
    }
  }
  return found;
}

/** Gives up one that cannot be begun. @returns false where somebody else has taken it. */
export function giveUp(place: string): boolean {
  try {
    unlinkSync(`${place}.json`);
    return true;
  } catch {
    return false;
  }
}

/** What is to be told of a hook that has ended just now: undefined where it succeeded, or somebody else tells. */
export function takeFailure(stateDir: string, place: string): FailedHook | undefined {
  const entry = entriesOf(stateDir).find((one) => FAILED.test(one) && placeOf(stateDir, one) === place);
  return entry === undefined ? undefined : take(stateDir, entry);
}

/**
 * What is to be told of hooks whose runner, manager or sweep, has died meanwhile; and removes what is left of others.
 *
 * @param except - whoever waits for them tells of these.
 * @param nowMs - the wall clock.
 */
export function takeUnheard(stateDir: string, except: (place: string) => boolean, nowMs = Date.now()): FailedHook[] {
  const found: FailedHook[] = [];
  for (const entry of entriesOf(stateDir)) {
    if (WAITS.test(entry) || except(placeOf(stateDir, entry))) continue;
    const [isKnown, , , isRunning] = FAILED.exec(entry) ?? [];
    // Whose clock was set back meanwhile is as old.
    const ageMs = Math.abs(nowMs - changedMs(join(hooksDir(stateDir), entry), nowMs));
    if (ageMs <= (isKnown && !isRunning ? UNHEARD_MS : ORPHANED_MS)) continue;
    if (!isKnown) rmSync(join(hooksDir(stateDir), entry), { force: true });
    else {
      const failed = take(stateDir, entry);
      if (failed) found.push(failed);
    }
  }
  return found;
}

/** By its removal, which only one of several can do. */
function take(stateDir: string, entry: string): FailedHook | undefined {
  const [, code, timedOut] = FAILED.exec(entry) ?? [];
  const place = placeOf(stateDir, entry);
  const path = join(hooksDir(stateDir), entry);
  try {
    const hook = readHook(path);
    unlinkSync(path);
    const said = wordsIn(`${place}.said`);
    rmSync(`${place}.said`, { force: true });
    return { hook, how: code !== undefined ? { exitCode: Number(code) } : timedOut ? 'timed-out' : 'died', said };
  } catch (error) {
    if (codeOf(error) === undefined) rmSync(path, { force: true });
    return undefined;
  }
}

/** @throws where it is damaged, or gone. */
function readHook(path: string): QueuedHook {
  const [line = '', input] = readText(path).split('\n');
  if (input === undefined) throw new Error('it is cut off');
  return JSON.parse(line) as QueuedHook;
}

function wordsIn(path: string): string {
  try {
    return readText(path).trim();
  } catch {
    return '';
  }
}

function changedMs(path: string, otherwise: number): number {
  return statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? otherwise;
}

function hooksDir(stateDir: string): string {
  return join(stateDir, 'hooks');
}

function placeOf(stateDir: string, entry: string): string {
  return join(hooksDir(stateDir), basename(entry).replace(/\.[^.]*$/, ''));
}

function entriesOf(stateDir: string): string[] {
  try {
    return readdirSync(hooksDir(stateDir)).sort();
  } catch {
    return [];
  }
}
