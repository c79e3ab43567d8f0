import type { Observed } from './observe.ts';

/**
 * Why nothing can be decided of an agent; undefined where something can. One that is known to have ended is among them
 * where nobody can read what was asked for it, its grace for instance.
 */
export function whyUnknown({ runId, status, evidence: { files } }: Observed): string | undefined {
  if (files.spec.state === 'damaged') return files.spec.problem;
  if (runId === undefined) return 'spec.json is missing';
  return status.phase === 'unknown' ? status.reason : undefined;
}
