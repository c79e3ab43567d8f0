import { constants, readSync } from 'node:fs';

/** To add lines to a file, and to read them. Not to wait for a reader, should it be a FIFO. */
export const ADDING = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
export const NEWLINE = 0x0a;

/** A disk that was full has room for half a line: the next must not be lost with it. */
export function endsInHalfALine(file: number, size: number): boolean {
  const last = Buffer.alloc(1, NEWLINE);
  if (size > 0) readSync(file, last, 0, 1, size - 1);
  return last[0] !== NEWLINE;
}
