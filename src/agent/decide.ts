import { idlenessOf, sampleEveryMs } from './activity.ts';
import { formatDuration } from './duration.ts';
import type { Evidence, Said, Spec, StopOrder, VerdictCause, VerdictStep } from './evidence.ts';
import type { Limits } from './limits.ts';
import { graceOf, statusOf, wasDone, wordsOf } from './status.ts';

/** What reconcile is to do next. Times are milliseconds of uptime. */
export type Action =
  | { do: 'nothing' }
  /** Find out in whose company it is, and decide again. */
  | { do: 'ask' }
  /** Put down as a report that a person typed then: if it was after `done`, the agent has gone on working. */
  | { do: 'note-keys'; typedAtMs: number }
  /** Its idleness begins anew. */
  | { do: 'begin-anew' }
  /** Say at its terminal that its cap is near. */
  | { do: 'warn'; reason: string }
  /** Start one that has waited in line. */
  | { do: 'start'; reason: string }
  /** Put down that it ended before it was started. */
  | { do: 'cancel'; cause: VerdictCause; reason: string }
  /** Ask the agent to end, and remember why. */
  | { do: 'term'; cause: VerdictCause; reason: string; said?: Said }
  /** Kill the whole tree, again and again until it is gone. */
  | { do: 'kill' }
  /** It ended and nobody published it: put down what is known. */
  | { do: 'conclude'; reason: string }
  /** Close and archive what has ended. */
  | { do: 'teardown' };

export interface Decision {
  action: Action;
  /** When to look again even if nothing is heard, in uptime; undefined is "when something happens". */
  nextAtMs: number | undefined;
  /** What spoke against doing more, for people. */
  against?: readonly string[];
}

const NOTHING: Decision = { action: { do: 'nothing' }, nextAtMs: undefined };
const ASK: Decision = { action: { do: 'ask' }, nextAtMs: undefined };

/** How long before its cap an agent is warned. */
export const WARNING_MS = 300_000;
/** Neither a key that is pressed nor a client that leaves rings a bell: whether it is so is asked again this often. */
const COMPANY_EVERY_MS = 15_000;

/**
 * One agent's next action, from the evidence alone. Pure; the order of the rules is the design's ("Deciding").
 *
 * @param graceMs - from the end to teardown, where the caller does not want to wait for the agent's own grace, nor for
 *   whoever looks at it.
 */
export function decide(evidence: Evidence, graceMs?: number | null): Decision {
  const { files } = evidence;
  const status = statusOf(evidence);
  if (files.archived || status.phase === 'unknown' || files.spec.state !== 'there') return NOTHING;
  const spec = files.spec.value;

  if (status.phase === 'ended') {
    if (files.sentinel.state !== 'there' && files.verdict.state === 'absent')
      return act({ do: 'conclude', reason: status.reason });
    // Pids of another boot or another container are other people's.
    if (evidence.whereabouts === 'here' && treeMustGo(files.verdict)) return act({ do: 'kill' });
    return afterTheEnd(evidence, sinceTheEnd(evidence, status.endedAtMs), spec.limits, graceMs);
  }

  if (status.phase === 'queued') return whileItWaits(evidence, spec);
  const term =
    files.verdict.state === 'there' ? files.verdict.value.steps.find(({ step }) => step === 'term') : undefined;
  if (term) return afterTerm(evidence, term, spec.limits);
  if (status.phase === 'starting') return NOTHING;
  const { stopOrder } = files;
  if (evidence.processes.agent === 'dead') {
    // Its wrapper is about to publish, unless somebody stopped it: whoever ordered a stop waits for neither.
    return stopOrder.state === 'there' ? act({ do: 'kill' }) : NOTHING;
  }
  if (stopOrder.state === 'there') return stopped(stopOrder.value);
  if (evidence.processes.wrapper === 'dead' && evidence.processes.watchdog === 'dead') {
    // The agent outlived those who watched over it: nobody else will end it, or learn its code.
    return act({ do: 'term', cause: 'lost', reason: status.reason });
  }
  return whileItRuns(evidence, spec);
}

/** Nothing of it lives yet: whoever wants it to end has nobody to ask. */
function whileItWaits({ files: { stopOrder }, parentEnded, mayStart, whereabouts }: Evidence, spec: Spec): Decision {
  const before = 'before it was started';
  if (stopOrder.state === 'there')
    return act({ do: 'cancel', cause: 'stopped', reason: `stopped by ${stopOrder.value.by} ${before}` });
  if (spec.withParent && parentEnded)
    return act({ do: 'cancel', cause: 'with-parent', reason: `its parent ${spec.parent?.name ?? ''} ended ${before}` });
  if (stopOrder.state === 'damaged')
    return { ...NOTHING, against: [`whether it is to be stopped is not known: ${stopOrder.problem}`] };
  // Elsewhere there is a manager of its own, and who runs there cannot be counted from here.
  if (!mayStart || whereabouts === 'elsewhere') return NOTHING;
  return act({ do: 'start', reason: 'there is a place for it' });
}

