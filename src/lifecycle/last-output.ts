import { closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { endMark } from '../agent/end-mark.ts';
import type { LastOutput } from '../store/generated/types.ts';
import { openPlain } from '../store/read-text.ts';
import { PlainText } from '../view/plain-text.ts';

/** Terminal codes may be most of a log. */
const READ_BYTES = 64 * 1024;
const KEPT = 4096;

/** The last lines of a log as plain text; null where it cannot be read. */
export function lastOutput(directory: string, runId: string): LastOutput | null {
  try {
    const file = openPlain(join(directory, 'output.log'));
    try {
      const { size } = fstatSync(file);
      const tail = Buffer.alloc(Math.min(size, READ_BYTES));
      const read = tail.subarray(0, readSync(file, tail, 0, tail.length, size - tail.length));
      const plain = new PlainText();
      const text =
        plain.push(Buffer.from(read.toString('latin1').replaceAll(endMark(runId), ''), 'latin1')) + plain.end();
      return { text: lastPart(text.trimEnd(), KEPT), bytes: size, drewScreen: plain.drewScreen };
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** The end of a text, from the beginning of a line where it has one. */
export function lastPart(text: string, most: number): string {
  if (text.length <= most) return text;
  const part = text.slice(-most);
  return part.slice(part.indexOf('\n') + 1);
}
