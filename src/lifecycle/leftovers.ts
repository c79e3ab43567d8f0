import { scanTree } from './end-tree.ts';
import type { Observed } from './observe.ts';

/** What an agent left running when it ended by itself: it goes at teardown. Undefined where there is nothing to say. */
export function leftovers({ evidence, status, runId }: Observed): string | undefined {
  const { started, archived } = evidence.files;
  if (status.phase !== 'ended' || archived || evidence.whereabouts !== 'here') return undefined;
  if (started.state !== 'there' || runId === undefined) return undefined;
  const { members } = scanTree(runId, started.value, true);
  if (members.length === 0) return undefined;
  const names = members.map(({ process }) => `${process.name} (pid ${process.pid})`);
  return `ended; left running until teardown: ${names.join(', ')}`;
}
