import type { StateDir } from '../store/state-dir.ts';
import type { AgentReference } from './list.ts';
import { observeNamed } from './observe.ts';
import { reconcile } from './reconcile.ts';

/** Tears down an agent that has ended, without waiting for its grace; its name is free then. */
export async function archiveEnded(stateDir: StateDir, { name, runId }: AgentReference): Promise<void> {
  if (!runId) return;
  // At most: conclude, end the leftovers, tear down.
  for (let pass = 0; pass < 5 && observeNamed(stateDir.path, name)?.runId === runId; pass++) {
    await reconcile(stateDir, { name, runId }, { graceMs: 0 });
  }
}
