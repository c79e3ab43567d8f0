import { parseFiniteDuration } from './duration.ts';
import { InvalidInput } from './invalid-input.ts';

const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z)?$/;

/**
 * Reads since when: a duration up to now, as {@link parseFiniteDuration} does, or an instant in the form in which agentctl
 * prints them, ISO 8601 in UTC, of which the time of day may be missing.
 *
 * @param text - what the user wrote.
 * @param where - the flag it came from, for the message.
 * @param nowMs - milliseconds since the epoch.
 * @returns milliseconds since the epoch.
 * @throws {InvalidInput} when it is neither, or a day that no month has.
 * @example parseSince('1h', '--since', Date.parse('2026-01-31T10:30:00Z')) // Date.parse('2026-01-31T09:30:00Z')
 */
export function parseSince(text: string, where: string, nowMs: number): number {
  if (/^\d+-/.test(text)) return instant(text, where);
  try {
    return nowMs - parseFiniteDuration(text, where);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new InvalidInput(`${error.message}; or an instant, as 2026-01-31T09:30:00Z`);
  }
}

function instant(text: string, where: string): number {
  const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes February 31 for March 3.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text.slice(0, 10)) return ms;
  throw new InvalidInput(
    `${where}: ${JSON.stringify(text)} is no instant: write it in UTC as 2026-01-31T09:30:00Z, or the day as 2026-01-31`,
  );
}
