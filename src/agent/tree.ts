import type { ProcessIdentity } from './evidence.ts';

/** One process, as the process table has it. */
export interface Process extends ProcessIdentity {
  parentPid: number;
  groupId: number;
  sessionId: number;
  zombie: boolean;
  /** The user who owns it. */
  uid: number;
  /** Its name, as the kernel keeps it: 15 bytes at most. */
  name: string;
  /** The value of AGENTCTL_RUN_ID in its environment; undefined where there is none or it cannot be read. */
  cookie: string | undefined;
  /** Its environment can be read, and has neither a HOME nor what systemd gives its services: as `env -i` makes it. */
  bareEnvironment: boolean;
  hasTerminal: boolean;
  /** Processor time, its own and of the children that it waited for: in clock ticks, 100 a second. */
  cpuTicks: number;
  memoryBytes: number;
}

/** A process of an agent's tree, and what ties it to the agent. */
export interface Member {
  process: Process;
  why: 'session' | 'group' | 'descendant' | 'cookie' | 'cgroup';
}

/**
 * Whether a process had left its agent, by what tied it to the agent in the end: out of its session, its process group and
 * its line of descent, and found only by the run id in its environment, or by the control group.
 *
 * @param why - of a {@link Member}, or as a verdict has it.
 * @example isEscapee('cookie') // true
 */
export function isEscapee(why: string): boolean {
  return why === 'cookie' || why === 'cgroup';
}

export interface TreeOf {
  runId: string;
  /** The session and the process group of the pane: the wrapper's pid. */
  wrapper: ProcessIdentity;
  agent: ProcessIdentity;
  /** Pids that are never in a tree: ourselves, our ancestors, tmux servers, managers, wrapper and watchdog until the sentinel is there. */
  never: ReadonlySet<number>;
  uid: number;
  /** The pids in the agent's control group; empty where it has none. */
  inCgroup: ReadonlySet<number>;
  /** Names of daemons that are spared besides our own list. */
  spare: readonly string[];
}

/** Daemons that serve everyone: an agent that happens to start one does not own it. The wrapper's list is the same. */
const SPARED = /^(tmux|gradle|bazel|(ssh-agent|gpg-agent|sccache|watchman|adb)$)/;

/**
 * The processes of one agent: descendants, session, process group, and everything of this user that carries the run's
 * cookie, or is in its control group and has no cookie; without daemons that serve everyone and what lives below them. Pure.
 */
export function treeOf(run: TreeOf, processes: readonly Process[]): { members: Member[]; spared: Member[] } {
  const byPid = byPidOf(processes);
  const members: Member[] = [];
  const spared: Member[] = [];
  for (const process of candidates(run, processes)) {
    if (process.pid <= 1 || process.zombie || run.never.has(process.pid)) continue;
    const why = tie(run, process, byPid);
    if (why === undefined) continue;
    const inPane = why === 'session' || why === 'group';
    (!inPane && belowDaemon(run, process, byPid) ? spared : members).push({ process, why });
  }
  return { members, spared };
}

/** All that could be tied to an agent, in the table's order: to look at everyone for each of hundreds would take minutes. */
function candidates(run: TreeOf, processes: readonly Process[]): Process[] {
  const { byPid, byParent, bySession, byGroup, byCookie } = indexOf(processes);
  const { wrapper, agent, runId, inCgroup } = run;
  const found = new Set<Process | undefined>([
    ...(bySession.get(wrapper.pid) ?? []),
    ...(bySession.get(agent.pid) ?? []),
    ...(byGroup.get(wrapper.pid) ?? []),
    ...(byCookie.get(runId) ?? []),
    ...[...inCgroup].map((pid) => byPid.get(pid)),
  ]);
  const above = new Set([agent.pid]);
  for (const pid of above) {
    for (const child of byParent.get(pid) ?? []) {
      found.add(child);
      above.add(child.pid);
    }
  }
  return processes.filter((process) => found.has(process));
}

function tie(run: TreeOf, process: Process, byPid: ReadonlyMap<number, Process>): Member['why'] | undefined {
  // A pid that was used again leads a session of its own: the pane's is only meant while its leader is, or was, ours.
  const leader = byPid.get(run.wrapper.pid);
  const paneIsOurs = leader === undefined || leader.startTime === run.wrapper.startTime;
  if (paneIsOurs && process.sessionId === run.wrapper.pid) return 'session';
  // An agent that called setsid left the pane, and may have no cookie: it leads a session of its own, itself in it.
  if (process.sessionId === run.agent.pid && byPid.get(run.agent.pid)?.startTime === run.agent.startTime)
    return 'session';
  if (paneIsOurs && process.groupId === run.wrapper.pid) return 'group';
  const carriesCookie = process.cookie === run.runId;
  if (carriesCookie && process.uid !== run.uid) return undefined;
  // Another cookie, or one that was emptied on purpose, says: not yours, nor what stands below me.
  if (process.cookie !== undefined && !carriesCookie) return undefined;
  for (const ancestor of ancestors(process, byPid)) {
    if (ancestor.pid === run.agent.pid) {
      if (ancestor.startTime === run.agent.startTime) return 'descendant';
      break;
    }
    if (ancestor.cookie !== undefined && ancestor.cookie !== run.runId) return carriesCookie ? 'cookie' : undefined;
  }
  // The cookie says more than the line of descent, but who has both has not escaped.
  if (carriesCookie) return 'cookie';
  // A group is inherited by all who are started in it, so that what was said to be its own may be in there too: it is
  // evidence, and the last. (Another user's, as sudo makes it, we could not end, and would report as left for ever.)
  const isOurs = process.uid === run.uid || run.uid === 0;
  return isOurs && run.inCgroup.has(process.pid) ? 'cgroup' : undefined;
}

