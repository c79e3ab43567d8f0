import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { endMark } from '../agent/end-mark.ts';
import { pause, uptimeMs } from '../system/clock.ts';
import type { Observed } from './observe.ts';

/** How long a log may take to become whole after the end: of 300 that ended at once the last took 3 s. */
export const LOG_PATIENCE_MS = 5000;
/** The same where its wrapper died before it could print the mark: then tmux only has to write what it has read. */
const UNMARKED_PATIENCE_MS = 1000;
/** The mark is the wrapper's last word, but what the agent left running may write after it. */
const TAIL_BYTES = 256 * 1024;

/** Resolves once every byte of an ended agent is in its log, at the latest when it cannot be expected any more. */
export async function untilLogIsWhole(agent: Observed): Promise<void> {
  const until = uptimeMs() + logPatienceLeftMs(agent);
  while (uptimeMs() < until && !isLogWhole(agent.directory, agent.runId ?? '')) await pause(10);
}

/** By uptime, which nobody sets: of another boot nothing more will come. */
export function logPatienceLeftMs({ evidence }: Observed): number {
  const { sentinel } = evidence.files;
  if (evidence.whereabouts !== 'here') return 0;
  if (sentinel.state !== 'there') return evidence.now.uptimeMs + UNMARKED_PATIENCE_MS - uptimeMs();
  const { how, uptimeMs: endedUptimeMs } = sentinel.value;
  return endedUptimeMs + (how === 'observed' ? LOG_PATIENCE_MS : UNMARKED_PATIENCE_MS) - uptimeMs();
}

function isLogWhole(directory: string, runId: string): boolean {
  const path = join(directory, 'output.log');
  if (!existsSync(path)) return true;
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // the agent may have put a FIFO there
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return true;
    const { size } = stat;
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, tail, 0, tail.length, size - tail.length);
    return tail.includes(endMark(runId));
  } finally {
    closeSync(file);
  }
}
