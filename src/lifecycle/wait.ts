import { BellListener } from '../store/bell.ts';
import type { Agent } from '../store/generated/types.ts';
import type { StateDir } from '../store/state-dir.ts';
import { uptimeMs } from '../system/clock.ts';
import { describe } from './describe.ts';
import { type AgentReference, resolve } from './list.ts';
import { isBeyondKnowing, observeArchived, observeNamed } from './observe.ts';

/** An agent whose wrapper and watchdog were both killed rings no bell: the process table is asked this often. */
const POLL_MS = 250;

export interface WaitOptions {
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
 * Yields each agent as it ends, in the order of their ends. Stops early, without the rest, when the time has passed or the signal was given.
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
  const bell = new BellListener(stateDir.path);
  const abort = (): void => bell.close();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    while (!options.signal?.aborted) {
      const found: (Agent | Removed)[] = [];
      for (const agent of left) {
        const end = look(stateDir, agent);
        if (end === undefined) continue;
        left.delete(agent);
        found.push(end);
      }
      yield* found.sort((a, b) => endOf(a) - endOf(b));
      const timeLeft = deadline - uptimeMs();
      if (left.size === 0 || timeLeft <= 0) return;
      await bell.next(Math.min(POLL_MS, timeLeft));
    }
  } finally {
    bell.close();
    options.signal?.removeEventListener('abort', abort);
  }
}

function look(stateDir: StateDir, { name, runId }: AgentReference): Agent | Removed | undefined {
  const current = observeNamed(stateDir.path, name);
  if (current !== undefined && (!runId || current.runId === runId || current.runId === undefined)) {
    return current.status.phase === 'ended' || isBeyondKnowing(current) ? describe(current) : undefined;
  }
  const archived = observeArchived(stateDir.path, name, runId ?? undefined);
  if (archived !== undefined) return describe(archived);
  // It may have been moved to the archive between the two looks.
  return observeNamed(stateDir.path, name)?.runId === runId ? undefined : { name, removed: true };
}

function endOf(end: Agent | Removed): number {
  return 'removed' in end || end.endedAt === null ? 0 : Date.parse(end.endedAt);
}
