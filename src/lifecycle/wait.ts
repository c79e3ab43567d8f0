import { BellListener } from '../store/bell.ts';
import type { Agent } from '../store/generated/types.ts';
import { agentDir } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { uptimeMs } from '../system/clock.ts';
import { describe } from './describe.ts';
import { ensureManager } from './ensure-manager.ts';
import { type AgentReference, resolve } from './list.ts';
import { livingManager } from './living-manager.ts';
import { Lookout } from './lookout.ts';
import { isBeyondKnowing, type Observed, observeArchived, observeNamed, wasRemoved } from './observe.ts';

/** An agent whose wrapper and watchdog were both killed rings no bell: the process table is asked this often. */
const POLL_MS = 250;
/** Who is done, idle or past its cap ends by the manager's hand: one that was killed is missed this much later. */
const MANAGER_EVERY_MS = 10_000;

/** Of more, the bell has to do: a user has a number of watches, and others need some. */
const MOST_WATCHED = 64;

/** What can be waited for. `done` is also reached by one that has ended as succeeded: it may have been torn down since. */
export type Awaited = 'done' | 'waiting' | 'ended';

export interface WaitOptions {
  /** Default: ended. Whoever ends otherwise is yielded too: nothing else will come of it. */
  for?: Awaited | undefined;
  /** Hears of each agent that begins to wait for a person, as often as it does. */
  onWaiting?: ((agent: Agent) => void) | undefined;
  /** Give up after this many milliseconds; null or undefined waits for ever. */
  timeoutMs?: number | null | undefined;
  signal?: AbortSignal | undefined;
}

/** One that was waited for is gone with its record: somebody removed it. */
export interface Removed {
  name: string;
  removed: true;
}

/**
 * Yields each agent as it ends, or gets to what it is waited for, in the order of their ends. Stops early, without the
 * rest, when the time has passed or the signal was given.
 *
 * @throws {UnknownAgentError} for a name that is none.
 * @example for await (const ended of wait(openStateDir(), [{ name: 'tests' }])) console.log(ended);
 */
export async function* wait(
  stateDir: StateDir,
  agents: readonly AgentReference[],
  options: WaitOptions = {},
): AsyncGenerator<Agent | Removed> {
  // A name is bound to the run that has it now: a later one is another agent.
  const left = new Set(agents.map((agent) => (agent.runId ? agent : resolve(stateDir, agent))));
  const deadline =
    options.timeoutMs === null || options.timeoutMs === undefined
      ? Number.POSITIVE_INFINITY
      : uptimeMs() + options.timeoutMs;
  const told = new Map<AgentReference, number | undefined>();
  const lookout = new Lookout(stateDir.path);
  let managerAtMs = uptimeMs();
  const bell = new BellListener(stateDir.path);
  for (const { name } of [...left].slice(0, MOST_WATCHED))
    bell.hearRenameOf(`${agentDir(stateDir.path, name)}/exit.tmp`);
  const abort = (): void => bell.close();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    while (!options.signal?.aborted) {
      const found: (Agent | Removed)[] = [];
      let needsManager = false;
      const there = new Map(lookout.look(new Set([...left].map(({ name }) => name))).map((one) => [one.name, one]));
      for (const agent of left) {
        const seen = there.get(agent.name);
        if (seen !== undefined && isSame(seen, agent)) {
          if (isOver(seen) || seen.status.phase === options.for) {
            left.delete(agent);
            found.push(describe(seen));
            continue;
          }
          needsManager ||= seen.evidence.whereabouts === 'here';
          const waitsSinceMs = seen.status.phase === 'waiting' ? seen.evidence.files.report?.atMs : undefined;
          if (waitsSinceMs !== undefined && told.get(agent) !== waitsSinceMs) options.onWaiting?.(describe(seen));
          told.set(agent, waitsSinceMs);
          continue;
        }
        const past = pastOf(stateDir, agent);
        if (past === undefined) continue;
        left.delete(agent);
        found.push(past);
      }
      yield* found.sort((a, b) => endOf(a) - endOf(b));
      const timeLeft = deadline - uptimeMs();
      if (left.size === 0 || timeLeft <= 0) return;
      if (needsManager && uptimeMs() >= managerAtMs) {
        managerAtMs += MANAGER_EVERY_MS;
        if (!livingManager(stateDir)) await ensureManager(stateDir, {});
      }
      await bell.next(Math.min(POLL_MS, timeLeft));
    }
  } finally {
    bell.close();
    options.signal?.removeEventListener('abort', abort);
  }
}

function isSame(seen: Observed, { runId }: AgentReference): boolean {
  return !runId || seen.runId === runId || seen.runId === undefined;
}

/** Nothing more will come of it. */
function isOver(seen: Observed): boolean {
  return seen.status.phase === 'ended' || isBeyondKnowing(seen);
}

/** What has become of one that was not there; undefined where it is all the same, which the next look tells. */
function pastOf(stateDir: StateDir, { name, runId }: AgentReference): Agent | Removed | undefined {
  const archived = observeArchived(stateDir.path, name, runId ?? undefined);
  const past = archived && describe(archived);
  if (archived !== undefined && !wasRemoved(archived)) return past;
  // Unless it was moved to the archive between the two looks.
  const current = observeNamed(stateDir.path, name);
  return current !== undefined && isSame(current, { name, runId }) ? undefined : { name, removed: true };
}

function endOf(end: Agent | Removed): number {
  return 'removed' in end || end.endedAt === null ? 0 : Date.parse(end.endedAt);
}
