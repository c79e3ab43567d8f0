import { InvalidInput } from './invalid-input.ts';

/** What an event is told apart by. */
interface Told {
  event: string;
  name: string;
  runId: string;
  cause: string | null;
  result?: string | null | undefined;
}

const KEYS = ['event', 'name', 'run', 'cause', 'result'] as const;

/**
 * Reads `event=…`, `name=…`, `run=…`, `cause=…` and `result=…`; several of one kind are alternatives, kinds add up.
 *
 * @throws {InvalidInput} on another key.
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
    wanted.set(key, (wanted.get(key) ?? new Set()).add(value));
  }
  return (event) =>
    [...wanted].every(([key, values]) => values.has(String(key === 'run' ? event.runId : event[key as keyof Told])));
}
