import { BusyError } from '../errors.ts';
import type { Spec } from '../store/generated/types.ts';
import { claimName } from '../store/new-agent.ts';
import type { StateDir } from '../store/state-dir.ts';
import { type Observed, observeNamed } from './observe.ts';

/** Others may want the same name at the same time. */
const TRIES_FOR_A_NAME = 5;

/**
 * Takes a name for an agent that has been made: an ended one of that name is archived first, a live one stopped only
 * where that was asked for.
 *
 * @throws {BusyError} when somebody else has it.
 */
export async function takeName(stateDir: StateDir, spec: Spec, replace: boolean): Promise<void> {
  for (let tries = 0; ; tries++) {
    if (claimName(stateDir.path, spec)) return;
    // Given up before another one is stopped, never after: somebody would have lost an agent for nothing.
    if (tries === TRIES_FOR_A_NAME) {
      throw new BusyError(`the name ${spec.name} was taken again and again while this tried to take it: try another`);
    }
    const holder = observeNamed(stateDir.path, spec.name);
    if (holder === undefined) continue;
    refuseHeld(holder, replace);
    // Only now: to end one takes much that nobody else loads who spawns.
    const [{ archiveEnded }, { stop }] = await Promise.all([import('./archive-ended.ts'), import('./stop.ts')]);
    if (holder.status.phase !== 'ended') await stop(stateDir, [holder], { by: 'agentctl spawn --replace' });
    await archiveEnded(stateDir, holder);
  }
}

/** @throws {BusyError} where this agent keeps others from its name. */
export function refuseHeld({ name, runId, status: { phase, reason } }: Observed, replace: boolean): void {
  if (phase === 'unknown' || runId === undefined) {
    throw new BusyError(
      `the name ${name} is taken by an agent of which nothing can be said (${reason}): choose another, or see "agentctl status ${name}"`,
    );
  }
  if (phase === 'ended' || replace) return;
  throw new BusyError(
    `the name ${name} is taken by an agent that is ${phase}: choose another, stop it with "agentctl stop ${name}", or use --replace`,
  );
}
