import { AgentctlError } from '../errors.ts';
import type { Agent } from '../store/generated/types.ts';
import { orderStop } from '../store/orders-file.ts';
import type { StateDir } from '../store/state-dir.ts';
import { now, pause } from '../system/clock.ts';
import { archiveEnded } from './archive-ended.ts';
import { describe } from './describe.ts';
import { type AgentReference, resolve } from './list.ts';
import { type Observed, observe, observeArchived, observeNamed } from './observe.ts';
import { reconcile } from './reconcile.ts';

export interface StopOptions {
  /** From TERM to KILL; default: the agent's own. */
  killAfterMs?: number | undefined;
  /** Who asks, for the record. */
  by: string;
}

/** A stop that has no end by then meets something that cannot be killed. */
const STUCK_MS = 60_000;

/**
 * Ends agents, each with its whole tree, and returns them as they ended. One that has ended already is torn down without
 * waiting for its grace: whoever orders a stop wants nothing of it to be left.
 *
 * @example await stop(openStateDir(), [{ name: 'tests' }], { by: 'my script' });
 * @throws {UnknownAgentError} for a name that is none.
 * @throws {AgentctlError} for an agent whose processes cannot be known from here, or cannot be killed.
 */
export async function stop(
  stateDir: StateDir,
  references: readonly AgentReference[],
  options: StopOptions,
): Promise<Agent[]> {
  const agents = references.map((reference) => resolve(stateDir, reference));
  for (const agent of agents) {
    if (agent.status.phase === 'unknown' || agent.runId === undefined) {
      throw new AgentctlError(`the agent ${agent.name} cannot be stopped from here: ${agent.status.reason}`);
    }
    if (agent.status.phase === 'ended') continue;
    const { spec } = agent.evidence.files;
    const own = spec.state === 'there' ? spec.value.limits.killAfterMs : 0;
    orderStop(agent.directory, agent.runId, { at: now(), killAfterMs: options.killAfterMs ?? own, by: options.by });
  }
  const stopped = await Promise.all(agents.map((agent) => untilStopped(stateDir, agent, options)));
  return stopped.map((agent) => describe(agent));
}

async function untilStopped(stateDir: StateDir, agent: Observed, options: StopOptions): Promise<Observed> {
  const { name, runId, directory } = agent;
  if (runId === undefined) return agent;
  const { spec } = agent.evidence.files;
  const killAfterMs = options.killAfterMs ?? (spec.state === 'there' ? spec.value.limits.killAfterMs : 0);
  const deadline = now().uptimeMs + killAfterMs + STUCK_MS;
  if (agent.status.phase === 'ended') {
    if (!agent.evidence.files.archived) await archiveEnded(stateDir, agent);
    return observeArchived(stateDir.path, name, runId) ?? agent;
  }
  for (;;) {
    const { nextAtMs } = await reconcile(stateDir, { name, runId }, null);
    const current = observeNamed(stateDir.path, name);
    if (current?.runId !== runId) return observeArchived(stateDir.path, name, runId) ?? agent;
    if (isOver(current)) return observe(directory, name);
    if (now().uptimeMs > deadline) {
      throw new AgentctlError(
        `the agent ${name} did not end: look at "agentctl inspect ${name}" for what could not be killed`,
      );
    }
    await pause(Math.min(50, Math.max(5, (nextAtMs ?? 0) - now().uptimeMs)));
  }
}

/** Ended, and where it was made to end, with its tree verified gone. */
function isOver({ status, evidence }: Observed): boolean {
  if (status.phase !== 'ended') return false;
  const { verdict } = evidence.files;
  return (
    verdict.state !== 'there' ||
    verdict.value.steps.every(({ step }) => step !== 'term') ||
    verdict.value.steps.some(({ step }) => step === 'ended')
  );
}
