import { linkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Action, type Decision, decide } from '../agent/decide.ts';
import type { Started, StopOrder } from '../agent/evidence.ts';
import { withLock } from '../store/lock.ts';
import { lockFile } from '../store/paths.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import { addStep, addSwept, createVerdict, withdrawTerm } from '../store/verdict-file.ts';
import { now, pause } from '../system/clock.ts';
import { livenessOf, self, signal } from '../system/processes.ts';
import { killTree } from './end-tree.ts';
import { LOG_PATIENCE_MS } from './log-end.ts';
import { type Observed, observe, observeNamed } from './observe.ts';
import { teardown } from './teardown.ts';

/** How long wrapper and watchdog may take to publish once their agent is dead; after that they hang themselves. */
const PUBLISHING_MS = 10_000;

/**
 * Observes one agent, decides, and does the one thing that was decided. Idempotent, level-triggered, safe to run from
 * anywhere at any time, any number of times at once: every effect is either repeatable or an exclusive create.
 *
 * @param run - the run that is meant; a later one of the same name is left alone.
 * @param options - `graceMs` instead of the agent's own grace: 0 tears down what has ended, null never does; `order`, what
 *   the caller wants, where a full disk may have kept it from being put down; `killNow`, that its kill-after has passed.
 */
export async function reconcile(
  stateDir: StateDir,
  run: { name: string; runId: string },
  options: { graceMs?: number | null; order?: StopOrder; killNow?: boolean } = {},
): Promise<Decision> {
  const context = {
    self: self(),
    isAlive: (holder: { pid: number; startTime: string }) => livenessOf(holder) === 'alive',
    pause,
  };
  return withLock(lockFile(stateDir.path, run.runId), context, async (stillHeld) => {
    const agent = observeNamed(stateDir.path, run.name);
    if (agent === undefined || agent.runId !== run.runId || !stillHeld())
      return { action: { do: 'nothing' }, nextAtMs: undefined };
    const { files } = agent.evidence;
    if (options.order && files.stopOrder.state === 'absent') files.stopOrder = { state: 'there', value: options.order };
    const decision: Decision =
      options.killNow && agent.status.phase !== 'ended'
        ? { action: { do: 'kill' }, nextAtMs: undefined }
        : decide(agent.evidence, options.graceMs);
    await carryOut(stateDir, agent, run.runId, decision.action);
    return decision;
  });
}

async function carryOut(stateDir: StateDir, agent: Observed, runId: string, action: Action): Promise<void> {
  const { files } = agent.evidence;
  const started = files.started.state === 'there' ? files.started.value : undefined;
  switch (action.do) {
    case 'nothing':
      return;
    case 'term':
      if (started) term(agent, runId, started, action);
      return;
    case 'kill':
      if (started) await kill(agent, runId, started);
      return;
    case 'conclude':
      await conclude(stateDir, agent, runId, started, action.reason);
      return;
    case 'teardown':
      await teardown(stateDir, agent, runId);
      return;
    default:
      action satisfies never;
  }
}

function term(
  agent: Observed,
  runId: string,
  started: Started,
  { cause, reason }: { cause: Parameters<typeof createVerdict>[2]['cause']; reason: string },
): void {
  const created = createVerdict(agent.directory, runId, { cause, reason, steps: [{ step: 'term', at: now() }] });
  // Another's verdict counts, unless it is of another run: then it must not protect this one for ever.
  if (!created && agent.evidence.files.verdict.state !== 'damaged') return;
  // Read again just before the signal: a natural end wins the race.
  const endedMeanwhile = observe(agent.directory, agent.name).status.phase === 'ended';
  if (endedMeanwhile || signal(started.agent, 'SIGTERM') === 'gone') {
    withdrawTerm(agent.directory);
    return;
  }
  // A stopped process hears TERM only when it runs again.
  signal(started.agent, 'SIGCONT');
}

async function kill(agent: Observed, runId: string, started: Started): Promise<void> {
  const { files } = agent.evidence;
  const killed =
    files.verdict.state === 'there' ? files.verdict.value.steps.find(({ step }) => step === 'kill') : undefined;
  // Over, by its sentinel or because nobody is left who could write one.
  const over = agent.status.phase === 'ended';
  if (!over && killed === undefined) addStep(agent.directory, 'kill', now());
  const swept = await killTree(runId, started, watchersAreBusy(agent, killed?.uptimeMs));
  addSwept(agent.directory, swept);
  // Somebody may have stopped those who are to publish the end, or to go after it.
  signal(started.wrapper, 'SIGCONT');
  signal(started.watchdog, 'SIGCONT');
  // What cannot be killed is not gone: the agent's end is not complete while it lives.
  if (over && swept.survivors.length === 0) addStep(agent.directory, 'ended', now());
}

/** Wrapper and watchdog have the sentinel to publish, and then the log's end mark to print; not for ever. */
function watchersAreBusy({ evidence, status }: Observed, killedUptimeMs: number | undefined): boolean {
  const { files, now: at } = evidence;
  if (files.sentinel.state === 'there') return at.uptimeMs - files.sentinel.value.uptimeMs < LOG_PATIENCE_MS;
  return status.phase !== 'ended' && (killedUptimeMs === undefined || at.uptimeMs - killedUptimeMs < PUBLISHING_MS);
}

/** It ended and nobody is left to say so: publish what was recorded, or put down that it is lost. */
async function conclude(
  stateDir: StateDir,
  agent: Observed,
  runId: string,
  started: Started | undefined,
  reason: string,
): Promise<void> {
  const { files, whereabouts } = agent.evidence;
  // Pids of another boot are other people's: nothing is signalled then.
  const swept = started && whereabouts === 'here' ? await killTree(runId, started, false) : undefined;
  if (files.recorded.state === 'there' && files.recorded.value.how === 'observed') {
    try {
      linkSync(join(agent.directory, 'exit.tmp'), join(agent.directory, 'exit.json'));
      rmSync(join(agent.directory, 'exit.tmp'), { force: true });
    } catch {
      // The watchdog was faster.
    }
  } else {
    createVerdict(agent.directory, runId, { cause: 'lost', reason, steps: [] });
    if (swept) addSwept(agent.directory, swept);
    addStep(agent.directory, 'ended', now());
  }
  ringBell(stateDir.path);
}
