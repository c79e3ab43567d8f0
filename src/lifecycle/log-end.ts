import { endMark } from '../agent/end-mark.ts';
import { OutputLog } from '../store/output-log.ts';
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
  const patienceMs = how === 'observed' ? LOG_PATIENCE_MS : UNMARKED_PATIENCE_MS;
  // No longer from now on either: a damaged sentinel that lies in the future would hold up the manager for ever.
  return Math.min(patienceMs, endedUptimeMs + patienceMs - uptimeMs());
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
