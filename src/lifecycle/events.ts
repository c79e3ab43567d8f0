import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { eventPieces } from '../store/events-file.ts';
import type { Event } from '../store/generated/types.ts';
import type { StateDir } from '../store/state-dir.ts';
import { pause } from '../system/clock.ts';

export interface EventsOptions {
  /** Go on with what comes. */
  follow?: boolean | undefined;
  /** Only from this time on, in milliseconds since the epoch. */
  sinceMs?: number | undefined;
  /** Only those that pass. */
  filter?: ((event: Event) => boolean) | undefined;
  signal?: AbortSignal | undefined;
}

const BLOCK_BYTES = 64 * 1024;
/** How often a follower looks. */
const POLL_MS = 200;

/**
 * What happened to agents, oldest first. Lines that cannot be read are passed over.
 *
 * @example for await (const event of events(openStateDir(), { follow: true })) console.log(event.event, event.name);
 */
export async function* events(stateDir: StateDir, options: EventsOptions = {}): AsyncGenerator<Event> {
  const { follow, sinceMs = Number.NEGATIVE_INFINITY, filter = () => true, signal } = options;
  const wanted = (event: Event | undefined): event is Event =>
    event !== undefined && Date.parse(event.at) >= sinceMs && filter(event);
  const current = eventPieces(stateDir.path).at(-1) ?? '';
  // Opened before the others are looked for: what is moved aside meanwhile is read here to its end.
  let reader = LineReader.open(current);
  try {
    for (const piece of eventPieces(stateDir.path).slice(0, -1)) {
      if (reader?.isOf(piece)) continue;
      const old = LineReader.open(piece);
      for (let line = old?.next(); line !== undefined; line = old?.next()) {
        const event = eventOf(line);
        if (wanted(event)) yield event;
      }
      old?.close();
    }
    while (!signal?.aborted) {
      for (let line = reader?.next(); line !== undefined; line = reader?.next()) {
        const event = eventOf(line);
        if (wanted(event)) yield event;
      }
      if (!follow) return;
      if (existsSync(current) && reader?.isOf(current) !== true) {
        reader?.close();
        reader = LineReader.open(current);
      } else await pause(POLL_MS);
    }
  } finally {
    reader?.close();
  }
}

function eventOf(line: string): Event | undefined {
  try {
    const event = JSON.parse(line) as Event;
    return typeof event.event === 'string' && !Number.isNaN(Date.parse(event.at)) ? event : undefined;
  } catch {
    return undefined;
  }
}

/** Reads whole lines of a file that grows; half a line waits for its other half. */
class LineReader {
  readonly #file: number;
  #rest = Buffer.alloc(0);
  #offset = 0;

  private constructor(file: number) {
    this.#file = file;
  }

  /** undefined where there is none. */
  static open(path: string): LineReader | undefined {
    try {
      if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
      return new LineReader(openSync(path, 'r'));
    } catch {
      return undefined;
    }
  }

  next(): string | undefined {
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) {
        const line = this.#rest.toString('utf8', 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      const block = Buffer.alloc(BLOCK_BYTES);
      const bytes = readSync(this.#file, block, 0, block.length, this.#offset);
      if (bytes === 0) return undefined;
      this.#offset += bytes;
      this.#rest = Buffer.concat([this.#rest, block.subarray(0, bytes)]);
    }
  }

  isOf(path: string): boolean {
    return fstatSync(this.#file).ino === statSync(path, { throwIfNoEntry: false })?.ino;
  }

  close(): void {
    closeSync(this.#file);
  }
}