/** The first rule that has something to do, does it; else the earliest that may have later. */
function whileItRuns(evidence: Evidence, spec: Spec): Decision {
  const waiting: Decision[] = [];
  for (const rule of [keepCap, endWithParent, endDone, endIdle, warn]) {
    const decision = rule(evidence, spec);
    if (decision.action.do !== 'nothing') return decision;
    waiting.push(decision);
  }
  const times = waiting.map(({ nextAtMs }) => nextAtMs).filter((at) => at !== undefined);
  const against = waiting.flatMap((decision) => decision.against ?? []);
  return {
    action: { do: 'nothing' },
    nextAtMs: times.length === 0 ? undefined : Math.min(...times),
    ...(against.length > 0 && { against }),
  };
}

function stopped({ by }: StopOrder): Decision {
  return act({ do: 'term', cause: 'stopped', reason: `stopped by ${by}` });
}

function keepCap(evidence: Evidence): Decision {
  const capAtMs = capAt(evidence);
  if (capAtMs === undefined) return NOTHING;
  if (evidence.now.uptimeMs < capAtMs) return { action: { do: 'nothing' }, nextAtMs: capAtMs };
  return act({ do: 'term', cause: 'capped', reason: 'reached its cap' });
}

/** By uptime: across restarts of the manager, clocks that are set, and suspend. */
function capAt({ files: { capMs, started } }: Evidence): number | undefined {
  return typeof capMs === 'number' && started.state === 'there' ? started.value.uptimeMs + capMs : undefined;
}

function endWithParent({ parentEnded }: Evidence, { withParent, parent }: Spec): Decision {
  if (!withParent || !parentEnded) return NOTHING;
  return act({ do: 'term', cause: 'with-parent', reason: `its parent ${parent?.name ?? ''} ended` });
}

/** Said to be done for longer than the grace, and nobody minds. */
function endDone({ files, company, now }: Evidence, { limits }: Spec): Decision {
  const { report } = files;
  if (report?.state !== 'done') return NOTHING;
  if (company === undefined) return ASK;
  // Typed before it was done, keys change nothing but its grace.
  const { typedAtMs } = company;
  if (typedAtMs !== undefined && (!files.typed || typedAtMs > report.atMs)) return act({ do: 'note-keys', typedAtMs });
  const graceMs = graceOf(files, limits);
  const endAtMs = graceMs === null ? Number.POSITIVE_INFINITY : report.uptimeMs + graceMs;
  const askAgainMs = now.uptimeMs + COMPANY_EVERY_MS;
  if (now.uptimeMs < endAtMs) return { action: { do: 'nothing' }, nextAtMs: Math.min(endAtMs, askAgainMs) };
  const against = holders(files, company);
  if (against.length > 0) return { action: { do: 'nothing' }, nextAtMs: askAgainMs, against };
  return act({ do: 'term', cause: 'done', reason: wordsOf(report), said: report.status ?? 'success' });
}

function endIdle({ files, activity, company, now }: Evidence, { limits: { maxIdleMs } }: Spec): Decision {
  if (maxIdleMs === null || activity === undefined) return NOTHING;
  if (activity.current === undefined) {
    return { action: { do: 'nothing' }, nextAtMs: now.uptimeMs + sampleEveryMs(maxIdleMs) };
  }
  const { report } = files;
  // A program that says it has finished or waits draws on, and so does one that a person has gone back to.
  const countOutput = report === undefined || (report.state === 'working' && report.source !== 'keys');
  const { idle, nextInMs, says } = idlenessOf(activity.memory, activity.current, maxIdleMs, countOutput);
  const limit = formatDuration(maxIdleMs);
  // Whoever says something, or is told something, is not idle then: what it did before does not count.
  const heardAgoMs = report === undefined ? maxIdleMs : now.uptimeMs - report.uptimeMs;
  if (!idle || heardAgoMs < maxIdleMs) {
    const why = idle ? `there was a report ${formatDuration(heardAgoMs)} ago` : says;
    const nextAtMs = now.uptimeMs + Math.max(nextInMs, maxIdleMs - heardAgoMs);
    return { action: { do: 'nothing' }, nextAtMs, against: [`not idle for ${limit}: ${why}`] };
  }
  if (company === undefined) return ASK;
  const typed = company.typedAtMs !== undefined && company.typedAtMs > now.wallMs - maxIdleMs;
  const against = [
    ...holders(files, company),
    ...(typed ? ['a person has typed into it'] : []),
    ...company.liveChildren.map((name) => `it has spawned ${name}, which is live`),
    ...(company.waits ? ['it waits for agents'] : []),
    ...(report?.background ?? []).map((task) => `it has in the background: ${task}`),
  ];
  if (against.length > 0) return { action: { do: 'begin-anew' }, nextAtMs: now.uptimeMs + maxIdleMs, against };
  return act({ do: 'term', cause: 'idle', reason: `idle for ${limit}: ${says}` });
}

