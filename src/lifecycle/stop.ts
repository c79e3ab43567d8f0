import type { VerdictStep } from '../agent/evidence.ts';
import { AgentctlError, refusal } from '../errors.ts';
import type { Agent } from '../store/generated/types.ts';
import { orderStop } from '../store/orders-file.ts';
import type { StateDir } from '../store/state-dir.ts';
import { now, pause } from '../system/clock.ts';
import { nextProcessTable, self } from '../system/processes.ts';
import { archiveEnded } from './archive-ended.ts';
import { describe } from './describe.ts';
import { ensureManager, type ManagerWish } from './ensure-manager.ts';
import { leftBehind, sayLeft } from './leftovers.ts';
import { type AgentReference, resolve } from './list.ts';
import { type Observed, observeArchived, observeNamed } from './observe.ts';
import { reconcile } from './reconcile.ts';

export interface StopOptions extends ManagerWish {
  /** From TERM to KILL; default: the agent's own. */
  killAfterMs?: number | undefined;
  /** Who asks, for the record. */
  by: string;
}

/** A stop that has no end by then meets something that cannot be killed. */
export const STUCK_MS = 60_000;

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
  // All are looked at before one is ordered: an order that nobody carries out would say "stopping" for ever.
  for (const { status, runId, name } of agents) {
    if (status.phase !== 'unknown' && runId !== undefined) continue;
    throw new AgentctlError(
      `the agent ${name} cannot be stopped from here: ${status.reason}; "agentctl tmux kill-session -t =${name}" closes its terminal`,
    );
  }
  // It goes on with what we ordered, should we be ended meanwhile.
  if (agents.some(({ status }) => status.phase !== 'ended')) await ensureManager(stateDir, options);
  const stopped = await Promise.allSettled(agents.map((agent) => stopOne(stateDir, agent, options)));
  const failed = stopped.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return stopped.flatMap((result) => (result.status === 'fulfilled' ? [describe(result.value)] : []));
}

async function stopOne(stateDir: StateDir, agent: Observed, options: StopOptions): Promise<Observed> {
  const { name, directory } = agent;
  const runId = agent.runId ?? '';
  if (agent.status.phase === 'ended') return tearDown(stateDir, agent);
  const { spec } = agent.evidence.files;
  const killAfterMs = options.killAfterMs ?? (spec.state === 'there' ? spec.value.limits.killAfterMs : 0);
  const at = now();
  const order = { atMs: at.wallMs, uptimeMs: at.uptimeMs, killAfterMs, by: options.by, stopper: self() };
  try {
    orderStop(directory, runId, order);
  } catch (error) {
    throw new AgentctlError(
      `it cannot be put down that ${name} is to stop (${refusal(error)}): see that ${stateDir.path} can be written`,
      { cause: error },
    );
  }
  const deadline = at.uptimeMs + killAfterMs + STUCK_MS;
  let killNow = false;
  let over = false;
  for (;;) {
    const { action, nextAtMs } = await reconcile(stateDir, { name, runId }, { graceMs: null, order, killNow });
    const current = observeNamed(stateDir.path, name);
    if (current?.runId !== runId) return observeArchived(stateDir.path, name, runId) ?? agent;
    if (current.status.phase === 'ended') {
      // It ended by itself as it was to be stopped: what it left running must go all the same.
      if (!wasEnded(current)) return tearDown(stateDir, current);
      if (isTreeGone(current)) return current;
      // On a full disk the verdict could not be told so. One look for all that are stopped at once.
      if (over && action.do === 'kill' && leftBehind(current, await nextProcessTable()).length === 0) return current;
      over = true;
    }
    if (now().uptimeMs > deadline) {
      const left = leftBehind(current);
      throw new AgentctlError(
        `the agent ${name} did not end: ${left.length > 0 ? sayLeft(left) : 'its processes cannot be killed'}; see "agentctl status ${name}"`,
      );
    }
    // A TERM that could not be put down (a full disk, a damaged verdict) is not to be sent again and again.
    if (action.do === 'term' && current.evidence.files.verdict.state !== 'there') {
      await untilEndedOr(stateDir, current, at.uptimeMs + killAfterMs);
      killNow = true;
    } else await pause(Math.min(50, Math.max(5, (nextAtMs ?? 0) - now().uptimeMs)));
  }
}

async function tearDown(stateDir: StateDir, agent: Observed): Promise<Observed> {
  if (agent.evidence.files.archived) return agent;
  await archiveEnded(stateDir, agent);
  return observeArchived(stateDir.path, agent.name, agent.runId) ?? agent;
}

async function untilEndedOr(stateDir: StateDir, { name, runId }: Observed, uptimeMs: number): Promise<void> {
  while (now().uptimeMs < uptimeMs) {
    const current = observeNamed(stateDir.path, name);
    if (current?.runId !== runId || current?.status.phase === 'ended') return;
    await pause(50);
  }
}

/** Whether it was made to end: its verdict has a TERM, whatever became of it. */
function wasEnded(agent: Observed): boolean {
  return hasStep(agent, 'term') || isTreeGone(agent);
}

/** Its verdict says that its whole tree was seen to be gone. */
function isTreeGone(agent: Observed): boolean {
  return hasStep(agent, 'ended');
}

function hasStep({ evidence }: Observed, wanted: VerdictStep['step']): boolean {
  const { verdict } = evidence.files;
  return verdict.state === 'there' && verdict.value.steps.some(({ step }) => step === wanted);
}
