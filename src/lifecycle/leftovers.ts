import type { ProcessNote } from '../store/generated/types.ts';
import { commandOf } from '../system/processes.ts';
import { scanTree } from './end-tree.ts';
import type { Observed } from './observe.ts';

/** What an agent left running when it ended: it goes at teardown. */
export function leftBehind({ evidence, status, runId }: Observed): ProcessNote[] {
  const { started, archived } = evidence.files;
  if (status.phase !== 'ended' || archived || evidence.whereabouts !== 'here') return [];
  if (started.state !== 'there' || runId === undefined) return [];
  const { members } = scanTree(runId, started.value, true);
  return members.map(({ process, why }) => ({ pid: process.pid, command: commandOf(process.pid, process.name), why }));
}

/** The same in a sentence. */
export function sayLeft(left: readonly ProcessNote[]): string {
  return `ended; left running until teardown: ${left.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ')}`;
}
