import { linkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beginAnew } from '../agent/activity.ts';
import { type Action, type Decision, decide } from '../agent/decide.ts';
import type { Company, Evidence, Measured, Now, Started, StopOrder } from '../agent/evidence.ts';
import { codeOf } from '../errors.ts';
import { writeActivity } from '../store/activity-file.ts';
import { withLock } from '../store/lock.ts';
import { lockFile } from '../store/paths.ts';
import { writeReport } from '../store/report-file.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import { createVerdict, updateVerdict } from '../store/verdict-file.ts';
import { now } from '../system/clock.ts';
import { signal } from '../system/processes.ts';
import { sayInStatusLine } from '../system/tmux.ts';
import { killTree } from './end-tree.ts';
import { giveUp, launchQueued } from './launch-queued.ts';
import { lockContext } from './lock-context.ts';
import { LOG_PATIENCE_MS } from './log-end.ts';
import { type Observed, observeNamed } from './observe.ts';
import { resourcesOf } from './resources.ts';
import { resumeCommand } from './resume-command.ts';
import { teardown } from './teardown.ts';
import { tell, tellEscaped } from './tell.ts';
import { term, withdrawIfNatural } from './term.ts';
import { tmuxServer } from './tmux-server.ts';

/** How long wrapper and watchdog may take to publish once their agent is dead; after that they hang themselves. */
const PUBLISHING_MS = 10_000;

/** What a decision may rest on besides the agent's own files and processes. */
export interface Circumstances {
  activity?: Measured | undefined;
  /** Asked only where it matters. */
  company?: () => Promise<Company>;
  parentEnded?: boolean | undefined;
  mayStart?: boolean | undefined;
}

export interface ReconcileOptions {
  /** Instead of the agent's own grace: 0 tears down what has ended, null never does. */
  graceMs?: number | null;
  /** What the caller wants, where a full disk may have kept it from being put down. */
  order?: StopOrder;
  /** That its kill-after has passed. */
  killNow?: boolean;
  circumstances?: Circumstances;
  /** How it was seen a moment ago, by whoever looks at all of them. */
  seen?: Observed;
  /** Only decide. */
  dryRun?: boolean;
}

const GONE: Decision = { action: { do: 'nothing' }, nextAtMs: undefined };

/**
 * Observes one agent, decides, and does the one thing that was decided. Idempotent, level-triggered, safe to run from
 * anywhere at any time, any number of times at once: every effect is either repeatable or an exclusive create.
 *
 * @param run - the run that is meant; a later one of the same name is left alone.
 */
export async function reconcile(
  stateDir: StateDir,
  run: { name: string; runId: string },
  options: ReconcileOptions = {},
): Promise<Decision> {
  // Most looks find nothing to do, and need no lock for it.
  const seen = options.seen ?? observeNamed(stateDir.path, run.name);
  if (seen === undefined || seen.runId !== run.runId) return GONE;
  const first = await judge(seen, options);
  if (first.action.do === 'nothing' || options.dryRun) return first;

  return withLock(lockFile(stateDir.path, run.runId), lockContext(), async (stillHeld) => {
    const agent = observeNamed(stateDir.path, run.name);
    if (agent === undefined || agent.runId !== run.runId || !stillHeld()) return GONE;
    const decision = await judge(agent, options);
    if (decision.action.do === 'start') return (await launchQueued(stateDir, agent)) ? decision : GONE;
    try {
      await carryOut(stateDir, agent, run.runId, decision.action, options.circumstances);
    } catch (error) {
      // Where clocks are set, a lock is taken for an old one, and somebody else was faster: it needs nothing any more.
      if (codeOf(error) === 'ENOENT' && observeNamed(stateDir.path, run.name)?.runId !== run.runId) return GONE;
      throw error;
    }
    return decision;
  });
}

/** From TERM to KILL, by its own limits. */
export function killAfterOf({ evidence: { files } }: Observed): number {
  return files.spec.state === 'there' ? files.spec.value.limits.killAfterMs : 0;
}

/**
 * Whether a TERM that was sent to it could not be put down (a full disk, a damaged verdict): whoever sent it has to
 * remember, or it would be sent again and again and never be followed by KILL.
 */
export function isUnwritten({ status, evidence }: Observed): boolean {
  return status.phase !== 'ended' && evidence.files.verdict.state !== 'there';
}

