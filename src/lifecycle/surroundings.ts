import { type Activity, currentSample, type Measurement, remember, sampleEveryMs } from '../agent/activity.ts';
import type { Company, Started } from '../agent/evidence.ts';
import { nextInLine } from '../agent/queue.ts';
import { readActivity, writeActivity } from '../store/activity-file.ts';
import type { StateDir } from '../store/state-dir.ts';
import { awakeMs } from '../system/clock.ts';
import { argumentsOf } from '../system/processes.ts';
import { seenSessions } from '../system/tmux.ts';
import { scanTree } from './end-tree.ts';
import { membersOf } from './in-line.ts';
import { livingManager } from './living-manager.ts';
import { isRunning, measure } from './measure.ts';
import type { Meter } from './meter.ts';
import type { Observed } from './observe.ts';
import type { Circumstances } from './reconcile.ts';
import { tmuxServer } from './tmux-server.ts';

/**
 * An agent is measured this often for its resources, if its idleness does not ask for more: with 500 of them a look at
 * the process table, and at what is remembered of each, is most of what a manager costs.
 */
const MEASURE_EVERY_MS = 120_000;

/** What was measured of an agent, for whoever looks again and again. */
interface Remembered {
  activity: Activity;
  /** As it stands on disk; undefined where nothing does. */
  written: Activity | undefined;
}
export type Memory = Map<string, Remembered>;

/** What an agent's own files and processes do not tell: looked up at most once for all agents of one look. */
export class Surroundings {
  readonly #stateDir: StateDir;
  readonly #agents: readonly Observed[];
  readonly #measured: ReadonlyMap<string, Remembered>;
  readonly #current: ReadonlyMap<string, Measurement>;
  #next: ReadonlySet<string> | undefined;
  #sessions: ReturnType<typeof seenSessions> | undefined;

  /**
   * @param agents - all of the state directory.
   * @param options - `memory`: what was measured of whom before, for whoever looks again and again; `write`: whether to
   *   remember it; `meter`: theirs, too; `onlyIfDue`: where a manager measures all of them, only those who may be idle.
   */
  constructor(
    stateDir: StateDir,
    agents: readonly Observed[],
    options: { memory?: Memory; write: boolean; meter?: Meter; onlyIfDue?: boolean },
  ) {
    this.#stateDir = stateDir;
    this.#agents = agents;
    const memory: Memory = options.memory ?? new Map();
    const running = agents.filter(isRunning);
    for (const { runId, directory } of running) {
      const known = memory.has(runId) ? undefined : readActivity(directory, runId);
      if (known) memory.set(runId, { activity: known, written: known });
    }
    const at = awakeMs();
    const areMeasured = options.onlyIfDue && livingManager(stateDir) !== undefined;
    // Whoever looks once must see how busy each is now, however short ago somebody else has measured it.
    const due = running.filter((agent) => {
      const known = memory.get(agent.runId)?.activity;
      if (options.memory) return isDue(at - lastLook(known), agent);
      return !areMeasured || mayBeIdle(known, at, agent);
    });
    this.#current = due.length === 0 ? new Map() : (options.meter?.measure(due) ?? measure(due));
    for (const agent of due) {
      const seen = this.#current.get(agent.runId);
      if (seen === undefined) continue;
      const known = memory.get(agent.runId);
      const maxIdleMs = maxIdleOf(agent);
      const activity = remember(known?.activity, seen, maxIdleMs);
      const isNews = options.write && isWorthWriting(activity, known?.written, maxIdleMs);
      if (isNews) writeActivity(agent.directory, agent.runId, activity);
      memory.set(agent.runId, { activity, written: isNews ? activity : known?.written });
    }
    this.#measured = memory;
  }

  /** Whether it was measured in this look: only then can it be found idle. */
  hasMeasured({ runId = '' }: Observed): boolean {
    return this.#current.has(runId);
  }

  /** What a decision on this agent may rest on besides what was observed of it. */
  of(agent: Observed): Circumstances {
    return {
      activity: this.#activityOf(agent),
      company: () => this.#companyOf(agent),
      parentEnded: this.#parentEnded(agent),
      mayStart: agent.status.phase === 'queued' ? this.#isNext(agent) : undefined,
    };
  }

