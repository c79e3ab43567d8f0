import type { Agent } from '../store/generated/types.ts';
import type { StateDir } from '../store/state-dir.ts';
import type { StartedSession } from '../system/tmux-session.ts';
import { draft, putDown, type SpawnOptions } from './draft.ts';
import { ensureManager } from './ensure-manager.ts';
import { emptyFiles, makeReady, proofOfStart, startedOrInLine, startSession } from './start.ts';

/**
 * Starts an agent in tmux, and returns once it provably runs; one that has to wait for its place in a queue, once it stands
 * in line.
 *
 * @throws {InvalidInput} when something given does not fit; nothing is left behind then.
 * @throws {BusyError} when the name belongs to a live agent.
 * @throws {AgentctlError} when it cannot be started.
 * @example
 * const agent = await spawn(openStateDir(), { command: ['sh', '-c', 'make test'], name: 'tests' });
 */
export async function spawn(stateDir: StateDir, options: SpawnOptions): Promise<Agent> {
  const drafted = await draft(stateDir, options);
  const { spec } = drafted.agent;
  const server = makeReady(stateDir);
  await putDown(stateDir, drafted);
  // After the name was taken: a manager that is about to leave looks for agents once more when it has said so.
  await ensureManager(stateDir, { noManager: options.noManager, onNote: options.onWarning });
  let session: StartedSession | undefined;
  try {
    if (options.queue) {
      // As a manager would; which may be faster.
      const { reconcile } = await import('./reconcile.ts');
      await reconcile(stateDir, spec, { circumstances: { mayStart: true } });
      return await startedOrInLine(stateDir, spec);
    }
    emptyFiles(spec);
    session = await startSession(server, drafted.session, options.onWarning);
    return await proofOfStart(stateDir, spec, session.program);
  } catch (error) {
    const { undoStart } = await import('./undo-start.ts');
    await undoStart(stateDir, server, spec, session?.pane);
    throw error;
  }
}
