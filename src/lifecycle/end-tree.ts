import type { Started } from '../agent/evidence.ts';
import {
  byPidOf,
  childrenOf,
  inSession,
  lineage,
  type Member,
  type Process,
  suspectsOf,
  type TreeOf,
  treeOf,
} from '../agent/tree.ts';
import type { ProcessNote } from '../store/generated/types.ts';
import type { Swept } from '../store/verdict-file.ts';
import { cgroupName, pidsInCgroup, removeCgroup, whileFrozen } from '../system/cgroup.ts';
import { uptimeMs } from '../system/clock.ts';
import {
  argumentsOf,
  commandOf,
  inHurry,
  isCrowded,
  newestWithCookie,
  nextProcessTable,
  processTable,
  signal,
} from '../system/processes.ts';

/** One scan leaves a survivor where processes fork faster than it reads: only several empty ones in a row are proof. */
const EMPTY_SCANS = 3;
/** A fugitive that waits for a processor for as long as is looked for it has once gone on. */
const LOOKS_IN_A_CROWD = 2;
/** What KILL has not ended after this long (a process in an uninterruptible sleep, or another user's) is reported. */
const PATIENCE_MS = 5000;
/** However late they come: whoever ends hundreds at once, on a machine under load, may look once in seconds only. */
const LEAST_SCANS = 10;

/**
 * Kills what there is of an agent's tree until three scans in a row find nothing. Its control group is evidence, not a
 * weapon: cgroup.kill would also end those in it that are their own (`AGENTCTL_RUN_ID= setsid …`, a tmux server).
 *
 * @param spareWatchers - leave wrapper and watchdog alone: they have the sentinel still to write.
 */
export async function killTree(runId: string, started: Started, spareWatchers: boolean): Promise<Swept> {
  const ended = new Map<number, ProcessNote>();
  const cgroup = cgroupOf(runId, started);
  let looks = 0;
  const tree = await untilGone(
    (table, stubborn) => killOnce(runId, started, { spareWatchers, table, stubborn, ended }),
    (table) => {
      if (cgroup !== undefined) return false;
      const found = inHurry(() => killFugitive(runId, started, { spareWatchers, table, ended }));
      looks = found ? 0 : looks + 1;
      return found || (looks < LOOKS_IN_A_CROWD && isCrowded());
    },
  );
  const { members, spared, suspects } = tree;
  for (const { process } of members) ended.delete(process.pid);
  if (cgroup !== undefined && members.length === 0) await removeCgroup(cgroup);
  return {
    ended: [...ended.values()],
    spared: spared.map(noteOf),
    survivors: members.map(noteOf),
    suspects: suspects.map((process) => noteOf({ process, why: 'suspect' })),
  };
}

/**
 * Kills again and again, until three scans in a row find nothing, or what is left cannot be killed.
 *
 * @param round - looks at a table and kills what it finds; `stubborn`: the round before found somebody too.
 * @param lastLook - for whom no scan finds; true where it found somebody or must look once more, and it all goes on.
 * @returns what the last round found.
 */
export async function untilGone<Found extends { members: readonly Member[] }>(
  round: (table: readonly Process[], stubborn: boolean) => Found,
  lastLook: (table: readonly Process[]) => boolean = () => false,
): Promise<Found> {
  let found!: Found; // by the first round
  let deadline = Number.POSITIVE_INFINITY;
  let stubborn = false;
  for (let empty = 0, scans = 0; empty < EMPTY_SCANS && (scans < LEAST_SCANS || uptimeMs() < deadline); scans++) {
    const table = await nextProcessTable();
    found = round(table, stubborn);
    // Not from the call: the first look may have come late, and who was killed in it must have the time to die.
    if (scans === 0) deadline = uptimeMs() + PATIENCE_MS;
    stubborn = found.members.length > 0;
    empty = stubborn ? 0 : empty + 1;
    if (empty === EMPTY_SCANS && lastLook(table)) empty = 0;
  }
  return found;
}

interface Kill {
  spareWatchers: boolean;
  table: readonly Process[];
  /** The last round killed somebody, and here is somebody again. */
  stubborn: boolean;
  ended: Map<number, ProcessNote>;
}

/** Looks, and kills what is there. What forks can outrun a scan: it is held still meanwhile, where that can be done. */
function killOnce(runId: string, started: Started, { spareWatchers, table, stubborn, ended }: Kill): Tree {
  // They have done what they were there for, and are nothing that the agent left.
  const ours = new Set([...watchers(started, table), ...orphanedHelpers(started, table)]);
  const kill = (tree: Tree): Tree => {
    for (const member of tree.members) {
      const { process } = member;
      if (!ended.has(process.pid) && !ours.has(process.pid)) ended.set(process.pid, noteOf(member));
      signal(process, 'SIGKILL');
    }
    return tree;
  };
  const { moving, ...tree } = scan(runId, started, spareWatchers, table);
  const cgroup = cgroupOf(runId, started);
  if (cgroup === undefined || !(moving || (stubborn && tree.members.length > 0))) return kill(tree);
  // An agent that ends itself by way of agentctl: whoever holds others still must not stand among them.
  if (pidsInCgroup(cgroup).has(process.pid)) return kill(tree);
  return whileFrozen(cgroup, () => kill(scan(runId, started, spareWatchers, processTable())));
}