  #activityOf({ runId }: Observed): Circumstances['activity'] {
    const memory = runId === undefined ? undefined : this.#measured.get(runId)?.activity;
    if (memory === undefined) return undefined;
    const seen = runId === undefined ? undefined : this.#current.get(runId);
    // Not the last sample: it may have begun to work since.
    return { memory, current: seen && currentSample(memory, seen) };
  }

  #isNext({ runId = '' }: Observed): boolean {
    this.#next ??= nextInLine(membersOf(this.#agents));
    return this.#next.has(runId);
  }

  #parentEnded(agent: Observed): boolean | undefined {
    const { spec } = agent.evidence.files;
    if (spec.state !== 'there' || spec.value.parent === null) return undefined;
    const { name, runId } = spec.value.parent;
    const parent = this.#agents.find((other) => other.runId === runId);
    if (parent !== undefined) return parent.status.phase === 'ended';
    // One whose spec.json cannot be read does not say which run it is.
    return this.#agents.some((other) => other.name === name && other.runId === undefined) ? undefined : true;
  }

  async #companyOf(agent: Observed): Promise<Company> {
    const { started } = agent.evidence.files;
    const nobody = { attached: false, typedAtMs: undefined, liveChildren: [], waits: false };
    // Pids and sessions of another boot or another container are other people's.
    if (started.state !== 'there' || agent.runId === undefined || agent.evidence.whereabouts !== 'here') return nobody;
    const seen = await this.#seenBy(started.value);
    const children = this.#agents.filter(
      ({ evidence, status }) =>
        evidence.files.spec.state === 'there' &&
        evidence.files.spec.value.parent?.runId === agent.runId &&
        status.phase !== 'ended',
    );
    const ended = agent.status.phase === 'ended';
    return {
      ...seen,
      liveChildren: children.map(({ name }) => name),
      waits: !ended && waitsForAgents(agent.runId, started.value),
    };
  }

  async #seenBy({ tmux }: Started): Promise<Pick<Company, 'attached' | 'typedAtMs'>> {
    this.#sessions ??= seenSessions(tmuxServer(this.#stateDir)).catch(() => undefined);
    const seen = await this.#sessions;
    // No answer from a server that lives (its socket was removed, say) proves nothing.
    if (seen === undefined) return { attached: isTmux(tmux.serverPid) ? undefined : false, typedAtMs: undefined };
    const session = seen.serverPid === tmux.serverPid ? seen.sessions.get(tmux.session) : undefined;
    return { attached: session?.attached ?? false, typedAtMs: session?.typedAtMs };
  }
}

function maxIdleOf({ evidence }: Observed): number | null {
  return evidence.files.spec.state === 'there' ? evidence.files.spec.value.limits.maxIdleMs : null;
}

/**
 * Whoever has done nothing since is not written down each time: a thousand files that say the same would be most of what a
 * manager costs. In time for the next one, which takes a gap for a time in which nobody looked.
 */
function isWorthWriting(now: Activity, written: Activity | undefined, maxIdleMs: number | null): boolean {
  if (written === undefined || now.cpuMs !== written.cpuMs || now.peakMemoryBytes !== written.peakMemoryBytes)
    return true;
  if (maxIdleMs === null) return false;
  const hasPrinted = now.samples.at(-1)?.outputBytes !== written.samples.at(-1)?.outputBytes;
  const beganAnew = now.samples[0]?.awakeMs !== written.samples[0]?.awakeMs;
  return hasPrinted || beganAnew || now.lookedAtMs - written.lookedAtMs >= maxIdleMs / 4;
}

/** Also whoever was looked at in the future: what is remembered of it is wrong. */
function isDue(agoMs: number, agent: Observed): boolean {
  const maxIdleMs = maxIdleOf(agent);
  const everyMs = maxIdleMs === null ? MEASURE_EVERY_MS : Math.min(MEASURE_EVERY_MS, sampleEveryMs(maxIdleMs));
  return agoMs < 0 || agoMs >= everyMs;
}

/**
 * By what the manager puts down: nobody has been idle for max idle who was not watched for so long. Also whoever it puts
 * nothing down of: it may be held up, and whoever looks once is all there is.
 */
function mayBeIdle(known: Activity | undefined, atMs: number, agent: Observed): boolean {
  const maxIdleMs = maxIdleOf(agent);
  if (known === undefined) return true;
  if (maxIdleMs === null) return false;
  const first = known.samples[0]?.awakeMs ?? Number.NEGATIVE_INFINITY;
  return atMs - first >= maxIdleMs || atMs - known.lookedAtMs >= maxIdleMs / 2 || known.lookedAtMs > atMs;
}

function lastLook(activity: Activity | undefined): number {
  return activity?.lookedAtMs ?? Number.NEGATIVE_INFINITY;
}

/** Whether something in the tree is an `agentctl wait`: it will go on when others have ended. */
function waitsForAgents(runId: string, started: Started): boolean {
  return scanTree(runId, started, true).members.some(({ process }) => isWait(argumentsOf(process.pid)));
}

/** `[node] …/agentctl [--state-dir DIR] wait …`, and no prompt that only speaks of it. */
function isWait(words: readonly string[]): boolean {
  const program = words.slice(0, 2).findIndex((word) => /(^|\/)agentctl$/.test(word));
  if (program < 0) return false;
  const rest = words.slice(program + 1);
  while (rest[0]?.startsWith('-')) rest.splice(0, rest[0] === '--state-dir' ? 2 : 1);
  return rest[0] === 'wait';
}

function isTmux(pid: number): boolean {
  return /(^|\/)tmux(:|$)/.test(argumentsOf(pid)[0] ?? '');
}
