import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** No record comes near this. */
const LONGEST_BYTES = 16 * 1024 * 1024;

/**
 * The text of a file that an agent, too, may write: whatever it puts in its place must hold up nobody who looks at all
 * agents. A FIFO would for ever, and what is endless.
 *
 * @throws the system's error, or one that says what it is.
 */
export function readText(path: string): string {
  const file = openPlain(path);
  try {
    if (fstatSync(file).size > LONGEST_BYTES) throw new Error(`it is longer than ${LONGEST_BYTES / 1024 / 1024} MiB`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Opens such a file for whoever reads it in parts.
 *
 * @throws as {@link readText}.
 */
export function openPlain(path: string): number {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = fstatSync(file);
  if (stat.isFile()) return file;
  closeSync(file);
  if (stat.isDirectory()) throw Object.assign(new Error('EISDIR: it is a directory'), { code: 'EISDIR' });
  throw new Error('it is not a plain file');
}
