import type { Evidence } from './evidence.ts';
import type { Result, Status } from './status.ts';

/** The fixed expiry that teardown is compared with: so long after its start a session would have gone. */
export const EXPIRY_MS = 86_400_000;

/** An agent, as far as its session's life is told by it. */
export interface Lived {
  evidence: Evidence;
  status: Status;
  /** When its directory was moved to the archive; undefined where it was not, or nobody knows. */
  archivedAtMs?: number | undefined;
}

/** What became of all agents together. */
export interface Stats {
  agents: number;
  live: number;
  ended: number;
  /** Nothing can be said of these: they are in no other number. */
  damaged: number;
  results: Partial<Record<Result, number>>;
  runMs: number;
  /** From end to teardown: how long finished sessions sat there. */
  idleSessionMs: number;
  /** The same, had each stayed until {@link EXPIRY_MS}. */
  idleSessionWithExpiryMs: number;
  /** How much less the first is than the second; null where there is nothing to compare. */
  savedFraction: number | null;
}

/** Adds up what became of agents. Pure. */
export function statsOf(agents: readonly Lived[]): Stats {
  const ended = agents.filter(({ status }) => status.phase === 'ended');
  const damaged = agents.filter(({ status }) => status.phase === 'unknown').length;
  const results: Stats['results'] = {};
  for (const { status } of ended) if (status.result) results[status.result] = (results[status.result] ?? 0) + 1;
  const sessions = ended.map(sessionOf).filter((session) => session !== undefined);
  const idleSessionMs = sum(sessions.map(({ idleMs }) => idleMs));
  const idleSessionWithExpiryMs = sum(sessions.map(({ idleWithExpiryMs }) => idleWithExpiryMs));
  return {
    agents: agents.length,
    live: agents.length - ended.length - damaged,
    ended: ended.length,
    damaged,
    results,
    runMs: sum(ended.map(({ status }) => span(status.startedAtMs, status.endedAtMs))),
    idleSessionMs,
    idleSessionWithExpiryMs,
    savedFraction: idleSessionWithExpiryMs > 0 ? 1 - idleSessionMs / idleSessionWithExpiryMs : null,
  };
}

/** How long the session of an ended agent stayed, and would have stayed; undefined where it cannot be compared. */
function sessionOf(agent: Lived): { idleMs: number; idleWithExpiryMs: number } | undefined {
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

function span(fromMs: number | null, toMs: number | null): number {
  return fromMs === null || toMs === null ? 0 : Math.max(0, toMs - fromMs);
}

function sum(all: readonly number[]): number {
  return all.reduce((total, one) => total + one, 0);
}
