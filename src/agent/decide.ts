import type { Evidence, VerdictCause, VerdictStep } from './evidence.ts';
import type { Limits } from './limits.ts';
import { statusOf } from './status.ts';

/** What reconcile is to do next. Times are milliseconds of uptime. */
export type Action =
  | { do: 'nothing' }
  /** Ask the agent to end, and remember why. */
  | { do: 'term'; cause: VerdictCause; reason: string }
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
}

const NOTHING: Decision = { action: { do: 'nothing' }, nextAtMs: undefined };

/**
 * One agent's next action, from the evidence alone. Pure; the order of the rules is the design's ("Deciding").
 *
 * @param graceMs - from the end to teardown, where the caller does not want to wait for the agent's own grace.
 */
export function decide(evidence: Evidence, graceMs?: number | null): Decision {
  const { files, now } = evidence;
  const status = statusOf(evidence);
  if (files.archived || status.phase === 'unknown' || files.spec.state !== 'there') return NOTHING;
  const { limits } = files.spec.value;

  if (status.phase === 'ended') {
    if (files.sentinel.state !== 'there' && files.verdict.state === 'absent') {
      return { action: { do: 'conclude', reason: status.reason }, nextAtMs: undefined };
    }
    // Pids of another boot or another container are other people's.
    if (evidence.whereabouts === 'here' && treeMustGo(files.verdict))
      return { action: { do: 'kill' }, nextAtMs: undefined };
    return afterTheEnd(evidence, status.endedAtMs, graceMs === undefined ? limits.graceMs : graceMs);
  }

  const term =
    files.verdict.state === 'there' ? files.verdict.value.steps.find(({ step }) => step === 'term') : undefined;
  if (term) return afterTerm(evidence, term, limits);
  if (status.phase === 'starting') return NOTHING;
  if (evidence.processes.agent === 'dead') {
    // Its wrapper is about to publish, unless somebody stopped it: whoever ordered a stop waits for neither.
    return files.stopOrder.state === 'there' ? { action: { do: 'kill' }, nextAtMs: undefined } : NOTHING;
  }
  if (files.stopOrder.state === 'there') {
    return {
      action: { do: 'term', cause: 'stopped', reason: `stopped by ${files.stopOrder.value.by}` },
      nextAtMs: undefined,
    };
  }
  if (evidence.processes.wrapper === 'dead' && evidence.processes.watchdog === 'dead') {
    // The agent outlived those who watched over it: nobody else will end it, or learn its code.
    return { action: { do: 'term', cause: 'lost', reason: status.reason }, nextAtMs: undefined };
  }
  const cap = files.capMs;
  if (typeof cap === 'number' && files.started.state === 'there') {
    const capAtMs = files.started.value.uptimeMs + cap;
    if (now.uptimeMs >= capAtMs) {
      return { action: { do: 'term', cause: 'capped', reason: 'reached its cap' }, nextAtMs: undefined };
    }
    return { action: { do: 'nothing' }, nextAtMs: capAtMs };
  }
  return NOTHING;
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
  return { action: { do: 'kill' }, nextAtMs: undefined };
}

function afterTheEnd({ now }: Evidence, endedAtMs: number | null, graceMs: number | null): Decision {
  if (graceMs === null) return NOTHING;
  const leftMs = (endedAtMs ?? now.wallMs) + graceMs - now.wallMs;
  if (leftMs <= 0) return { action: { do: 'teardown' }, nextAtMs: undefined };
  return { action: { do: 'nothing' }, nextAtMs: now.uptimeMs + leftMs };
}
