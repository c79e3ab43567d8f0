import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../errors.ts';
import type { Event } from './generated/types.ts';
import { ADDING, endsInHalfALine } from './lines-file.ts';
import { eventsFile } from './paths.ts';
import { readText } from './read-text.ts';

/** How much is kept of what happened. */
export interface EventsBound {
  /** events.ndjson goes on in a new file after so many bytes. */
  pieceBytes: number;
  /** Of the full ones so many are kept. */
  pieces: number;
}
const BOUND: EventsBound = { pieceBytes: 8 * 1024 * 1024, pieces: 4 };

/**
 * Adds a line to events.ndjson, in one write, so that lines of several writers do not mix; and lets a full one go on in a
 * new file, since where no manager runs nobody else may.
 *
 * @returns false where it could not (no room, or the state directory is gone): what was done matters more than its record.
 */
export function appendEvent(stateDir: string, event: Omit<Event, 'schemaVersion'>, bound = BOUND): boolean {
  try {
    const file = openSync(eventsFile(stateDir), ADDING, 0o600);
    try {
      const { size } = fstatSync(file);
      const line = Buffer.from(
        `${endsInHalfALine(file, size) ? '\n' : ''}${JSON.stringify({ schemaVersion: 1, ...event })}\n`,
      );
      const written = writeSync(file, line);
      if (size + written >= bound.pieceBytes) rotateEvents(stateDir, bound);
      return written === line.length;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/**
 * Adds a line that tells of something for the first time. Whoever sees it first tells it, managers, sweeps and commands at
 * once: the exclusive create of a file decides who that is.
 *
 * @param mark - by what it is known.
 * @returns whether it was told by this, or is not to be told (it was, or the directory is another run's by now); `failed`
 *   where there was no room: then it can be told later.
 */
export function announce(
  stateDir: string,
  directory: string,
  mark: string,
  event: Omit<Event, 'schemaVersion'>,
): 'told' | 'not-new' | 'failed' {
  const path = join(directory, 'announced', mark);
  if (existsSync(path) || !isOf(directory, String(event.runId))) return 'not-new';
  const first = isFirst(path);
  if (first !== 'first') return first;
  if (appendEvent(stateDir, event)) return 'told';
  rmSync(path, { force: true });
  return 'failed';
}

/** Whoever looks at many agents tells of one that has been torn down meanwhile, and whose name another run has taken. */
function isOf(directory: string, runId: string): boolean {
  try {
    return (JSON.parse(readText(join(directory, 'spec.json'))) as { runId?: unknown }).runId === runId;
  } catch {
    return false;
  }
}

function isFirst(path: string): 'first' | 'not-new' | 'failed' {
  for (let tries = 0; tries < 2; tries++) {
    try {
      closeSync(openSync(path, 'wx', 0o600));
      return 'first';
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') return codeOf(error) === 'EEXIST' ? 'not-new' : 'failed';
      try {
        mkdirSync(dirname(path), { mode: 0o700 });
      } catch (failure) {
        // Torn down meanwhile; or another was faster, perhaps to tell something else.
        if (codeOf(failure) === 'ENOENT') return 'not-new';
        if (codeOf(failure) !== 'EEXIST') return 'failed';
      }
    }
  }
  return 'not-new';
}

/** All that may be told of it was told. */
export function forgetAnnounced(directory: string): void {
  rmSync(join(directory, 'announced'), { recursive: true, force: true });
}

/** Lets a full events.ndjson go on in a new file, and removes the oldest of the full ones. */
export function rotateEvents(stateDir: string, { pieceBytes, pieces } = BOUND): void {
  const path = eventsFile(stateDir);
  try {
    const full = eventPieces(stateDir).slice(0, -1);
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= pieceBytes) {
      // Also by a clock that was set back, the newest is the last.
      const before = Number(
        basename(full.at(-1) ?? '')
          .split('.')
          .at(-1)
          ?.split('-')[0] ?? 0,
      );
      const number = String(Math.max(Math.floor(Date.now()), before + 1)).padStart(15, '0');
      // Two at once: the second moves a short piece, and none over another's.
      renameSync(path, `${path}.${number}-${process.pid}`);
    }
    for (const old of eventPieces(stateDir).slice(0, -1).slice(0, -pieces)) rmSync(old, { force: true });
  } catch {
    // Later, then.
  }
}

/** The files that hold events, oldest first; the last is events.ndjson itself, there or not. */
export function eventPieces(stateDir: string): string[] {
  const path = eventsFile(stateDir);
  const folder = dirname(path);
  let entries: string[] = [];
  try {
    entries = readdirSync(folder);
  } catch {
    // No state directory, no events.
  }
  const full = entries.filter(
    (entry) => /^\d{15}-\d+$/.test(entry.slice(`${basename(path)}.`.length)) && entry.startsWith(`${basename(path)}.`),
  );
  return [...full.sort().map((entry) => join(folder, entry)), path];
}