/** Without a control group, a chain in which each process lives a millisecond is in no scan: its newest link is. */
function killFugitive(
  runId: string,
  started: Started,
  { spareWatchers, table, ended }: Omit<Kill, 'stubborn'>,
): boolean {
  const line = newestWithCookie(runId);
  const pids = new Set(line.map(({ pid }) => pid));
  const now = [...line, ...table.filter(({ pid }) => !pids.has(pid))];
  const member = treeOf(runOf(runId, started, spareWatchers, now), now).members.find(
    ({ process }) => process.pid === line[0]?.pid,
  );
  if (member === undefined) return false;
  ended.set(member.process.pid, noteOf(member));
  signal(member.process, 'SIGKILL');
  return true;
}

interface Tree {
  members: Member[];
  spared: Member[];
  /** Without any tie to the agent, but perhaps its own; none where a control group tells. */
  suspects: Process[];
}

/** What there is of an agent's tree now. */
export function scanTree(
  runId: string,
  started: Started,
  spareWatchers: boolean,
  table: readonly Process[] = processTable(),
): Tree {
  const { moving, ...tree } = scan(runId, started, spareWatchers, table);
  return tree;
}

function scan(
  runId: string,
  started: Started,
  spareWatchers: boolean,
  table: readonly Process[],
): Tree & { moving: boolean } {
  const run = runOf(runId, started, spareWatchers, table);
  const { inCgroup } = run;
  const known = byPidOf(table);
  return {
    ...treeOf(run, table),
    suspects: started.cgroup === null ? suspectsOf(run, table).filter((one) => !watchesAnother(one)) : [],
    // Born while the table was read: it may go on like that for ever.
    moving: [...inCgroup].some((pid) => !known.has(pid)),
  };
}

/** A watchdog whose wrapper was killed has lost its parent too: it is another agent's, or it would be in this one's session. */
function watchesAnother({ pid }: Process): boolean {
  return argumentsOf(pid).some((word) => /\/agent-(wrapper|log)$/.test(word));
}

/** By what its processes are known, as of a table. */
function runOf(runId: string, started: Started, spareWatchers: boolean, table: readonly Process[]): TreeOf {
  const never = new Set([...lineage(process.pid, table), started.tmux.serverPid]);
  if (spareWatchers) for (const pid of watchers(started, table)) never.add(pid);
  const cgroup = cgroupOf(runId, started);
  // After the table: a pid that was used again in between then has another start time, and is not signalled.
  const inCgroup = cgroup === undefined ? new Set<number>() : pidsInCgroup(cgroup);
  const { wrapper, agent, spare } = started;
  return { runId, wrapper, agent, never, uid: process.getuid?.() ?? 0, inCgroup, spare };
}

/** Its control group, if the record says what it can only say. */
function cgroupOf(runId: string, { cgroup }: Started): string | undefined {
  return cgroup?.endsWith(`/${cgroupName(runId)}`) ? cgroup : undefined;
}

/** Wrapper, watchdog, and what they run (a sleep, a mv): all in the agent's session, none of them the agent's. */
function watchers(started: Started, table: readonly Process[]): number[] {
  const byPid = byPidOf(table);
  const pids = [started.wrapper, started.watchdog]
    .filter(({ pid, startTime }) => byPid.get(pid)?.startTime === startTime)
    .map(({ pid }) => pid);
  const theirs = pids.flatMap((pid) => childrenOf(pid, table)).filter(({ pid }) => pid !== started.agent.pid);
  return [...pids, ...theirs.map(({ pid }) => pid)];
}

/** What the watchdog runs, by name. */
const HELPERS: readonly string[] = ['sleep', 'mv', 'grep', 'wc'];

/**
 * What a watchdog was running as it ended, and outlives it by a moment: in the agent's session, but without the cookie
 * that all of the agent's have. Only for the record: it is ended like the others.
 */
function orphanedHelpers({ wrapper }: Started, table: readonly Process[]): number[] {
  const byPid = byPidOf(table);
  return inSession(wrapper.pid, table)
    .filter(({ cookie }) => cookie === undefined)
    .filter(({ parentPid, name }) => (parentPid === 1 || !byPid.has(parentPid)) && HELPERS.includes(name))
    .map(({ pid }) => pid);
}

/** A process as a verdict names it. */
export function noteOf({ process, why }: { process: Process; why: Member['why'] | 'suspect' }): ProcessNote {
  return { pid: process.pid, command: commandOf(process.pid, process.name), why };
}
