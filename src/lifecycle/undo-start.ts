import { renameSync, rmSync } from 'node:fs';
import type { Started } from '../agent/evidence.ts';
import { readClaim } from '../store/agent-files.ts';
import type { Spec } from '../store/generated/types.ts';
import { agentDir, newAgentDir } from '../store/paths.ts';
import type { StateDir } from '../store/state-dir.ts';
import { closeSession, closeSessionNamed, type Pane } from '../system/tmux.ts';
import type { TmuxServer } from '../system/tmux-client.ts';
import { killTree } from './end-tree.ts';
import { type Observed, observeNamed } from './observe.ts';

/** A start that failed leaves nothing: no session, no process, no directory. */
export async function undoStart(
  stateDir: StateDir,
  server: TmuxServer,
  spec: Spec,
  pane: Pane | undefined,
): Promise<void> {
  if (!(await endStart(stateDir, server, spec, pane))) return;
  // Out of sight first: the wrapper may still be writing.
  const trash = newAgentDir(stateDir.path, spec.runId);
  renameSync(agentDir(stateDir.path, spec.name), trash);
  rmSync(trash, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/**
 * The same, but that its directory stays.
 *
 * @returns false where its name is another's by now, or nobody's.
 */
export async function endStart(
  stateDir: StateDir,
  server: TmuxServer,
  spec: Spec,
  pane: Pane | undefined,
): Promise<boolean> {
  if (observeNamed(stateDir.path, spec.name)?.runId !== spec.runId) return false;
  // Without its pane's id, when tmux took the order and its client died: whoever holds the name owns the session.
  await (pane ? closeSession(server, pane) : closeSessionNamed(server, spec.name)).catch(() => {});
  // Only now: it may have started meanwhile. And whether or not tmux could be told to end it: where no process is left,
  // not even its client starts.
  const agent = observeNamed(stateDir.path, spec.name);
  if (agent?.runId !== spec.runId) return false;
  const begun = startedOf(agent);
  if (begun) await killTree(spec.runId, begun, false);
  return true;
}

/** Whom a start has brought to life; of one that never proved itself all there is stands in its wrapper's session. */
function startedOf({ directory, evidence: { files, now: at } }: Observed): Started | undefined {
  if (files.started.state === 'there') return files.started.value;
  const wrapper = readClaim(directory);
  if (wrapper === undefined || files.spec.state !== 'there') return undefined;
  return {
    agent: wrapper,
    wrapper,
    watchdog: wrapper,
    place: files.spec.value.place,
    tmux: { serverPid: 0, session: '', pane: '' },
    spare: files.spec.value.spare,
    cgroup: null,
    uptimeMs: at.uptimeMs,
    startedAtMs: at.wallMs,
  };
}
