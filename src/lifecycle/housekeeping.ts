import { existsSync } from 'node:fs';
import { isName } from '../agent/name.ts';
import { rotateEvents } from '../store/events-file.ts';
import { removeAbandonedLocks } from '../store/lock.ts';
import { removeHalfMade } from '../store/new-agent.ts';
import { agentDir, agentsDir } from '../store/paths.ts';
import { removeHidden } from '../store/remove-archived.ts';
import { sumUpRemoved } from '../store/removed-file.ts';
import type { StateDir } from '../store/state-dir.ts';
import { removeAbandonedDrafts } from '../store/write-record.ts';
import { closeSessionById, deadPanes } from '../system/tmux.ts';
import { launcherDied } from './launcher-died.ts';
import { lockContext } from './lock-context.ts';
import { archivedRuns } from './observe.ts';
import { tmuxServer } from './tmux-server.ts';

/**
 * Removes what launchers, managers and prunes that died left behind, and nobody else will. What stands among the agents is
 * removed before this returns; only tmux is waited for, and what may be large.
 */
export async function housekeeping(stateDir: StateDir): Promise<void> {
  if (!existsSync(agentsDir(stateDir.path))) return;
  removeHalfMade(stateDir.path, launcherDied);
  removeAbandonedLocks(agentsDir(stateDir.path), lockContext());
  // Whoever starts a manager may die at that as well.
  removeAbandonedLocks(stateDir.path, lockContext());
  removeAbandonedDrafts(stateDir.path);
  rotateEvents(stateDir.path);
  sumUpRemoved(stateDir.path, () => new Set(archivedRuns(stateDir.path).map(({ runId }) => runId)));
  await closeStraySessions(stateDir);
  await removeHidden(stateDir.path);
}

/** Of starts that failed where there was no process left for tmux's client to be run by. */
async function closeStraySessions(stateDir: StateDir): Promise<void> {
  const server = tmuxServer(stateDir);
  if (!existsSync(server.socket)) return;
  for (const { session, command } of await deadPanes(server).catch(() => [])) {
    const [, name = ''] = /\/agent-wrapper"? agents\/(\S+)$/.exec(command) ?? [];
    // A name is taken before its session is made, and given up after that is closed.
    if (isName(name) && !existsSync(agentDir(stateDir.path, name)))
      await closeSessionById(server, session).catch(() => {});
  }
}