/**
 * Processes that nothing ties to an agent, although it may have started them: what `env -i setsid` makes and what has
 * then lost its parent. Only a control group finds those; without one they are named, never signalled. On a desktop
 * hundreds of this user's processes are younger than an agent: all of those have a terminal, a parent, or at least a
 * HOME, and what systemd starts has an INVOCATION_ID. Pure.
 */
export function suspectsOf(run: TreeOf, processes: readonly Process[]): Process[] {
  const { byPid, bare } = indexOf(processes);
  return bare.filter((process) => {
    const { pid } = process;
    if (pid <= 1 || run.never.has(pid) || process.uid !== run.uid || servesEveryone(process, run.spare)) return false;
    const isOrphan = process.parentPid === 1 || byPid.get(process.parentPid)?.name === 'systemd';
    const isYounger = Number(process.startTime) >= Number(run.agent.startTime);
    return isOrphan && isYounger && tie(run, process, byPid) === undefined;
  });
}

/** Whether a process is one of the daemons that serve everyone, by its name; `spare` are names besides our own. */
export function servesEveryone({ name }: Pick<Process, 'name'>, spare: readonly string[] = []): boolean {
  return SPARED.test(name) || spare.includes(name);
}

/** The pane lives below a tmux server, ours, and an agent may be called like a daemon: the walk up ends at either. */
function belowDaemon(run: TreeOf, process: Process, byPid: ReadonlyMap<number, Process>): boolean {
  if (servesEveryone(process, run.spare)) return true;
  for (const ancestor of ancestors(process, byPid)) {
    if (ancestor.pid === run.wrapper.pid || ancestor.pid === run.agent.pid) return false;
    if (servesEveryone(ancestor, run.spare)) return true;
  }
  return false;
}

/** A process table, by what ties its processes to each other. */
interface Index {
  byPid: ReadonlyMap<number, Process>;
  byParent: ReadonlyMap<number, readonly Process[]>;
  bySession: ReadonlyMap<number, readonly Process[]>;
  byGroup: ReadonlyMap<number, readonly Process[]>;
  byCookie: ReadonlyMap<string, readonly Process[]>;
  /** Without a cookie, a terminal, or anything that even a daemon's environment holds. */
  bare: readonly Process[];
}

/** Of each table once: whoever ends hundreds of agents looks for each of them in the same one, several times. */
const indexes = new WeakMap<readonly Process[], Index>();

function indexOf(processes: readonly Process[]): Index {
  const known = indexes.get(processes);
  if (known) return known;
  const index: Index = {
    byPid: new Map(processes.map((process) => [process.pid, process])),
    byParent: groupedBy(processes, ({ parentPid }) => parentPid),
    bySession: groupedBy(processes, ({ sessionId }) => sessionId),
    byGroup: groupedBy(processes, ({ groupId }) => groupId),
    byCookie: groupedBy(processes, ({ cookie }) => cookie),
    bare: processes.filter(
      ({ cookie, bareEnvironment, hasTerminal, zombie }) =>
        cookie === undefined && bareEnvironment && !hasTerminal && !zombie,
    ),
  };
  indexes.set(processes, index);
  return index;
}

function groupedBy<K>(processes: readonly Process[], keyOf: (process: Process) => K | undefined): Map<K, Process[]> {
  const groups = new Map<K, Process[]>();
  for (const process of processes) {
    const key = keyOf(process);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(process);
    else groups.set(key, [process]);
  }
  return groups;
}

export function byPidOf(processes: readonly Process[]): ReadonlyMap<number, Process> {
  return indexOf(processes).byPid;
}

export function childrenOf(pid: number, processes: readonly Process[]): readonly Process[] {
  return indexOf(processes).byParent.get(pid) ?? [];
}

export function inSession(id: number, processes: readonly Process[]): readonly Process[] {
  return indexOf(processes).bySession.get(id) ?? [];
}

function* ancestors(process: Process, byPid: ReadonlyMap<number, Process>): Generator<Process> {
  const seen = new Set<number>();
  for (let pid = process.parentPid; pid > 1 && !seen.has(pid); ) {
    seen.add(pid);
    const ancestor = byPid.get(pid);
    if (ancestor === undefined) return;
    yield ancestor;
    pid = ancestor.parentPid;
  }
}

/** The pids from a process up to init: they are never in a tree that the process itself ends. */
export function lineage(pid: number, processes: readonly Process[]): number[] {
  const byPid = byPidOf(processes);
  const own = byPid.get(pid);
  return own === undefined ? [pid] : [pid, ...[...ancestors(own, byPid)].map((ancestor) => ancestor.pid)];
}
