import { closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { endMark } from '../agent/end-mark.ts';
import type { OutputLog } from '../store/output-log.ts';
import { openPlain } from '../store/read-text.ts';
import type { Observed } from './observe.ts';

const BLOCK_BYTES = 64 * 1024;
/** A line is looked for no further back than this: what has no line breaks may be as long as the disk is large. */
export const LONGEST_LINE_BYTES = 1024 * 1024;
/** A line of the index has two numbers, or four. */
const INDEX_LINE_BYTES = 128;

/**
 * Where the last lines of a log begin.
 *
 * @returns `inLine`: in the midst of one that is longer than {@link LONGEST_LINE_BYTES}. Where there are fewer lines than
 *   that, it is 0, also in a log whose first pieces are gone.
 */
export function offsetOfLastLines(log: OutputLog, lines: number, runId: string): { offset: number; inLine: boolean } {
  const { begin } = log.extent();
  const end = endOfText(log, runId);
  if (lines === 0) return { offset: end, inLine: false };
  let left = lines;
  /** Of the line whose beginning is looked for. */
  let lineEnd = end;
  for (let to = end; to > begin; ) {
    const from = Math.max(begin, to - BLOCK_BYTES);
    const bytes = log.readAll(from, to);
    for (let at = bytes.lastIndexOf(0x0a); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(0x0a, at - 1)) {
      // What ends the log is no line break of another line.
      if (from + at === end - 1) continue;
      left--;
      if (left <= 0) return { offset: from + at + 1, inLine: false };
      lineEnd = from + at;
    }
    to = from;
    if (to > begin && lineEnd - to >= LONGEST_LINE_BYTES) return { offset: to, inLine: true };
  }
  return { offset: 0, inLine: false };
}

/** Without the mark. */
function endOfText(log: OutputLog, runId: string): number {
  const { end } = log.extent();
  const mark = Buffer.from(endMark(runId));
  return log.readAll(Math.max(0, end - mark.length), end).equals(mark) ? end - mark.length : end;
}

/**
 * Where begins what was written since a time. The index ends with the last beat: what came after it, before the agent's end,
 * is as old as the log itself.
 */
export function offsetSince(log: OutputLog, agent: Observed, wallMs: number): number {
  const { end } = log.extent();
  if (agent.status.phase === 'ended' && (log.writtenAtMs() ?? wallMs) < wallMs) return end;
  return offsetAt(agent, wallMs);
}

/**
 * The log's length at a time, by the watchdog's index: `UPTIME BYTES [START SIZE]` a line, one a beat in which something
 * was written: output.log was that long, and the piece before it, where there was one, began at START and was SIZE long.
 * By bisection: of an agent that writes for a year it is 100 MB long.
 */
export function offsetAt({ directory, evidence }: Observed, wallMs: number): number {
  const { started } = evidence.files;
  if (started.state !== 'there') return 0;
  const { startedAtMs, uptimeMs } = started.value;
  let file: number;
  try {
    file = openPlain(join(directory, 'output.times'));
  } catch {
    return 0;
  }
  try {
    let offset = 0;
    let low = 0;
    for (let high = fstatSync(file).size; low < high; ) {
      const middle = Math.floor((low + high) / 2);
      const line = lineFrom(file, middle);
      if (line === undefined || startedAtMs + line.uptimeSeconds * 1000 - uptimeMs > wallMs) high = middle;
      else {
        offset = line.bytes;
        low = line.end;
      }
    }
    return offset;
  } finally {
    closeSync(file);
  }
}

/** The first whole line that begins at this offset or after it; undefined where none does, or what does is damaged. */
function lineFrom(file: number, offset: number): { uptimeSeconds: number; bytes: number; end: number } | undefined {
  const start = Math.max(0, offset - 1);
  const block = Buffer.alloc(2 * INDEX_LINE_BYTES);
  const text = block.toString('latin1', 0, readSync(file, block, 0, block.length, start));
  const begin = offset === 0 ? 0 : text.indexOf('\n') + 1;
  const end = text.indexOf('\n', begin);
  if ((offset > 0 && begin === 0) || end < 0) return undefined;
  const [, uptime, ...sizes] = /^(-?\d+(?:\.\d+)?) (\d+)(?: (\d+) (\d+))?$/.exec(text.slice(begin, end)) ?? [];
  if (uptime === undefined) return undefined;
  const bytes = sizes.reduce((sum, size) => sum + Number(size ?? 0), 0);
  return { uptimeSeconds: Number(uptime), bytes, end: start + end + 1 };
}
