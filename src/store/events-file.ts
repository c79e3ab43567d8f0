import { appendFileSync } from 'node:fs';
import type { Event } from './generated/types.ts';
import { eventsFile } from './paths.ts';

/** Adds a line to events.ndjson, in one write, so that lines of several writers do not mix. Its failure harms nobody. */
export function appendEvent(stateDir: string, event: Omit<Event, 'schemaVersion'>): void {
  try {
    appendFileSync(eventsFile(stateDir), `${JSON.stringify({ schemaVersion: 1, ...event })}\n`, { mode: 0o600 });
  } catch {
    // No room, or the state directory is gone: what was done matters more than its record.
  }
}
