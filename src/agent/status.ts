import type { Evidence, Exit, Found, QueuePlace, Report, Spec, StopOrder, Verdict } from './evidence.ts';
import { signalOf } from './exit-status.ts';
import type { Limits } from './limits.ts';

export type Phase = 'queued' | 'starting' | 'running' | 'waiting' | 'done' | 'stopping' | 'ended' | 'unknown';
export type Result = 'succeeded' | 'failed' | 'signaled' | 'timed-out' | 'idled-out' | 'stopped' | 'lost';

/** What is true of an agent now. Derived from evidence each time, never stored. */
export interface Status {
  phase: Phase;
  /** Only when ended. */
  result: Result | null;
  exitCode: number | null;
  signal: string | null;
  /** A sentence. */
  reason: string;
  startedAtMs: number | null;
  endedAtMs: number | null;
  /** When the cap ends it, wall clock; null is never or not yet known. */
  deadlineMs: number | null;
  /** When its session goes, unless something holds that; null is never or not yet known. */
  teardownAtMs: number | null;
}

/**
 * A launcher that died may have left a tmux client call behind that still becomes an agent: this long after its
 * creation an agent without proof of its start is given up, not earlier.
 */
export const START_PATIENCE_MS = 10_000;

type Outcome = Pick<Status, 'phase' | 'result' | 'exitCode' | 'signal' | 'reason'>;

/**
 * What is true of an agent, from what its witnesses say. Pure.
 *
 * The order matters (design: "Deciding"): a sentinel ends it whatever else is true; another boot ends it; another
 * pid namespace makes its processes unknowable; then the process table speaks.
 */
export function statusOf(evidence: Evidence): Status {
  const { files } = evidence;
  const standing = standingOf(evidence);
  const { phase, startedAtMs, endedAtMs } = standing;
  const capMs =
    files.capMs === undefined && files.spec.state === 'there' ? files.spec.value.limits.maxRuntimeMs : files.capMs;
  const completedAtMs = phase === 'done' || wasDone(files) ? (files.report?.atMs ?? null) : endedAtMs;
  return {
    deadlineMs: startedAtMs !== null && typeof capMs === 'number' ? startedAtMs + capMs : null,
    teardownAtMs: teardownOf(files, completedAtMs, phase),
    ...standing, // last: what is added to a copy makes of each a shape of its own, slow and large
  };
}

/** What is true of an agent, without what time will bring. */
export type Standing = Omit<Status, 'deadlineMs' | 'teardownAtMs'>;

/** The same as {@link statusOf} says, for whoever need not know more: of an ended agent it asks for fewer files. Pure. */
export function standingOf(evidence: Evidence): Standing {
  const { started } = evidence.files;
  const outcome = outcomeOf(evidence);
  return {
    startedAtMs: started.state === 'there' ? started.value.startedAtMs : null,
    endedAtMs: outcome.phase === 'ended' ? endOf(evidence) : null,
    ...outcome,
  };
}

/** Ended for it: its grace began when it said so, and is over. */
export function wasDone({ verdict, report }: Evidence['files']): boolean {
  return verdict.state === 'there' && verdict.value.cause === 'done' && report?.state === 'done';
}

function teardownOf(files: Evidence['files'], completedAtMs: number | null, phase: Phase): number | null {
  const { spec, archived } = files;
  if (archived || completedAtMs === null || spec.state !== 'there') return null;
  const graceMs = phase === 'done' ? graceOf(files, spec.value.limits) : spec.value.limits.graceMs;
  return graceMs === null ? null : completedAtMs + graceMs;
}

/** Its turn is over, and its program about to print the answer, call other hooks, or end by itself with its own code. */
const SHORTEST_HOOK_GRACE_MS = 10_000;

/** How long it may stay once it is done. A person who has typed into it may come back: then that is max idle. */
export function graceOf(
  { typed, report }: Pick<Evidence['files'], 'typed' | 'report'>,
  { graceMs, maxIdleMs }: Limits,
): number | null {
  if (graceMs === null || (typed && maxIdleMs === null)) return null;
  const byHook = report === undefined || report.source === 'done' ? 0 : SHORTEST_HOOK_GRACE_MS;
  return Math.max(graceMs, byHook, typed ? (maxIdleMs ?? 0) : 0);
}

