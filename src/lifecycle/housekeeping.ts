import { existsSync } from 'node:fs';
import { removeAbandonedLocks } from '../store/lock.ts';
import { removeHalfMade } from '../store/new-agent.ts';
import { agentsDir } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { removeAbandonedDrafts } from '../store/write-record.ts';
import { launcherDied } from './launcher-died.ts';
import { lockContext } from './lock-context.ts';

/** Removes what launchers and managers that died left behind, and nobody else will. */
export function housekeeping(stateDir: StateDir): void {
  if (!existsSync(agentsDir(stateDir.path))) return;
  removeHalfMade(stateDir.path, launcherDied);
  removeAbandonedLocks(agentsDir(stateDir.path), lockContext());
  // Whoever starts a manager may die at that as well.
  removeAbandonedLocks(stateDir.path, lockContext());
  removeAbandonedDrafts(stateDir.path);
}
