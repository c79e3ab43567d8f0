import { closeSync, openSync } from 'node:fs';
import type { ProcessIdentity } from '../agent/evidence.ts';
import { AgentctlError } from '../errors.ts';
import { BellListener } from '../store/bell.ts';
import type { Agent, Spec } from '../store/generated/types.ts';
import { removeHalfMade } from '../store/new-agent.ts';
import { packageRoot } from '../store/package-root.ts';
import { prepareStateDir, type StateDir } from '../store/state-dir.ts';
import { uptimeMs } from '../system/clock.ts';
import { livenessOf } from '../system/processes.ts';
import { type TmuxServer, tmuxProgram } from '../system/tmux-client.ts';
import { type NewSession, newSession, type StartedSession } from '../system/tmux-session.ts';
import { describe } from './describe.ts';
import { launcherDied } from './launcher-died.ts';
import { type Observed, observeArchived, observeNamed } from './observe.ts';
import { tellNews } from './tell.ts';
import { tmuxServer } from './tmux-server.ts';

// What a start consists of, whoever starts it: `spawn` at once, a batch many, a manager one that has waited in line.

/** How long tmux and the wrapper may take to prove the start on a machine that is loaded to the brim. */
export const START_DEADLINE_MS = 60_000;
export const START_POLL_MS = 50;

/** Refuses before anything is made, or stopped for --replace, what would refuse all agents. */
export function makeReady(stateDir: StateDir): TmuxServer {
  prepareStateDir(stateDir);
  tmuxProgram();
  removeHalfMade(stateDir.path, launcherDied);
  return tmuxServer(stateDir);
}

/** Only now: what stood in them may be of an agent that was to be replaced. */
export function emptyFiles({ stdout, stderr }: Spec): void {
  for (const file of [stdout, stderr]) if (file !== null) closeSync(openSync(file, 'w'));
}

/** @throws {AgentctlError} when tmux refuses. */
export async function startSession(
  server: TmuxServer,
  session: NewSession,
  onWarning: ((sentence: string) => void) | undefined,
): Promise<StartedSession> {
  const { complaints, ...started } = await newSession(server, session);
  for (const complaint of complaints) onWarning?.(`tmux.conf: ${complaint}`);
  return started;
}

/** Waits until this very run proves its start: its name may be another's by then, and it in the archive. */
export async function proofOfStart(
  stateDir: StateDir,
  spec: Spec,
  wrapper: ProcessIdentity | undefined,
): Promise<Agent> {
  return untilThere(stateDir, (isLate) => startedAgent(stateDir, spec, { wrapper, isLate }));
}

/**
 * The agent, once its wrapper has proved that it runs; undefined before.
 *
 * @throws {AgentctlError} where it will not any more, or is too late.
 */
export function startedAgent(
  stateDir: StateDir,
  spec: Spec,
  { wrapper, isLate }: { wrapper: ProcessIdentity | undefined; isLate: boolean },
): Agent | undefined {
  const isGone = livenessOf(wrapper) === 'dead'; // before the look: the proof may have come meanwhile
  const agent = thisRun(stateDir, spec);
  if (agent?.evidence.files.started.state === 'there') {
    tellNews(stateDir, agent);
    return describe(agent);
  }
  // Where a call to tmux was tried again, the first wrapper may be at it, and the last one have given up.
  const hasNoWrapper = isGone && agent?.evidence.processes.wrapper === 'dead';
  if (agent !== undefined && agent.status.phase !== 'ended' && !hasNoWrapper && !isLate) return undefined;
  const reason = hasNoWrapper ? 'its wrapper ended before it could start it' : agent?.status.reason;
  const why = reason ?? 'somebody removed it';
  throw new AgentctlError(
    `the agent ${spec.name} did not start (${why}): look at "agentctl doctor", and that ${packageRoot()} can be read`,
  );
}

/**
 * What has become of one that stands in line.
 *
 * @throws {AgentctlError} where somebody has removed it.
 */
export function inLine(stateDir: StateDir, spec: Spec): Agent {
  const agent = thisRun(stateDir, spec);
  if (agent) return describe(agent);
  throw new AgentctlError(`the agent ${spec.name} was removed before it was started: spawn it again`);
}

/**
 * The same once it is not being started any more: a manager may have been faster, and whoever is told of it shall hear that
 * it runs. It may also have been put back, and wait on.
 *
 * @throws {AgentctlError} where somebody has removed it.
 */
export async function startedOrInLine(stateDir: StateDir, spec: Spec): Promise<Agent> {
  return untilThere(stateDir, (isLate) => {
    const agent = inLine(stateDir, spec);
    return agent.phase !== 'starting' || isLate ? agent : undefined;
  });
}

/** What a look gives, at the first that gives something; `isLate` once a start may take no longer. */
async function untilThere(stateDir: StateDir, look: (isLate: boolean) => Agent | undefined): Promise<Agent> {
  const deadline = uptimeMs() + START_DEADLINE_MS;
  const bell = new BellListener(stateDir.path);
  try {
    for (;;) {
      const agent = look(uptimeMs() > deadline);
      if (agent) return agent;
      await bell.next(START_POLL_MS);
    }
  } finally {
    bell.close();
  }
}

/** As it is now, torn down or not; undefined where somebody has removed it. */
function thisRun(stateDir: StateDir, { name, runId }: Spec): Observed | undefined {
  const current = observeNamed(stateDir.path, name);
  return current?.runId === runId ? current : observeArchived(stateDir.path, name, runId);
}
