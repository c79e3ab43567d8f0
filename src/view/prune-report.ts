import { formatDuration } from '../agent/duration.ts';
import { byteSize } from './byte-size.ts';
import { visible } from './visible.ts';

interface Removed {
  name: string;
  runId: string;
  endedAtMs: number;
  bytes: number;
}

/** One agent that was removed, or would be. */
export function pruneLine({ name, runId, endedAtMs, bytes }: Removed, nowMs: number): string {
  const agoMs = nowMs - endedAtMs;
  const ended = agoMs >= 0 ? `ended ${formatDuration(agoMs)} ago` : 'ended in the future';
  return visible(`${name}.${runId}  ${ended}  ${byteSize(bytes)}`);
}

/** What it came to. */
export function pruneSum(removed: readonly Removed[], dryRun: boolean): string {
  const agents = removed.length === 1 ? '1 agent' : `${removed.length} agents`;
  const bytes = removed.reduce((sum, one) => sum + one.bytes, 0);
  return `${agents} ${dryRun ? 'would be removed' : 'removed'}, ${byteSize(bytes)}`;
}
