import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { modifiedAt } from './modified-at.ts';
import { openPlain } from './read-text.ts';

/** The piece that grows; the others are named by the offset of their first byte, and do not change any more. */
const NEWEST = 'output.log';
const NAMED = /^output\.log\.(\d{15})$/;
/** Of looks at the pieces, between which a new one began each time. */
const MOST_TRIES = 100;

/** Where a log begins, as far as it is still there, and ends: offsets in all that its agent printed. */
export interface Extent {
  begin: number;
  end: number;
}

/** What a read came to. */
export interface Bytes {
  /** 0 at the end. */
  length: number;
  /** The offset of the first of them: later than what was asked for where what stood before it is gone. */
  at: number;
}

interface Piece {
  file: number;
  start: number;
  isNewest: boolean;
}

/**
 * What an agent printed, by bin/agent-log in pieces, read as one text: at offsets in all of it. A piece that is open is
 * read whole, also when it is renamed, or removed for the cap, or the directory moves to the archive meanwhile.
 */
export class OutputLog {
  readonly #places: readonly string[];
  /** Held open, so that no other directory can be taken for it. */
  readonly #directory: number;
  #piece: Piece | undefined;

  /**
   * @param places - where the agent's directory is, and where it may move to.
   * @throws the system's error where there is no log, or something else in its place.
   */
  constructor(...places: [string, ...string[]]) {
    this.#places = places;
    this.#directory = openSync(places[0], constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      this.#piece = pieceAt(places[0], 0);
      // What stands in its place must not pass for silence.
      if (this.#piece === undefined) closeSync(openPlain(join(places[0], NEWEST)));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  extent(): Extent {
    const place = this.#place();
    return (place === undefined ? undefined : extentOf(place)) ?? { begin: 0, end: 0 };
  }

  /** When something was last written, by the wall clock; undefined where that cannot be told. */
  writtenAtMs(): number | undefined {
    const place = this.#place();
    return place === undefined ? undefined : modifiedAt(join(place, NEWEST));
  }

  /** Reads what is there at an offset, at most as much as the buffer holds or `most`. */
  read(buffer: Buffer, offset: number, most = buffer.length): Bytes {
    if (most <= 0) return { length: 0, at: offset };
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const piece = this.#piece;
      if (piece && offset >= piece.start) {
        piece.isNewest &&= this.#isNewest(piece);
        // After that look: to a piece that is the newest no more nothing is added.
        const length = readSync(piece.file, buffer, 0, most, offset - piece.start);
        if (length > 0 || piece.isNewest) return { length, at: offset };
      }
      const place = this.#place();
      const next = place === undefined ? undefined : pieceAt(place, offset);
      if (next === undefined) return { length: 0, at: offset };
      if (piece) closeSync(piece.file);
      this.#piece = next;
      offset = Math.max(offset, next.start);
    }
    return { length: 0, at: offset };
  }

  /** Reads all of `from` to `to`; less where what stood there is gone or not yet there. */
  readAll(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, to - from));
    let read = 0;
    while (read < bytes.length) {
      const { length, at } = this.read(bytes.subarray(read), from + read);
      if (length === 0 || at !== from + read) break;
      read += length;
    }
    return bytes.subarray(0, read);
  }

  /** The last bytes of what is there. */
  tail(most: number): Buffer {
    const { begin, end } = this.extent();
    return this.readAll(Math.max(begin, end - most), end);
  }

  close(): void {
    if (this.#piece) closeSync(this.#piece.file);
    this.#piece = undefined;
    closeSync(this.#directory);
  }

  #place(): string | undefined {
    const own = fstatSync(this.#directory);
    return this.#places.find((place) => isSame(statOf(place), own));
  }

  #isNewest({ file }: Piece): boolean {
    const place = this.#place();
    return place !== undefined && isSame(statOf(join(place, NEWEST)), fstatSync(file));
  }
}

/** How much an agent has printed, what is gone included; 0 where its log cannot be read. */
export function printedBytes(directory: string): number {
  return extentOf(directory)?.end ?? 0;
}

/** Another one whenever something was printed; undefined where there is no log just now. */
export function logMark(directory: string): string | undefined {
  const stat = statOf(join(directory, NEWEST));
  return stat && `${stat.ino} ${stat.size}`;
}

/** Looked at again where a piece began, or was removed, meanwhile. */
function extentOf(directory: string): Extent | undefined {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const starts = startsIn(directory);
    if (starts === undefined) return undefined;
    const [begin = 0] = starts;
    const last = starts.at(-1);
    const newestStart = last === undefined ? 0 : last + sizeOf(pathOf(directory, last));
    const end = newestStart + sizeOf(join(directory, NEWEST));
    if (isEqual(starts, startsIn(directory))) return { begin, end };
  }
  return undefined;
}

/** Opens the piece that has this byte, or will have it; where that one is gone, the first after it. */
function pieceAt(directory: string, offset: number): Piece | undefined {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const starts = startsIn(directory);
    if (starts === undefined) return undefined;
    let newestStart = 0;
    const before = starts.findLast((start) => start <= offset);
    for (const start of before === undefined ? starts : [before, ...starts.filter((start) => start > before)]) {
      newestStart = start;
      const file = tryOpen(pathOf(directory, start));
      if (file === undefined) continue; // removed since, which the look below tells
      newestStart = start + fstatSync(file).size;
      if (offset < newestStart) return { file, start, isNewest: false };
      closeSync(file);
    }
    const file = tryOpen(join(directory, NEWEST));
    if (isEqual(starts, startsIn(directory)))
      return file === undefined ? undefined : { file, start: newestStart, isNewest: true };
    if (file !== undefined) closeSync(file);
  }
  return undefined;
}

/** Oldest first; undefined where the directory is gone. */
function startsIn(directory: string): number[] | undefined {
  try {
    return readdirSync(directory)
      .flatMap((entry) => NAMED.exec(entry)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return undefined;
  }
}

function pathOf(directory: string, start: number): string {
  return join(directory, `${NEWEST}.${String(start).padStart(15, '0')}`);
}

function isEqual(some: readonly number[], others: readonly number[] | undefined): boolean {
  return some.length === others?.length && some.every((start, at) => start === others[at]);
}

function tryOpen(path: string): number | undefined {
  try {
    return openPlain(path);
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  return statOf(path)?.size ?? 0;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // what the agent put in its place (ELOOP)
  }
}

function isSame(some: Stats | undefined, other: Stats): boolean {
  return some?.ino === other.ino && some.dev === other.dev;
}
