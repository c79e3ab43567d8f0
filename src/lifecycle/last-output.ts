import { endMark } from '../agent/end-mark.ts';
import type { LastOutput } from '../store/generated/types.ts';
import { OutputLog } from '../store/output-log.ts';
import { PlainText } from '../view/plain-text.ts';

/** Terminal codes may be most of a log. */
const READ_BYTES = 64 * 1024;
const KEPT = 4096;

/** The last lines of a log as plain text, read across its pieces; null where it cannot be read. */
export function lastOutput(directory: string, runId: string): LastOutput | null {
  let log: OutputLog;
  try {
    log = new OutputLog(directory);
  } catch {
    return null;
  }
  try {
    const plain = new PlainText();
    const tail = log.tail(READ_BYTES).toString('latin1').replaceAll(endMark(runId), '');
    const text = plain.push(Buffer.from(tail, 'latin1')) + plain.end();
    return { text: lastPart(text.trimEnd(), KEPT), bytes: log.extent().end, drewScreen: plain.drewScreen };
  } catch {
    return null;
  } finally {
    log.close();
  }
}

/** The end of a text, from the beginning of a line where it has one. */
export function lastPart(text: string, most: number): string {
  if (text.length <= most) return text;
  const part = text.slice(-most);
  return part.slice(part.indexOf('\n') + 1);
}
