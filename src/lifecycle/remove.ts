import { renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { BusyError } from '../errors.ts';
import { newAgentDir } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { archiveEnded } from './archive-ended.ts';
import { parseReference } from './list.ts';
import { isBeyondKnowing, type Observed, observeNamed } from './observe.ts';
import { removeRun } from './remove-run.ts';

/**
 * Removes an ended agent's directory, torn down first. A damaged one, which nobody can tear down, is removed as it is.
 *
 * @throws {BusyError} when it is not ended.
 */
export async function remove(stateDir: StateDir, agent: Observed): Promise<void> {
  const { name, runId, directory } = agent;
  if (agent.evidence.files.archived) {
    // What its records say may be damaged.
    const entry = parseReference(basename(directory));
    return void (await removeRun(stateDir, entry.name, entry.runId ?? ''));
  }
  await archiveEnded(stateDir, agent);
  if (runId !== undefined && observeNamed(stateDir.path, name)?.runId !== runId) {
    return void (await removeRun(stateDir, name, runId));
  }
  if (!isBeyondKnowing(agent)) throw new BusyError(`${name} could not be torn down: try again`);
  // Out of sight first, so that nobody reads half of it.
  const trash = newAgentDir(stateDir.path, `removed${process.pid}`);
  renameSync(directory, trash);
  rmSync(trash, { recursive: true, force: true });
}
