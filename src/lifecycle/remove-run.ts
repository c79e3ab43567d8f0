import { archivedAgentDir } from '../store/paths.ts';
import { lookAtPlace, removeArchived } from '../store/remove-archived.ts';
import { addRemoved } from '../store/removed-file.ts';
import type { StateDir } from '../store/state-dir.ts';
import { endedRun } from './ended-run.ts';
import { observe, wasRemoved } from './observe.ts';

/**
 * Removes an archived agent, and puts down before that what it came to: counters must not fall with it.
 *
 * @returns how many bytes its files had; undefined where somebody else was faster.
 * @throws the system's error; what was out of sight by then, the next prune removes.
 */
export async function removeRun(stateDir: StateDir, name: string, runId: string): Promise<number | undefined> {
  const directory = archivedAgentDir(stateDir.path, name, runId);
  // What a link leads to is none of the archive's, and was never counted.
  const isDirectory = lookAtPlace(directory)?.isDirectory ?? false;
  const agent = isDirectory ? observe(directory, name, true) : undefined;
  const run = agent && endedRun(agent);
  // Who was faster has put it down; what we read in the meantime may be half of it.
  const isTold = run === undefined || wasRemoved(agent as NonNullable<typeof agent>) || addRemoved(stateDir.path, run);
  const bytes = await removeArchived(stateDir.path, `${name}.${runId}`);
  // A full disk has room now.
  if (run !== undefined && !isTold) addRemoved(stateDir.path, run);
  return bytes;
}
