import type { ManagerStatus } from '../store/generated/types.ts';
import { isManagerHeld } from '../store/manager-file.ts';
import { managerLogFile } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { now } from '../system/clock.ts';
import { usageOf } from '../system/processes.ts';
import { livingManager } from './living-manager.ts';
import { observeAll } from './observe.ts';
import { reconcile } from './reconcile.ts';
import { Surroundings } from './surroundings.ts';

/** Whether a manager lives, what it watches, and what it costs: looked up, never stored. */
export async function managerStatus(stateDir: StateDir): Promise<ManagerStatus> {
  const living = livingManager(stateDir);
  const usage = living && usageOf(living);
  const agents = observeAll(stateDir.path);
  const count = (fits: (phase: string) => boolean): number => agents.filter(({ status }) => fits(status.phase)).length;
  return {
    schemaVersion: 1,
    running: living !== undefined,
    held: isManagerHeld(stateDir.path),
    pid: living?.pid ?? null,
    version: living?.version ?? null,
    startedAt: living?.startedAt ?? null,
    watching: {
      live: count((phase) => phase !== 'ended' && phase !== 'unknown'),
      ended: count((phase) => phase === 'ended'),
      unknown: count((phase) => phase === 'unknown'),
    },
    nextDeadline: await nextDeadline(stateDir, agents),
    memoryBytes: usage?.memoryBytes ?? null,
    cpuSeconds: usage?.cpuSeconds ?? null,
    log: managerLogFile(stateDir.path),
  };
}

async function nextDeadline(
  stateDir: StateDir,
  agents: ReturnType<typeof observeAll>,
): Promise<ManagerStatus['nextDeadline']> {
  const surroundings = new Surroundings(stateDir, agents, { write: false });
  const at = now();
  let next: { uptimeMs: number; name: string } | undefined;
  for (const agent of agents) {
    const { name, runId } = agent;
    if (runId === undefined) continue;
    const options = { circumstances: surroundings.of(agent), seen: agent, dryRun: true };
    const { action, nextAtMs } = await reconcile(stateDir, { name, runId }, options);
    const dueAtMs = action.do === 'nothing' ? nextAtMs : at.uptimeMs;
    if (dueAtMs !== undefined && dueAtMs < (next?.uptimeMs ?? Number.POSITIVE_INFINITY))
      next = { uptimeMs: dueAtMs, name };
  }
  return next ? { at: new Date(at.wallMs + next.uptimeMs - at.uptimeMs).toISOString(), name: next.name } : null;
}
