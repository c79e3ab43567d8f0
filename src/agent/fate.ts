import type { Evidence, Spec, Used } from './evidence.ts';
import type { Result, Standing } from './status.ts';

/** The fixed expiry that teardown is compared with: so long after its start a session would have gone. */
export const EXPIRY_MS = 86_400_000;

/** An agent, as it was seen. */
export interface Lived {
  evidence: Evidence;
  status: Standing;
  /** When its directory was moved to the archive; undefined where it was not, or nobody knows. */
  archivedAtMs?: number | undefined;
}

/** What became of one agent, as far as it is counted. Small, so that thousands can be held. */
export interface Fate {
  /** Of a `damaged` one nothing can be said. */
  is: 'live' | 'ended' | 'damaged';
  /** Only of one that ended. */
  result: Result | null;
  endedAtMs: number | null;
  /** From start to end; null where it is live, or has never started. */
  runMs: number | null;
  /** How long its session stayed, and would have stayed; undefined where that cannot be compared. */
  session: { idleMs: number; idleWithExpiryMs: number } | undefined;
  /** Undefined where nobody looked. */
  used: Used | undefined;
  /** How many processes it had left behind, see `isEscapee`. */
  escapees: number;
  /** Undefined where spec.json does not tell. */
  origin: Pick<Spec, 'labels' | 'profile' | 'cwd'> | undefined;
}

/** What became of an agent. Pure. */
export function fateOf(agent: Lived): Fate {
  const { phase, result, startedAtMs, endedAtMs } = agent.status;
  const isEnded = phase === 'ended';
  const { verdict } = agent.evidence.files;
  const judged = isEnded && verdict.state === 'there' ? verdict.value : undefined;
  return {
    is: isEnded ? 'ended' : phase === 'unknown' ? 'damaged' : 'live',
    result,
    endedAtMs,
    runMs: startedAtMs === null || endedAtMs === null ? null : span(startedAtMs, endedAtMs),
    session: isEnded ? sessionOf(agent) : undefined,
    used: judged?.used,
    escapees: judged?.escapees ?? 0,
    origin: originOf(agent.evidence.files),
  };
}

/** Only what is needed: the rest of thousands would be held with it. */
function originOf({ spec }: Evidence['files']): Fate['origin'] {
  if (spec.state !== 'there') return undefined;
  const { labels, profile, cwd } = spec.value;
  return { labels, profile, cwd };
}

function sessionOf(agent: Lived): Fate['session'] {
  const { startedAtMs, endedAtMs } = agent.status;
  const goneAtMs = sessionGoneAt(agent);
  if (startedAtMs === null || endedAtMs === null || goneAtMs === undefined) return undefined;
  return { idleMs: span(endedAtMs, goneAtMs), idleWithExpiryMs: span(endedAtMs, startedAtMs + EXPIRY_MS) };
}

/** When its session went, or now where it is still there; undefined where nobody saw it go. */
function sessionGoneAt({ evidence, archivedAtMs }: Lived): number | undefined {
  const { files, whereabouts, now } = evidence;
  if (files.started.state !== 'there') return undefined;
  const { startedAtMs, uptimeMs } = files.started.value;
  // By uptime from the start, as the end is told: a clock that was set moves neither.
  const wallOf = (laterUptimeMs: number): number => startedAtMs + laterUptimeMs - uptimeMs;
  const teardown = files.verdict.state === 'there' ? files.verdict.value.steps.find(isTeardown) : undefined;
  if (teardown) return wallOf(teardown.uptimeMs);
  // The machine took it along, as it would have with an expiry: that is nobody's saving, nor anybody's waste.
  if (whereabouts === 'rebooted') return undefined;
  return files.archived ? archivedAtMs : wallOf(now.uptimeMs);
}

function isTeardown({ step }: { step: string }): boolean {
  return step === 'teardown';
}

function span(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs);
}