function outcomeOf(evidence: Evidence): Outcome {
  const { files, processes, whereabouts } = evidence;
  if (files.sentinel.state === 'there') return ended(files.sentinel.value, files.verdict);
  if (files.sentinel.state === 'damaged') return unknown(files.sentinel.problem);
  if (files.spec.state !== 'there') return unknown(problemOf(files.spec, 'spec.json'));
  const unstarted = beforeItsTurn(evidence, files.spec.value);
  if (unstarted) return unstarted;
  // Which of the two is damaged nobody knows: perhaps it is the one that says that the machine was restarted.
  if (files.started.state === 'damaged' && files.started.contradicts) return unknown(files.started.problem);
  // Before started.json is judged: a machine that lost power may have damaged it, and spec.json knows the boot.
  if (whereabouts === 'rebooted') return withoutSentinel(evidence, 'the machine was restarted while it ran');
  if (whereabouts === 'elsewhere') {
    return unknown(`it was started in another container or on another machine; ${heartbeatSays(evidence)}`);
  }
  if (files.started.state === 'damaged') return unknown(files.started.problem);
  if (files.started.state === 'absent') return beforeTheStart(evidence);
  if (processes.wrapper === 'alive') {
    if (processes.agent === 'dead') return live('stopping', 'the agent has ended, its wrapper is about to say how');
    const watched =
      processes.watchdog === 'alive' ? '' : '; its watchdog was killed, so that only the manager keeps its cap';
    return stopIsUnderWay(evidence) ?? saidOfItself(evidence) ?? live('running', `the agent runs${watched}`);
  }
  if (processes.watchdog === 'alive')
    return live('stopping', 'its wrapper was killed; the watchdog is ending the rest');
  if (processes.agent === 'alive') {
    return live('stopping', 'its wrapper and watchdog were killed; it runs on and its exit code will not be known');
  }
  return withoutSentinel(evidence, 'its wrapper and watchdog were killed, so nobody could learn its exit code');
}

/** Of one that waits in line, whatever has become of the machine meanwhile. */
function beforeItsTurn({ files, whereabouts }: Evidence, { queue }: Spec): Outcome | undefined {
  if (queue === null || files.started.state !== 'absent') return undefined;
  if (files.verdict.state === 'there') return givenUp(files.verdict.value);
  if (!queue.launched) return queued(queue, files.stopOrder);
  return whereabouts === 'rebooted'
    ? queued(queue, files.stopOrder, 'the machine was restarted as it began')
    : undefined;
}

/** Nothing ran, so there is no code. */
function givenUp({ cause, reason }: Verdict): Outcome {
  const result = cause === 'stopped' || cause === 'with-parent' ? 'stopped' : 'lost';
  return { phase: 'ended', result, exitCode: null, signal: null, reason };
}

function queued({ label, value, max }: QueuePlace, order: Found<StopOrder>, before?: string): Outcome {
  if (order.state === 'there') return live('queued', `${order.value.by} asked it to stop before it was started`);
  const waits = `it waits for its turn: of those with ${label}=${value} no more than ${max} run at one time`;
  return live('queued', before === undefined ? waits : `${waits}; ${before}`);
}

function beforeTheStart(evidence: Evidence): Outcome {
  const { files, processes, now } = evidence;
  const spec = files.spec.state === 'there' ? files.spec.value : undefined;
  if ([processes.wrapper, processes.launcher, processes.agent].includes('alive'))
    return live('starting', 'it is being started');
  if (now.uptimeMs - (spec?.launchedUptimeMs ?? 0) < START_PATIENCE_MS) return live('starting', 'it is being started');
  // It has been waited for, and may be started again: nothing of it has begun.
  if (spec?.queue) return queued(spec.queue, files.stopOrder, 'whoever set about starting it died on the way');
  return withoutSentinel(evidence, 'it was never started: whoever launched it died on the way');
}

function stopIsUnderWay({ files }: Evidence): Outcome | undefined {
  if (files.verdict.state === 'there') return live('stopping', files.verdict.value.reason);
  if (files.stopOrder.state === 'there') return live('stopping', `${files.stopOrder.value.by} asked it to stop`);
  return undefined;
}

function saidOfItself({ files: { report } }: Evidence): Outcome | undefined {
  if (report === undefined) return undefined;
  if (report.state === 'working')
    return report.background.length === 0
      ? undefined
      : live('running', `the agent runs; in the background: ${report.background.join(', ')}`);
  return live(report.state, wordsOf(report));
}

/** Of what was said a line is enough, for people. */
const LINE = 200;

/** What a report says, for people. */
export function wordsOf({ state, status, waitingFor, message }: Report): string {
  const line = (message ?? '').trim().split(/\s*\n/)[0] ?? '';
  const words = line.length > LINE ? `${line.slice(0, LINE - 1)}…` : line;
  const what = state === 'waiting' ? `waits (${waitingFor})` : `said that it is done (${status ?? 'success'})`;
  return words === '' ? what : `${what}: ${words}`;
}

/** No sentinel will come: what the wrapper recorded before it died is the code all the same. */
function withoutSentinel({ files }: Evidence, why: string): Outcome {
  if (files.recorded.state === 'there' && files.recorded.value.how === 'observed') {
    return ended(files.recorded.value, files.verdict);
  }
  return { phase: 'ended', result: 'lost', exitCode: null, signal: null, reason: why };
}

