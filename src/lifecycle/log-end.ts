import { join } from 'node:path';
import { endMark } from '../agent/end-mark.ts';
import { modifiedAt } from '../store/modified-at.ts';
import { OutputLog, printedBytes } from '../store/output-log.ts';
import { pause, uptimeMs, wallMs } from '../system/clock.ts';
import type { Observed } from './observe.ts';

/** How long a log may take to become whole after the end: of 300 that ended at once the last took 3 s. */
export const LOG_PATIENCE_MS = 5000;
/** The same where its wrapper died before it could print the mark: then tmux only has to write what it has read. */
const UNMARKED_PATIENCE_MS = 1000;
/** How much longer it may take while it grows: what writes on and on after the agent's end must not hold up its teardown. */
const GROWING_PATIENCE_MS = 30_000;
/** The mark is the wrapper's last word, but what the agent left running may write after it. */
const TAIL_BYTES = 256 * 1024;

/** Resolves once every byte of an ended agent is in its log, at the latest when it cannot be expected any more. */
export async function untilLogIsWhole(agent: Observed): Promise<void> {
  const begunMs = uptimeMs();
  while (logPatienceLeftMs(agent, begunMs) > 0 && !isLogWhole(agent.directory, agent.runId ?? '')) await pause(10);
}

/**
 * How long the mark of an ended agent may still be waited for: by uptime, which nobody sets; of another boot nothing more will
 * come. A log that grows is not whole: what tmux has read, and bin/agent-log has not yet, is lost with the session.
 *
 * @param latestMs - when it ended at the latest: a damaged sentinel that lies in the future would hold up its reader for ever.
 */
export function logPatienceLeftMs({ directory, evidence }: Observed, latestMs = Number.POSITIVE_INFINITY): number {
  const { sentinel } = evidence.files;
  if (evidence.whereabouts !== 'here') return 0;
  if (sentinel.state !== 'there') return evidence.now.uptimeMs + UNMARKED_PATIENCE_MS - uptimeMs();
  const { how, uptimeMs: endedUptimeMs } = sentinel.value;
  const endedMs = Math.min(endedUptimeMs, latestMs);
  const isMarked = how === 'observed';
  const patienceMs = isMarked ? LOG_PATIENCE_MS : UNMARKED_PATIENCE_MS;
  const grewMs = isMarked ? Math.min(grewAtMs(directory), endedMs + GROWING_PATIENCE_MS - patienceMs) : endedMs;
  // No longer from now on either, as far as a clock was set.
  return Math.min(patienceMs, Math.max(endedMs, grewMs) + patienceMs - uptimeMs());
}

/** Uptime. */
function grewAtMs(directory: string): number {
  return (modifiedAt(join(directory, 'output.log')) ?? Number.NEGATIVE_INFINITY) - wallMs() + uptimeMs();
}

/** What an ended agent printed, in bytes, without the mark that its wrapper put behind it. */
export function printedBeforeEnd(directory: string, runId: string): number {
  const mark = isLogWhole(directory, runId) ? endMark(runId).length : 0;
  return Math.max(0, printedBytes(directory) - mark);
}

function isLogWhole(directory: string, runId: string): boolean {
  let log: OutputLog;
  try {
    log = new OutputLog(directory);
  } catch {
    return true; // what is no log will not become one
  }
  try {
    return log.tail(TAIL_BYTES).includes(endMark(runId));
  } finally {
    log.close();
  }
}
