import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';

/** No record comes near this. */
const LONGEST_BYTES = 16 * 1024 * 1024;
const NEVER_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;
/** Most are read at once into this: whoever reads twenty thousand pays for none of them anew. */
const most = Buffer.allocUnsafeSlow(16 * 1024);

/**
 * The text of a file that an agent, too, may write: whatever it puts in its place must hold up nobody who looks at all
 * agents. A FIFO would for ever, and what is endless.
 *
 * @throws the system's error, or one that says what it is.
 */
export function readText(path: string): string {
  const file = openSync(path, NEVER_WAITING);
  try {
    const length = readSync(file, most, 0, most.length, null);
    // Something, and not endless: to ask what it was costs as much as to read it.
    if (length > 0 && length < most.length) return most.toString('utf8', 0, length);
    const { size } = statPlain(file);
    if (size > LONGEST_BYTES) throw new Error(`it is longer than ${LONGEST_BYTES / 1024 / 1024} MiB`);
    const begin = Buffer.from(most.subarray(0, length));
    return Buffer.concat([begin, readFileSync(file)]).toString('utf8');
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
  const file = openSync(path, NEVER_WAITING);
  try {
    statPlain(file);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function statPlain(file: number): Stats {
  const stat = fstatSync(file);
  if (stat.isFile()) return stat;
  if (stat.isDirectory()) throw Object.assign(new Error('EISDIR: it is a directory'), { code: 'EISDIR' });
  throw new Error('it is not a plain file');
}
