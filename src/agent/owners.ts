import type { ProcessIdentity } from './evidence.ts';
import type { Process } from './tree.ts';

/** A run, as far as its processes are recognised by it. */
export interface Run {
  runId: string;
  wrapper: ProcessIdentity;
  watchdog: ProcessIdentity;
  agent: ProcessIdentity;
  cgroupPids?: ReadonlySet<number>;
}

/** `nobody`: it has a cookie that says so; `watcher`: wrapper, watchdog, and what they run; `unknown`: nothing ties it. */
type Owner = Run | 'nobody' | 'watcher' | 'unknown';

/**
 * Which processes count for which run, each for one at most: by its cookie, else by the pane, else as its nearest
 * ancestor, else by the control group. One pass for all runs, each process decided once; a tree that is to be ended is
 * looked at one by one instead (`treeOf`). Pure.
 *
 * @returns an entry for every run, without zombies, wrappers, watchdogs and their helpers.
 */
export function ownersOf(runs: readonly Run[], table: readonly Process[]): Map<string, Process[]> {
  const byPid = new Map(table.map((process) => [process.pid, process]));
  const marks = marksOf(runs, byPid);
  const owners = new Map<number, Owner>();
  const owned = new Map<string, Process[]>(runs.map(({ runId }) => [runId, []]));
  for (const process of table) {
    const owner = ownerOf(process, byPid, marks, owners);
    if (typeof owner !== 'string' && !process.zombie) owned.get(owner.runId)?.push(process);
  }
  return owned;
}

/** What runs are recognised by, looked up by a number or a cookie. */
interface Marks {
  watchers: ReadonlySet<number>;
  agents: ReadonlyMap<number, Run>;
  cookies: ReadonlyMap<string, Run>;
  panes: ReadonlyMap<number, Run>;
  cgroups: ReadonlyMap<number, Run>;
}

function marksOf(runs: readonly Run[], byPid: ReadonlyMap<number, Process>): Marks {
  const lives = ({ pid, startTime }: ProcessIdentity): boolean => byPid.get(pid)?.startTime === startTime;
  // A pid that was used again means nothing; a leader that has gone leaves its number to its session.
  const isFree = ({ pid }: ProcessIdentity): boolean => !byPid.has(pid);
  const panes = new Map<number, Run>();
  for (const run of runs) {
    if (lives(run.wrapper) || (isFree(run.wrapper) && !panes.has(run.wrapper.pid))) panes.set(run.wrapper.pid, run);
    if (lives(run.agent)) panes.set(run.agent.pid, run);
  }
  return {
    panes,
    watchers: new Set(runs.flatMap(({ wrapper, watchdog }) => [wrapper, watchdog].filter(lives).map(({ pid }) => pid))),
    agents: new Map(runs.filter(({ agent }) => lives(agent)).map((run) => [run.agent.pid, run])),
    cookies: new Map(runs.map((run) => [run.runId, run])),
    cgroups: new Map(runs.flatMap((run) => [...(run.cgroupPids ?? [])].map((pid) => [pid, run] as const))),
  };
}

/** Goes up to the first ancestor that is decided, and down again deciding: nobody is looked at twice. */
function ownerOf(
  process: Process,
  byPid: ReadonlyMap<number, Process>,
  marks: Marks,
  owners: Map<number, Owner>,
): Owner {
  const path: Process[] = [];
  let at: Process | undefined = process;
  while (at !== undefined && !owners.has(at.pid)) {
    // In a table that was read while it changed parents may stand in a circle.
    owners.set(at.pid, 'unknown');
    path.push(at);
    at = at.pid <= 1 ? undefined : byPid.get(at.parentPid);
  }
  let owner = (at && owners.get(at.pid)) ?? 'unknown';
  for (const one of path.reverse()) {
    owner = decide(one, owner, marks);
    owners.set(one.pid, owner);
  }
  return owner;
}

function decide(process: Process, parents: Owner, marks: Marks): Owner {
  const { pid, cookie } = process;
  if (pid <= 1) return 'unknown';
  if (marks.watchers.has(pid)) return 'watcher';
  const agent = marks.agents.get(pid);
  if (agent) return agent;
  if (cookie !== undefined) return marks.cookies.get(cookie) ?? 'nobody';
  if (parents === 'watcher') return 'watcher';
  const pane = marks.panes.get(process.sessionId) ?? marks.panes.get(process.groupId);
  if (pane) return pane;
  return parents === 'unknown' ? (marks.cgroups.get(pid) ?? 'unknown') : parents;
}
