import {
  closeSync,
  constants,
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
import { eventsFile } from './paths.ts';

// Not to wait for a reader, should it be a FIFO.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** events.ndjson goes on in a new file after so many bytes; of the full ones so many are kept. */
const PIECE_BYTES = 8 * 1024 * 1024;
const PIECES = 4;

/** Adds a line to events.ndjson, in one write, so that lines of several writers do not mix. Its failure harms nobody. */
export function appendEvent(stateDir: string, event: Omit<Event, 'schemaVersion'>): void {
  try {
    const file = openSync(eventsFile(stateDir), FLAGS, 0o600);
    try {
      writeSync(file, `${JSON.stringify({ schemaVersion: 1, ...event })}\n`);
    } finally {
      closeSync(file);
    }
  } catch {
    // No room, or the state directory is gone: what was done matters more than its record.
  }
}

/**
 * Adds a line that tells of something for the first time. Whoever sees it first tells it, managers, sweeps and commands at
 * once: the exclusive create of a file decides who that is.
 *
 * @param mark - by what it is known.
 * @returns whether it was the first.
 */
export function announce(
  stateDir: string,
  directory: string,
  mark: string,
  event: Omit<Event, 'schemaVersion'>,
): boolean {
  if (!isFirst(join(directory, 'announced'), mark)) return false;
  appendEvent(stateDir, event);
  return true;
}

function isFirst(folder: string, mark: string): boolean {
  for (let tries = 0; tries < 2; tries++) {
    try {
      closeSync(openSync(join(folder, mark), 'wx', 0o600));
      return true;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') return false;
      try {
        mkdirSync(folder, { mode: 0o700 });
      } catch {
        return false; // torn down meanwhile, or another was faster and has the next try
      }
    }
  }
  return false;
}

/** All that may be told of it was told. */
export function forgetAnnounced(directory: string): void {
  rmSync(join(directory, 'announced'), { recursive: true, force: true });
}

/** Lets a full events.ndjson go on in a new file, and removes the oldest of the full ones. */
export function rotateEvents(stateDir: string, pieceBytes = PIECE_BYTES, pieces = PIECES): void {
  const path = eventsFile(stateDir);
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= pieceBytes) {
      const number = String(Math.floor(Date.now())).padStart(15, '0');
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