function warn(evidence: Evidence): Decision {
  const { files, activity, now } = evidence;
  const capAtMs = capAt(evidence);
  if (capAtMs === undefined || activity === undefined || typeof files.capMs !== 'number') return NOTHING;
  if (files.capMs <= WARNING_MS || activity.memory.warnedCapMs === files.capMs) return NOTHING;
  const warnAtMs = capAtMs - WARNING_MS;
  if (now.uptimeMs < warnAtMs) return { action: { do: 'nothing' }, nextAtMs: warnAtMs };
  return act({ do: 'warn', reason: `reaches its cap in ${formatDuration(capAtMs - now.uptimeMs)}` });
}

/** Who keeps it from being ended for nothing but the time. What cannot be known counts as a no. */
function holders({ keptBy, stopOrder }: Evidence['files'], company: Evidence['company']): string[] {
  const held: string[] = [];
  if (keptBy !== undefined) held.push(`it is kept (${keptBy})`);
  if (stopOrder.state === 'damaged') held.push(`whether it is kept is not known: ${stopOrder.problem}`);
  if (company?.attached) held.push('a person is attached');
  if (company && company.attached === undefined) held.push('tmux does not say who is attached');
  return held;
}

/** A stop or a cap ends the whole tree, at once and verified; after a natural end the rest waits for teardown. */
function treeMustGo(verdict: Evidence['files']['verdict']): boolean {
  if (verdict.state !== 'there') return false;
  const steps = verdict.value.steps.map(({ step }) => step);
  return steps.includes('term') && !steps.includes('ended');
}

function afterTerm(evidence: Evidence, term: VerdictStep, limits: Limits): Decision {
  const { stopOrder } = evidence.files;
  const killAfterMs = stopOrder.state === 'there' ? stopOrder.value.killAfterMs : limits.killAfterMs;
  const killAtMs = term.uptimeMs + killAfterMs;
  if (evidence.now.uptimeMs < killAtMs && evidence.processes.agent === 'alive') {
    return { action: { do: 'nothing' }, nextAtMs: killAtMs };
  }
  return act({ do: 'kill' });
}

/** Since it was complete. By uptime where that is known, since clocks are set; an end of another boot has only its wall time. */
function sinceTheEnd({ files, whereabouts, now }: Evidence, endedAtMs: number | null): number {
  if (whereabouts === 'here' && files.report && wasDone(files)) return now.uptimeMs - files.report.uptimeMs;
  const exit = [files.sentinel, files.recorded].find((one) => one.state === 'there' && one.value.how !== 'pending');
  const steps = files.verdict.state === 'there' ? files.verdict.value.steps : [];
  const uptimeMs = exit?.state === 'there' ? exit.value.uptimeMs : steps.find(({ step }) => step === 'ended')?.uptimeMs;
  if (whereabouts === 'here' && uptimeMs !== undefined) return now.uptimeMs - uptimeMs;
  return now.wallMs - (endedAtMs ?? now.wallMs);
}

function afterTheEnd(
  { files, company, now }: Evidence,
  passedMs: number,
  limits: Limits,
  ordered: number | null | undefined,
): Decision {
  const graceMs = ordered === undefined ? limits.graceMs : ordered;
  if (graceMs === null) return NOTHING;
  if (passedMs < graceMs) return { action: { do: 'nothing' }, nextAtMs: now.uptimeMs + graceMs - passedMs };
  if (ordered !== undefined) return act({ do: 'teardown' });
  if (company === undefined) return ASK;
  const against = holders(files, company);
  if (against.length === 0) return act({ do: 'teardown' });
  return { action: { do: 'nothing' }, nextAtMs: now.uptimeMs + COMPANY_EVERY_MS, against };
}

function act(action: Action): Decision {
  return { action, nextAtMs: undefined };
}
