import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';

/** No record comes near this. */
const LONGEST_BYTES = 16 * 1024 * 1024;
/** Most are read at once into this: whoever reads twenty thousand pays for none of them anew. */
const most = Buffer.allocUnsafeSlow(16 * 1024);

/**
 * The text of a file that an agent, too, may write: whatever it puts in its place must hold up nobody who looks at all
 * agents. A FIFO would for ever, and what is endless.
 *
 * @throws the system's error, or one that says what it is.
 */
export function readText(path: string): string {
  const { file, stat } = open(path);
  try {
    if (stat.size > LONGEST_BYTES) throw new Error(`it is longer than ${LONGEST_BYTES / 1024 / 1024} MiB`);
    const length = readSync(file, most, 0, most.length, null);
    if (length === stat.size) return most.toString('utf8', 0, length);
    // It is longer, or its size tells nothing.
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
  return open(path).file;
}

function open(path: string): { file: number; stat: Stats } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = fstatSync(file);
  if (stat.isFile()) return { file, stat };
  closeSync(file);
  if (stat.isDirectory()) throw Object.assign(new Error('EISDIR: it is a directory'), { code: 'EISDIR' });
  throw new Error('it is not a plain file');
}
