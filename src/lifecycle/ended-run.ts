import { type EndedRun, endedRunOf, isSettled } from '../agent/metrics.ts';
import { readVerdict } from '../store/read-verdict.ts';
import type { Observed } from './observe.ts';

/** What an agent adds to the counters; undefined where it has not ended, or its end may still be told otherwise. */
export function endedRun({ runId, status, evidence, directory }: Observed): EndedRun | undefined {
  if (runId === undefined || status.phase !== 'ended' || !isSettled(evidence.files)) return undefined;
  const verdict = readVerdict(directory);
  // Its directory may be another run's by now: then it is found in the archive.
  return endedRunOf(runId, status, verdict?.runId === runId ? verdict.ended : []);
}
