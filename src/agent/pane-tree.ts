import type { ProcessIdentity } from './evidence.ts';
import { byPidOf, type Member, type Process, servesEveryone } from './tree.ts';

export interface PaneTree {
  /** What the panes run: each leads a session and a process group. */
  panes: readonly ProcessIdentity[];
  /** Who was seen in this tree before: whoever has lost its parent since is in it all the same, with what it starts. */
  known: readonly Member[];
  /** The cookies that the panes themselves were started with: they tell nobody apart. */
  cookies: ReadonlySet<string>;
  /** Pids that are never in a tree: ourselves, our ancestors, tmux servers. */
  never: ReadonlySet<number>;
}

/**
 * The processes of some panes that are no agent's (see `treeOf` for an agent's): session, process group, descendants,
 * and whoever was one of these before. No cookie tells them from others: so who has left the session and lost its parent
 * before the first look is not found, and an agent that was started from there is not theirs. Without daemons that
 * serve everyone and what lives below them, unless they are in a pane's session. Pure.
 */
export function paneTree(of: PaneTree, processes: readonly Process[]): { members: Member[]; spared: Member[] } {
  const byPid = byPidOf(processes);
  const isMember = new Map(of.known.map((member) => [idOf(member.process), member.why]));
  // Known ones that lead a session of their own: it stays theirs when they have gone.
  const leaders = of.known.map(({ process }) => process).filter(({ pid, sessionId }) => pid === sessionId);
  const panes = leadersIn(of.panes, byPid);
  const sessions = leadersIn(leaders, byPid);
  const ties = new Map<number, Member['why'] | 'spared' | undefined>();

  const decide = (process: Process): Member['why'] | 'spared' | undefined => {
    if (process.pid <= 1 || of.never.has(process.pid)) return undefined;
    if (panes.has(process.sessionId)) return 'session';
    if (panes.has(process.groupId)) return 'group';
    const before = isMember.get(idOf(process));
    if (before !== undefined) return before;
    // An agent's, or said to be its own: nor is what stands below it ours.
    if (process.cookie !== undefined && !of.cookies.has(process.cookie)) return undefined;
    const parents = ties.get(process.parentPid);
    const tie = parents ?? (sessions.has(process.sessionId) ? 'session' : undefined);
    if (tie === undefined || tie === 'spared') return tie;
    if (servesEveryone(process)) return 'spared';
    return parents === undefined ? tie : 'descendant';
  };

  // Goes up to the first ancestor that is decided, and down again deciding: nobody is looked at twice.
  const tieOf = (process: Process): Member['why'] | 'spared' | undefined => {
    const path: Process[] = [];
    for (let at: Process | undefined = process; at && !ties.has(at.pid); at = byPid.get(at.parentPid)) {
      // In a table that was read while it changed parents may stand in a circle.
      ties.set(at.pid, undefined);
      path.push(at);
    }
    for (const one of path.reverse()) ties.set(one.pid, decide(one));
    return ties.get(process.pid);
  };

  const members: Member[] = [];
  const spared: Member[] = [];
  for (const process of processes) {
    const tie = tieOf(process);
    if (tie === undefined || process.zombie) continue;
    if (tie === 'spared') spared.push({ process, why: 'descendant' });
    else members.push({ process, why: tie });
  }
  return { members, spared };
}

/** The numbers of those who still have them, or whose number nobody has: only then is a session of that number theirs. */
function leadersIn(leaders: readonly ProcessIdentity[], byPid: ReadonlyMap<number, Process>): Set<number> {
  const theirs = leaders.filter(({ pid, startTime }) => (byPid.get(pid)?.startTime ?? startTime) === startTime);
  return new Set(theirs.map(({ pid }) => pid));
}

function idOf({ pid, startTime }: ProcessIdentity): string {
  return `${pid} ${startTime}`;
}

/**
 * What a pane is busy with: of the processes in the foreground of its terminal the one furthest down, the oldest of
 * several; where nobody is, what the pane runs. Pure.
 *
 * @param foregroundGroup - of the pane's terminal; undefined where it cannot be known.
 */
export function busyWith(
  pane: ProcessIdentity,
  foregroundGroup: number | undefined,
  processes: readonly Process[],
): ProcessIdentity {
  const byPid = byPidOf(processes);
  const depth = (process: Process): number => {
    let steps = 0;
    const seen = new Set<number>();
    for (let at: Process | undefined = process; at && at.pid !== pane.pid && !seen.has(at.pid); steps++) {
      seen.add(at.pid);
      at = byPid.get(at.parentPid);
    }
    return steps;
  };
  const inFront = processes.filter(
    ({ groupId, sessionId, zombie }) => groupId === foregroundGroup && sessionId === pane.pid && !zombie,
  );
  const [deepest] = inFront
    .map((process) => ({ process, depth: depth(process) }))
    .sort((a, b) => b.depth - a.depth || Number(a.process.startTime) - Number(b.process.startTime));
  return deepest?.process ?? pane;
}
