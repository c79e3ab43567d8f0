import { closeSync, constants, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Action } from '../agent/decide.ts';
import { codeOf, wordsOf } from '../errors.ts';
import type { Spec } from '../store/generated/types.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import { createVerdict } from '../store/verdict-file.ts';
import { now } from '../system/clock.ts';
import { serverPid } from '../system/tmux-client.ts';
import type { StartedSession } from '../system/tmux-session.ts';
import { putBack, takePlaces } from './in-line.ts';
import { type Observed, observeNamed } from './observe.ts';
import { deadlineVariable } from './prepare-launch.ts';
import { sessionOf } from './session-of.ts';
import { settings } from './settings.ts';
import { emptyFiles, makeReady, proofOfStart, startSession } from './start.ts';
import { endStart } from './undo-start.ts';

/**
 * Starts an agent that has waited in line. The caller holds its lock.
 *
 * Where tmux does not take the order it waits on; where its wrapper took it and came to nothing, it has ended: whoever
 * spawned it was told that it will be started, and has to hear that it was not.
 *
 * @returns false where its place has been taken meanwhile.
 * @throws {AgentctlError} where it could not be started.
 */
export async function launchQueued(stateDir: StateDir, agent: Observed): Promise<boolean> {
  const { directory, runId = '' } = agent;
  // First: a manager lives on, and what it could not go on with would be "starting" for as long.
  const server = makeReady(stateDir);
  const spec = (await takePlaces(stateDir, [{ runId, directory }])).get(runId);
  if (spec === undefined) return false;
  let session: StartedSession | undefined;
  try {
    setDeadline(agent, spec);
    emptyFilesThatAre(spec);
    // A server that answers nobody would start it when it goes on, and by then it is put back.
    await serverPid(server);
    session = await startSession(server, sessionOf(spec, settings()), undefined);
  } catch (error) {
    // What stands there by now may be another's, where somebody removed it.
    if (await endStart(stateDir, server, spec, undefined)) putBack(directory, spec);
    throw error;
  }
  try {
    await proofOfStart(stateDir, spec, session.program);
  } catch (error) {
    const isThere = await endStart(stateDir, server, spec, session.pane);
    // Its wrapper may have put down how it ended.
    if (isThere && observeNamed(stateDir.path, agent.name)?.status.phase !== 'ended')
      giveUp(stateDir, directory, runId, { cause: 'lost', reason: wordsOf(error) });
    throw error;
  }
  return true;
}

/** Puts down why an agent has ended of which nothing was ever started. */
export function giveUp(
  stateDir: StateDir,
  directory: string,
  runId: string,
  { cause, reason }: Pick<Extract<Action, { do: 'cancel' }>, 'cause' | 'reason'>,
): void {
  createVerdict(directory, runId, { cause, reason, steps: [{ step: 'ended', at: now() }] });
  // Nobody will read it any more, and there are secrets in it.
  rmSync(join(directory, 'env'), { force: true });
  ringBell(stateDir.path);
}

/** Of a path that leads nowhere any more. */
const ASTRAY: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ELOOP'];

/** A file that went astray while it waited, launch.sh cannot open either: then it ends, and lets the next in. */
function emptyFilesThatAre(spec: Spec): void {
  try {
    emptyFiles(spec);
  } catch (error) {
    if (!ASTRAY.includes(codeOf(error))) throw error;
  }
}

/** Its cap counts from now, and may have been moved since it was spawned. */
function setDeadline({ directory, evidence: { files } }: Observed, { queue }: Spec): void {
  const deadline = deadlineVariable(Date.parse(queue?.launched?.at ?? ''), files.capMs ?? null);
  const line = deadline === undefined ? 'unset AGENTCTL_DEADLINE\n' : `export AGENTCTL_DEADLINE=${deadline}\n`;
  try {
    const env = openSync(join(directory, 'env'), constants.O_WRONLY | constants.O_APPEND);
    try {
      writeFileSync(env, line);
    } finally {
      closeSync(env);
    }
  } catch (error) {
    // Whoever began with it died: without it launch.sh ends at once.
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
