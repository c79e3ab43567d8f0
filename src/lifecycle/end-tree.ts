import type { Started } from '../agent/evidence.ts';
import { lineage, type Member, type Process, treeOf } from '../agent/tree.ts';
import type { ProcessNote } from '../store/generated/types.ts';
import type { Swept } from '../store/verdict-file.ts';
import { pause, uptimeMs } from '../system/clock.ts';
import { commandOf, processTable, signal } from '../system/processes.ts';

/** One scan leaves a survivor where processes fork faster than it reads: only several empty ones in a row are proof. */
const EMPTY_SCANS = 3;
/** What KILL has not ended after this long (a process in an uninterruptible sleep, or another user's) is reported. */
const PATIENCE_MS = 5000;

/**
 * Kills what there is of an agent's tree until three scans in a row find nothing.
 *
 * @param spareWatchers - leave wrapper and watchdog alone: they have the sentinel still to write.
 */
export async function killTree(runId: string, started: Started, spareWatchers: boolean): Promise<Swept> {
  const ended = new Map<number, ProcessNote>();
  const deadline = uptimeMs() + PATIENCE_MS;
  let spared: Member[] = [];
  let members: Member[] = [];
  for (let empty = 0; empty < EMPTY_SCANS && uptimeMs() < deadline; ) {
    ({ members, spared } = scanTree(runId, started, spareWatchers));
    empty = members.length === 0 ? empty + 1 : 0;
    for (const member of members) {
      const { process } = member;
      if (!ended.has(process.pid)) ended.set(process.pid, noteOf(member));
      signal(process, 'SIGKILL');
    }
    await pause(2);
  }
  for (const { process } of members) ended.delete(process.pid);
  return { ended: [...ended.values()], spared: spared.map(noteOf), survivors: members.map(noteOf) };
}

/** What there is of an agent's tree now. */
export function scanTree(
  runId: string,
  started: Started,
  spareWatchers: boolean,
): { members: Member[]; spared: Member[] } {
  const table = processTable();
  const never = new Set([...lineage(process.pid, table), started.tmux.serverPid]);
  if (spareWatchers) for (const pid of watchers(started, table)) never.add(pid);
  return treeOf({ runId, wrapper: started.wrapper, agent: started.agent, never, uid: process.getuid?.() ?? 0 }, table);
}

/** Wrapper, watchdog, and what they run (a sleep, a mv): all in the agent's session, none of them the agent's. */
function watchers(started: Started, table: readonly Process[]): number[] {
  const isWatcher = ({ pid, startTime }: Process): boolean =>
    [started.wrapper, started.watchdog].some((one) => one.pid === pid && one.startTime === startTime);
  const pids = table.filter(isWatcher).map(({ pid }) => pid);
  const theirs = table.filter(({ pid, parentPid }) => pids.includes(parentPid) && pid !== started.agent.pid);
  return [...pids, ...theirs.map(({ pid }) => pid)];
}

function noteOf({ process, why }: Member): ProcessNote {
  return { pid: process.pid, command: commandOf(process.pid, process.name), why };
}
