import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
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
  const trail = new Trail(stateDir.path);
  try {
    for (;;) {
      for (const line of trail.lines()) {
        if (signal?.aborted) return;
        const event = eventOf(line);
        if (wanted(event)) yield event;
      }
      if (!follow || signal?.aborted) return;
      await pause(POLL_MS, signal);
    }
  } finally {
    trail.close();
  }
}

function eventOf(line: string): Event | undefined {
  try {
    const event = JSON.parse(line) as Event;
    const { at, name, reason, event: what } = event;
    const isWhole = [at, name, reason, what].every((word) => typeof word === 'string') && !Number.isNaN(Date.parse(at));
    return isWhole ? event : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The files that hold events, each read to its end, whatever becomes of their names meanwhile. One that is open keeps its
 * inode; one that was read has the name that a full one keeps for ever.
 */
class Trail {
  readonly #stateDir: string;
  /** Oldest first. */
  #readers: LineReader[] = [];
  /** The full ones that were read. */
  readonly #done = new Set<string>();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.#open();
  }

  /** What there is that was not yet read. */
  *lines(): Generator<string> {
    // Full ones, of which that was known the last time already: whoever had one open to add a line has done so.
    const full = this.#readers.slice(0, -1);
    // The second time finds what was moved aside as the first opened them.
    for (let times = 0; times < 2; times++) this.#open();
    for (const reader of this.#readers)
      for (let line = reader.next(); line !== undefined; line = reader.next()) yield line;
    const pieces = eventPieces(this.#stateDir);
    for (const reader of full) {
      const name = pieces.find((piece) => reader.isOf(piece));
      if (name !== undefined) this.#done.add(name);
      reader.close();
    }
    this.#readers = this.#readers.filter((reader) => !full.includes(reader));
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
  }

  #open(): void {
    const pieces = eventPieces(this.#stateDir);
    for (const piece of pieces) {
      if (this.#done.has(piece) || this.#readers.some((reader) => reader.isOf(piece))) continue;
      const reader = LineReader.open(piece);
      if (reader) this.#readers.push(reader);
    }
    // Those that were removed meanwhile are the oldest.
    const places = new Map(this.#readers.map((reader) => [reader, pieces.findIndex((piece) => reader.isOf(piece))]));
    this.#readers.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
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
