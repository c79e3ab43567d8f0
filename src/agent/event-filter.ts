import { InvalidInput } from './invalid-input.ts';
import { nearest } from './nearest.ts';

/** What an event is told apart by. */
interface Told {
  event: string;
  name: string;
  runId: string;
  cause: string | null;
  result?: string | null | undefined;
}

const EVENTS = [
  'spawned',
  'started',
  'reported',
  'warned',
  'done',
  'stopping',
  'ended',
  'lost',
  'escaped',
  'torn-down',
  'hook-failed',
];
const KEYS = ['event', 'name', 'run', 'cause', 'result'] as const;

/**
 * Reads `event=…`, `name=…`, `run=…`, `cause=…` and `result=…`; several of one kind are alternatives, kinds add up.
 *
 * @throws {InvalidInput} on another key, and on an event that does not exist.
 * @example parseEventFilters(['event=ended', 'name=fix-login'])
 */
export function parseEventFilters(texts: readonly string[]): (event: Told) => boolean {
  const wanted = new Map<string, Set<string>>();
  for (const text of texts) {
    const [key = '', ...rest] = text.split('=');
    const value = rest.join('=');
    if (!(KEYS as readonly string[]).includes(key) || value === '') {
      throw new InvalidInput(
        `--filter: ${JSON.stringify(text)} is not a filter: write ${KEYS.map((one) => `${one}=…`).join(', ')}`,
      );
    }
    // Whoever follows what does not exist waits for ever.
    if (key === 'event' && !EVENTS.includes(value)) {
      const near = nearest(value, EVENTS);
      throw new InvalidInput(
        `--filter: ${JSON.stringify(value)} is no event: ${near ? `did you mean ${near}?` : `there are ${EVENTS.join(', ')}`}`,
      );
    }
    wanted.set(key, (wanted.get(key) ?? new Set()).add(value));
  }
  return (event) =>
    [...wanted].every(([key, values]) => values.has(String(key === 'run' ? event.runId : event[key as keyof Told])));
}
