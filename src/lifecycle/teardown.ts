import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerdictCause } from '../agent/evidence.ts';
import { AgentctlError } from '../errors.ts';
import { appendEvent, forgetAnnounced } from '../store/events-file.ts';
import { archivedAgentDir } from '../store/paths.ts';
import { removeSpareRoom } from '../store/spare-room.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import { syncDirectory } from '../store/sync-directory.ts';
import { createVerdict, updateVerdict } from '../store/verdict-file.ts';
import { now } from '../system/clock.ts';
import { nextProcessTable } from '../system/processes.ts';
import { capturePane, closeSession, closeSessionNamed } from '../system/tmux.ts';
import { killTree } from './end-tree.ts';
import { leftBehind } from './leftovers.ts';
import { untilLogIsWhole } from './log-end.ts';
import { type Observed, observeNamed } from './observe.ts';
import { keepPostmortem } from './postmortem.ts';
import { resourcesOf } from './resources.ts';
import { resumeCommand } from './resume-command.ts';
import { tellEscaped, tellNews } from './tell.ts';
import { tmuxServer } from './tmux-server.ts';

/**
 * Closes what has ended: ends what is left of the tree, keeps the last screen and the post-mortem, closes the session, moves
 * the directory to the archive. Each step can be repeated; the move comes last, so that a teardown that died is taken up again.
 */
export async function teardown(stateDir: StateDir, agent: Observed, runId: string): Promise<void> {
  const { files, whereabouts } = agent.evidence;
  const { directory } = agent;
  const started = files.started.state === 'there' ? files.started.value : undefined;
  const server = tmuxServer(stateDir);
  // Before it is out of sight: where no manager lives, nobody else has seen it yet.
  tellNews(stateDir, agent);
  if (started && whereabouts === 'here') {
    await untilLogIsWhole(agent);
    createVerdict(directory, runId, { ...causeOf(agent), steps: [] });
    const resources = resourcesOf(agent); // a control group is gone with its last process
    const swept = mayLeaveRunning(agent)
      ? { ended: [], spared: leftBehind(agent, await nextProcessTable()), survivors: [] }
      : await killTree(runId, started, false);
    const isGone = swept.survivors.length === 0;
    const resume = resumeCommand(agent);
    updateVerdict(directory, { swept, resources, resume, step: isGone ? 'teardown' : undefined, at: now() });
    tellEscaped(stateDir, agent, swept);
    if (!isGone) {
      const left = swept.survivors.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ');
      throw new AgentctlError(`${agent.name} cannot be torn down, since this cannot be killed: ${left}`);
    }
    const screen = await capturePane(server, started.tmux);
    keepScreen(directory, screen);
    await keepPostmortem(stateDir, agent, screen);
    await closeSession(server, started.tmux);
  } else {
    await keepPostmortem(stateDir, agent, undefined);
    // Of one that was never started no session is: whose it is that is called so, nobody knows.
    if (!started && whereabouts === 'here' && wasLaunched(files)) await closeSessionNamed(server, agent.name);
  }
  // A lock can be lost while we waited: what has the name now may be another run's.
  if (observeNamed(stateDir.path, agent.name)?.runId !== agent.runId) return;
  // launch.sh removes its secrets as it reads them, unless it never came to that.
  rmSync(join(directory, 'env'), { force: true });
  removeSpareRoom(directory);
  const { cause, reason } = causeOf(agent);
  renameSync(directory, archivedAgentDir(stateDir.path, agent.name, runId));
  // At once: whoever is killed while a disk is slow has moved it, and nobody else tells of it any more.
  appendEvent(stateDir.path, {
    at: new Date(now().wallMs).toISOString(),
    event: 'torn-down',
    name: agent.name,
    runId,
    cause,
    reason,
  });
  syncDirectory(join(stateDir.path, 'archive'));
  forgetAnnounced(archivedAgentDir(stateDir.path, agent.name, runId));
  ringBell(stateDir.path);
}

function wasLaunched({ spec }: Observed['evidence']['files']): boolean {
  return spec.state !== 'there' || spec.value.queue?.launched !== false;
}

/** `--leave-running` is for an agent's own end: whoever stops it means all of it. */
function mayLeaveRunning({ evidence }: Observed): boolean {
  const { spec, verdict } = evidence.files;
  const stopped = verdict.state === 'there' && verdict.value.steps.some(({ step }) => step === 'term');
  return spec.state === 'there' && spec.value.leaveRunning && !stopped;
}

function keepScreen(directory: string, screen: string | undefined): void {
  if (screen === undefined) return;
  const path = join(directory, 'screen.txt');
  const draft = `${path}.${process.pid}`;
  try {
    // Renamed to its place: a FIFO that the agent put there would hold up whoever tears it down for ever.
    writeFileSync(draft, `${screen.trimEnd()}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch {
    rmSync(draft, { force: true }); // no room, or no place: that must not keep it from being torn down
  }
}

function causeOf({ evidence, status }: Observed): { cause: VerdictCause; reason: string } {
  const { sentinel, verdict } = evidence.files;
  if (verdict.state === 'there') return { cause: verdict.value.cause, reason: status.reason };
  return { cause: sentinel.state === 'there' ? sentinel.value.cause : 'lost', reason: status.reason };
}
