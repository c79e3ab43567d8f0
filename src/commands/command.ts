import type { Options } from 'yargs';
import type { StateDir } from '../store/state-dir.ts';
import { visible, visibleJson } from '../view/visible.ts';

/** One command: flags in, one call, render. */
export interface Command {
  /** How it is written, without `agentctl`. */
  usage: string;
  /** What it does, in a sentence or a few. */
  description: string;
  examples?: readonly (readonly [command: string, meaning: string])[];
  options?: Readonly<Record<string, Options>>;
  /** Parsing stops at the first word that is no option, as in docker, env and timeout: the rest is another's command. */
  takesCommand?: boolean;
  /** The exit code of agentctl's own errors where the agent's code has the others. */
  errorCode?: number;
  /** Resolves to the exit code. */
  run(call: Call): Promise<number> | number;
}

/** Every command by its name; each is loaded only when it is called. */
export type Catalogue = Readonly<Record<string, { summary: string; load: () => Promise<{ default: Command }> }>>;

/** What the user gave. */
export interface Call {
  /** The words that are no options. */
  words: readonly string[];
  flags: Flags;
  /** Found when it is first asked for; throws as `findStateDir`. */
  readonly stateDir: StateDir;
}

/** The options of one call, by their long names. */
export class Flags {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** Whether a switch was given. */
  on(name: string): boolean {
    return this.#values[name] === true;
  }

  /** An option's value; the last one counts. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    return typeof last === 'string' ? last : undefined;
  }

  /** The names of all that were given. */
  given(): string[] {
    return Object.keys(this.#values).filter((name) => this.#values[name] !== undefined && this.#values[name] !== false);
  }

  /** Every value of an option that may be repeated. */
  all(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
  }
}

/** Writes to stdout. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes to stdout as fast as it is read: a slow reader holds us up instead of filling our memory. */
export function writeSlowly(data: string | Uint8Array, gone: AbortSignal): Promise<void> {
  if (process.stdout.write(data) || gone.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    process.stdout.on('drain', done);
    gone.addEventListener('abort', done);
    function done(): void {
      process.stdout.off('drain', done);
      gone.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** Writes a record as one line of JSON. */
export function printJson(data: object): void {
  print(visibleJson(JSON.stringify(data)));
}

/** agentctl's own words: never on stdout, which belongs to results. */
export function note(sentence: string): void {
  process.stderr.write(`agentctl: ${visible(sentence)}\n`);
}

/** Everything that comes on stdin; unlike a synchronous read, also from a pipe that somebody made non-blocking. */
export async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
