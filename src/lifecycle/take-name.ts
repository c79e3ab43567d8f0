import { BusyError } from '../errors.ts';
import type { Spec } from '../store/generated/types.ts';
import { claimName } from '../store/new-agent.ts';
import type { StateDir } from '../store/state-dir.ts';
import { archiveEnded } from './archive-ended.ts';
import { observeNamed } from './observe.ts';
import { stop } from './stop.ts';

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
    if (holder.status.phase === 'unknown' || holder.runId === undefined) {
      throw new BusyError(
        `the name ${spec.name} is taken by an agent of which nothing can be said (${holder.status.reason}): choose another, or see "agentctl status ${spec.name}"`,
      );
    }
    if (holder.status.phase !== 'ended') {
      if (!replace) {
        throw new BusyError(
          `the name ${spec.name} is taken by an agent that is ${holder.status.phase}: choose another, stop it with "agentctl stop ${spec.name}", or use --replace`,
        );
      }
      await stop(stateDir, [holder], { by: 'agentctl spawn --replace' });
    }
    await archiveEnded(stateDir, holder);
  }
}