/** Decides, and finds out in whose company the agent is where the decision hangs on that. */
async function judge(agent: Observed, options: ReconcileOptions): Promise<Decision> {
  const { files } = agent.evidence;
  if (options.order && files.stopOrder.state === 'absent') files.stopOrder = { state: 'there', value: options.order };
  if (options.killNow && agent.status.phase !== 'ended') return { action: { do: 'kill' }, nextAtMs: undefined };
  const { activity, parentEnded, mayStart, company } = options.circumstances ?? {};
  const evidence: Evidence = { ...agent.evidence, activity, parentEnded, mayStart };
  const decision = decide(evidence, options.graceMs);
  if (decision.action.do !== 'ask') return decision;
  // Whoever cannot say in whose company it is, must not end it for want of any.
  return company === undefined ? GONE : decide({ ...evidence, company: await company() }, options.graceMs);
}

async function carryOut(
  stateDir: StateDir,
  agent: Observed,
  runId: string,
  action: Exclude<Action, { do: 'start' }>,
  circumstances: Circumstances | undefined,
): Promise<void> {
  const { files } = agent.evidence;
  const started = files.started.state === 'there' ? files.started.value : undefined;
  switch (action.do) {
    case 'nothing':
    case 'ask':
      return;
    case 'note-keys':
      writeReport(agent.directory, runId, WORKING_BY_KEYS, timeOf(action.typedAtMs));
      return;
    case 'begin-anew':
      if (circumstances?.activity) beginActivityAnew(agent, runId, circumstances.activity);
      return;
    case 'warn':
      if (started && circumstances?.activity)
        await warn(stateDir, agent, runId, started, circumstances.activity, action.reason);
      return;
    case 'cancel':
      giveUp(stateDir, agent.directory, runId, action);
      return;
    case 'term':
      if (started) await term(stateDir, agent, runId, started, action);
      return;
    case 'kill':
      if (started) await kill(stateDir, agent, runId, started);
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

function beginActivityAnew({ directory }: Observed, runId: string, activity: Measured): void {
  if (activity.current === undefined) return;
  // In place: whoever looks again and again remembers the same object.
  Object.assign(activity.memory, beginAnew(activity.memory, activity.current));
  writeActivity(directory, runId, activity.memory);
}

/** At its terminal and in the events. Remembered first: said twice it would be worse than not at all. */
async function warn(
  stateDir: StateDir,
  agent: Observed,
  runId: string,
  started: Started,
  { memory }: Measured,
  reason: string,
): Promise<void> {
  const { name, directory, evidence } = agent;
  memory.warnedCapMs = evidence.files.capMs ?? null;
  writeActivity(directory, runId, memory);
  const mark = `warned-${memory.warnedCapMs}`;
  tell(stateDir, agent, { mark, event: 'warned', hooks: ['warned'], atMs: now().wallMs, cause: null, reason });
  await sayInStatusLine(tmuxServer(stateDir), started.tmux, `${reason}: agentctl extend ${name} 30m`);
}

const WORKING_BY_KEYS = { state: 'working', source: 'keys', status: null, message: null } as const;

/** Both clocks at a time that is known by one. */
function timeOf(wallMs: number): Now {
  const at = now();
  return { wallMs, uptimeMs: Math.max(0, at.uptimeMs - (at.wallMs - wallMs)) };
}

async function kill(stateDir: StateDir, agent: Observed, runId: string, started: Started): Promise<void> {
  const { files } = agent.evidence;
  const killed =
    files.verdict.state === 'there' ? files.verdict.value.steps.find(({ step }) => step === 'kill') : undefined;
  // Over, by its sentinel or because nobody is left who could write one.
  const over = agent.status.phase === 'ended';
  // It was dead when TERM came, and its wrapper has said so since: what it left is for its teardown.
  if (files.sentinel.state === 'there' && withdrawIfNatural(agent)) return;
  if (!over && killed === undefined) updateVerdict(agent.directory, { step: 'kill', at: now() });
  const resources = resourcesOf(agent); // a control group is gone with its last process
  const swept = await killTree(runId, started, watchersAreBusy(agent, killed?.uptimeMs));
  // What cannot be killed is not gone: the agent's end is not complete while it lives.
  const isGone = over && swept.survivors.length === 0;
  const resume = resumeCommand(agent);
  updateVerdict(agent.directory, { swept, resources, resume, step: isGone ? 'ended' : undefined, at: now() });
  if (over) tellEscaped(stateDir, agent, swept);
  // Somebody may have stopped those who are to publish the end, or to go after it.
  signal(started.wrapper, 'SIGCONT');
  signal(started.watchdog, 'SIGCONT');
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
    updateVerdict(agent.directory, { swept, step: 'ended', at: now() });
  }
  ringBell(stateDir.path);
}
