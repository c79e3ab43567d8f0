import type { Action } from '../agent/decide.ts';
import { uptimeMs } from '../system/clock.ts';
import { livenessOf } from '../system/processes.ts';
import type { Observed } from './observe.ts';
import { STUCK_MS } from './stop.ts';

/** One try to do something about an agent. Uptime. */
export interface Attempt {
  /** Until then the same is not tried again. */
  againAtMs: number;
  /** When KILL is due, where TERM was sent. */
  killAtMs: number;
}

interface Tried extends Attempt {
  action: Action['do'];
  /** What the answer hung on: once that has changed, it is asked anew. */
  hungOn: string;
  times: number;
}

/** What was tried in vain is tried again, later each time. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 60_000;

/** What was done about each agent last, by run, for whoever looks again and again. */
export class Attempts {
  readonly #tried = new Map<string, Tried>();

  /** Until when an action must not be tried again, in uptime; undefined where it may be tried now. */
  heldUntil(agent: Observed, runId: string, action: Action): number | undefined {
    const tried = this.#tried.get(runId);
    if (tried?.action !== action.do || tried.hungOn !== whatItHangsOn(agent)) return undefined;
    return tried.againAtMs > uptimeMs() ? tried.againAtMs : undefined;
  }

  /** Puts down that an action is tried now. What comes of it is for the caller to put into what is returned. */
  begin(agent: Observed, runId: string, action: Action): Attempt {
    const before = this.#tried.get(runId);
    const times = before?.action === action.do ? before.times + 1 : 0;
    const tried: Tried = {
      action: action.do,
      hungOn: whatItHangsOn(agent),
      times,
      againAtMs: uptimeMs() + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** times),
      killAtMs: before?.killAtMs ?? Number.POSITIVE_INFINITY,
    };
    this.#tried.set(runId, tried);
    return tried;
  }

  /** There is nothing more to do about it. */
  forget(runId: string): void {
    this.#tried.delete(runId);
  }

  /** Forgets every run but these. */
  keepOnly(runIds: ReadonlySet<string | undefined>): void {
    for (const known of this.#tried.keys()) if (!runIds.has(known)) this.#tried.delete(known);
  }
}

/**
 * Who keeps it, and what it said last. The one who acts sees an agent later than the one who decided to, and finds it at
 * work again, say: that answer must not hold once it is done a second time.
 */
function whatItHangsOn({ evidence: { files } }: Observed): string {
  return `${files.report?.uptimeMs} ${files.report?.state} ${files.keptBy}`;
}

const OF_A_STOP: readonly Action['do'][] = ['term', 'kill', 'cancel'];
/** How soon it is missed that a stopper has died. */
const STOPPER_EVERY_MS = 1000;

/**
 * Whoever orders a stop carries it out, and a manager only where that one has died: at the same agents at the same time each
 * would wait for the other's locks, which for 200 agents took most of the time. In uptime; undefined where it is not left.
 */
export function leftToItsStopperUntil({ evidence }: Observed, action: Action): number | undefined {
  const { stopOrder } = evidence.files;
  if (stopOrder.state !== 'there' || !OF_A_STOP.includes(action.do)) return undefined;
  const { stopper, uptimeMs: orderedAtMs, killAfterMs } = stopOrder.value;
  const at = uptimeMs();
  const isLate = at < orderedAtMs || at > orderedAtMs + killAfterMs + STUCK_MS;
  return isLate || livenessOf(stopper) === 'dead' ? undefined : at + STOPPER_EVERY_MS;
}
