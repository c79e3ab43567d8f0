import { wordsOf } from '../errors.ts';
import type { StateDir } from '../store/state-dir.ts';
import { pause } from '../system/clock.ts';
import { prune } from './prune.ts';
import { retention } from './retention.ts';

/** After each removal: whoever keeps caps has more to do than this. */
const REST_MS = 5;

/** What one pass over the archive came to. */
export interface PrunePass {
  removed: number;
  bytes: number;
  /** What was due and is still there, and why; undefined where that is nothing. */
  problem: string | undefined;
}

/**
 * What the manager, or a sweep where none lives, does about retention: one pass over the archive. Never fails: a limit that cannot be read, or an archive
 * that cannot be written, is a problem to be told, and nothing is removed.
 */
export async function pruneAsConfigured(stateDir: StateDir): Promise<PrunePass> {
  const pass: PrunePass = { removed: 0, bytes: 0, problem: undefined };
  try {
    for await (const { name, runId, bytes, problem } of prune(stateDir, retention())) {
      if (problem !== undefined) pass.problem ??= `${name}.${runId}: ${problem}`;
      else {
        pass.removed++;
        pass.bytes += bytes;
      }
      await pause(REST_MS);
    }
  } catch (error) {
    pass.problem = wordsOf(error);
  }
  return pass;
}