function ended(exit: Exit, verdict: Found<Verdict>): Outcome {
  const { code } = exit;
  const signal = code === null ? null : signalOf(code);
  const said =
    code === null ? 'nobody could learn its exit code' : signal ? `ended by ${signal}` : `exited with ${code}`;
  const outcome = (result: Result, reason: string): Outcome => ({
    phase: 'ended',
    result,
    exitCode: code,
    signal,
    reason,
  });

  if (exit.cause === 'capped') return outcome('timed-out', `reached its cap; ${said}`);
  if (exit.cause === 'with-parent') return outcome('stopped', `its parent ended; ${said}`);
  const forced = verdict.state === 'there' ? forcedBy(verdict.value, exit) : undefined;
  if (forced) {
    const because = outcome(forced.result, `${forced.reason}; ${said}`);
    // What it said of its work is the result; the code is only how it took our TERM.
    return forced.code === undefined ? because : { ...because, exitCode: forced.code, signal: null };
  }
  if (code === null)
    return outcome('lost', 'its wrapper was killed before the agent ended, so nobody could learn its exit code');
  if (code === 0) return outcome('succeeded', said);
  return outcome(signal ? 'signaled' : 'failed', said);
}

/** A verdict explains an end only if its TERM came before it: a natural end wins a race. */
function forcedBy(verdict: Verdict, exit: Exit): { result: Result; reason: string; code?: number } | undefined {
  const term = verdict.steps.find(({ step }) => step === 'term');
  if (term === undefined || term.uptimeMs > exit.uptimeMs) return undefined;
  switch (verdict.cause) {
    case 'stopped':
    case 'with-parent':
      return { result: 'stopped', reason: verdict.reason };
    case 'capped':
      return { result: 'timed-out', reason: verdict.reason };
    case 'idle':
      return { result: 'idled-out', reason: verdict.reason };
    case 'done':
      return verdict.said === 'failure'
        ? { result: 'failed', reason: verdict.reason, code: 1 }
        : { result: 'succeeded', reason: verdict.reason, code: 0 };
    case 'natural':
    case 'lost':
      return undefined;
    default:
      return verdict.cause satisfies never;
  }
}

/** Wall time of the end: by uptime from the start, so that a clock that was set does not move it. */
function endOf({ files, now }: Evidence): number | null {
  const started = files.started.state === 'there' ? files.started.value : undefined;
  // The second only where the first does not tell: to look for a file that is not there costs more than to read one.
  for (const witness of ['sentinel', 'recorded'] as const) {
    const exit = files[witness];
    if (exit.state !== 'there' || exit.value.how === 'pending') continue;
    if (started && exit.value.uptimeMs >= started.uptimeMs) {
      return started.startedAtMs + exit.value.uptimeMs - started.uptimeMs;
    }
    const spec = files.spec.state === 'there' ? files.spec.value : undefined;
    if (spec) return spec.launchedAtMs + Math.max(0, exit.value.uptimeMs - spec.launchedUptimeMs);
  }
  // Nobody ever beat for it, so that there is nothing but the word of who gave it up.
  if (started === undefined && files.verdict.state === 'there') {
    const end = files.verdict.value.steps.find(({ step }) => step === 'ended');
    if (end) return end.atMs;
  }
  const seen =
    files.heartbeatAtMs ?? started?.startedAtMs ?? (files.spec.state === 'there' ? files.spec.value.createdAtMs : null);
  return seen === null ? null : Math.min(Math.max(seen, started?.startedAtMs ?? 0), now.wallMs);
}

/** For people: how long ago the watchdog gave a sign of life. */
export function heartbeatSays({ files, now }: Evidence): string {
  if (files.heartbeatAtMs === undefined) return 'there was no heartbeat';
  return `its last heartbeat was ${Math.max(0, Math.round((now.wallMs - files.heartbeatAtMs) / 1000))} s ago`;
}

function live(phase: Phase, reason: string): Outcome {
  return { phase, result: null, exitCode: null, signal: null, reason };
}

function unknown(reason: string): Outcome {
  return { phase: 'unknown', result: null, exitCode: null, signal: null, reason };
}

function problemOf(found: Found<unknown>, file: string): string {
  return found.state === 'damaged' ? found.problem : `${file} is missing`;
}

/**
 * What a waiting script gets for this agent: its own code, 124 when capped, 125 when nobody knows.
 *
 * @example waitCode({ result: 'failed', exitCode: 3 }) // 3
 */
export function waitCode({ result, exitCode }: Pick<Status, 'result' | 'exitCode'>): number {
  if (result === 'timed-out') return 124;
  return exitCode ?? 125;
}
