import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Event } from './generated/types.ts';
import { eventsFile } from './paths.ts';

// Not to wait for a reader, should it be a FIFO.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

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
