import { lstatSync } from 'node:fs';
import { statusOf } from '../agent/status.ts';
import { agentDir } from '../store/paths.ts';
import { now, uptimeMs, wallMs } from '../system/clock.ts';
import { exists, livenessOf } from '../system/processes.ts';
import { agentNames, isGone, namesAmong, type Observed, observe, waitsInLine } from './observe.ts';

/** Whoever has provably not changed is looked at anew all the same after so long: a number may be another process's by then. */
const LONGEST_MS = 900_000;
/** So many are sooner asked for one by one than found among thousands. */
const FEW = 16;
/**
 * A change in the same tick as the one before leaves the same time: what was read so soon after a change may be what was
 * there before the next. Two seconds are the coarsest tick of a file system.
 */
const TICK_MS = 2000;

interface Known {
  agent: Observed;
  /** Of its directory and its reports: what changes when anything in them is made, renamed or removed. */
  mark: string;
  readAtMs: number;
}

/**
 * Looks at agents again and again. Of most nothing has happened since: their files are not read anew, and of their
 * processes it is only asked whether they are there. What is done to an agent rests on a look at all of it (`reconcile`).
 */
export class Lookout {
  readonly #stateDir: string;
  #known = new Map<string, Known>();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /**
   * Every agent that has not been archived, as of now.
   *
   * @param only - the names of those that are meant; default: all.
   */
  look(only?: ReadonlySet<string>): Observed[] {
    const at = now();
    const known = new Map<string, Known>();
    const isMeant = (name: string): boolean => only === undefined || only.has(name);
    const names =
      only !== undefined && only.size <= FEW
        ? namesAmong(this.#stateDir, only)
        : agentNames(this.#stateDir).filter(isMeant);
    const agents = names.flatMap((name) => {
      const one = this.#again(name, at) ?? this.#anew(name, at);
      if (one === undefined) return [];
      if (one.mark !== undefined) known.set(name, { ...one, mark: one.mark });
      return [one.agent];
    });
    this.#known = known;
    return agents;
  }

  #again(name: string, at: ReturnType<typeof now>): Known | undefined {
    const before = this.#known.get(name);
    if (before === undefined || at.uptimeMs - before.readAtMs > LONGEST_MS) return undefined;
    if (markOf(before.agent.directory)?.mark !== before.mark || !isAsItWas(before.agent)) return undefined;
    const evidence = { ...before.agent.evidence, now: at };
    return { ...before, agent: { ...before.agent, evidence, status: statusOf(evidence) } };
  }

  #anew(name: string, at: ReturnType<typeof now>): (Omit<Known, 'mark'> & { mark: string | undefined }) | undefined {
    const directory = agentDir(this.#stateDir, name);
    // Before the reading: what changes meanwhile is read again.
    const seen = markOf(directory);
    const agent = observe(directory, name, false, at);
    if (isGone(agent)) return undefined;
    const settled = seen !== undefined && wallMs() - seen.changedMs > TICK_MS && maySettle(agent);
    return { agent, mark: settled ? seen.mark : undefined, readAtMs: uptimeMs() };
  }
}

/**
 * Has ended as its wrapper says, and waits for its teardown; or waits in line; or runs, with everyone who is to be there. None
 * of them is asked for anything. Of all others each look is a look at all.
 */
function maySettle({ status, evidence: { files, processes, whereabouts } }: Observed): boolean {
  if (files.unreadReports.length > 0) return false;
  if (files.sentinel.state === 'there') return status.phase === 'ended';
  if (files.stopOrder.state !== 'absent' || files.verdict.state !== 'absent') return false;
  if (waitsInLine(files)) return status.phase === 'queued';
  return (
    (status.phase === 'running' || status.phase === 'waiting' || status.phase === 'done') &&
    whereabouts === 'here' &&
    processes.agent === 'alive' &&
    processes.wrapper === 'alive' &&
    processes.watchdog === 'alive'
  );
}

/** Where nothing has changed in its files: whether they tell of processes, and these are there. */
function isAsItWas({ evidence: { files } }: Observed): boolean {
  if (files.sentinel.state === 'there' || waitsInLine(files)) return true;
  if (files.started.state !== 'there') return false;
  const { agent, wrapper, watchdog } = files.started.value;
  // Its parent is tmux, which may be stopped: then it stays in the table when it has ended.
  return livenessOf(wrapper) === 'alive' && exists(agent.pid) && exists(watchdog.pid);
}

function markOf(directory: string): { mark: string; changedMs: number } | undefined {
  try {
    const own = lstatSync(directory);
    const reports = lstatSync(`${directory}/reports`);
    return {
      mark: `${own.ino} ${own.mtimeMs} ${own.ctimeMs} ${reports.ino} ${reports.mtimeMs}`,
      changedMs: Math.max(own.ctimeMs, reports.ctimeMs),
    };
  } catch {
    return undefined; // moved to the archive, or what the agent put in their place
  }
}
