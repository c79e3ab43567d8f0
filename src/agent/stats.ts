import type { Used } from './evidence.ts';
import type { Fate } from './fate.ts';
import { type RunTimes, runTimesOf } from './run-times.ts';
import type { Result } from './status.ts';

/** A sum of what was measured of some agents only. */
export interface Known {
  /** Milliseconds; null where it was measured of none. */
  ms: number | null;
  /** Of how many that ended it is known. */
  agents: number;
}

/** What became of all agents together. */
export interface Stats {
  agents: number;
  live: number;
  ended: number;
  /** Nothing can be said of these: they are in no other number. */
  damaged: number;
  results: Partial<Record<Result, number>>;
  /** Of those that ended, however they did; null where none has. */
  successFraction: number | null;
  runMs: number;
  runTimes: RunTimes;
  /** For a person. */
  waiting: Known;
  /** They did nothing. */
  idle: Known;
  cpu: Known;
  /** How many were ended at their cap. */
  capHits: number;
  /** Processes that had left their agents, and how many agents those were. */
  escapees: { agents: number; processes: number };
  /** From end to teardown: how long finished sessions sat there. */
  idleSessionMs: number;
  /** The same, had each stayed until `EXPIRY_MS`. */
  idleSessionWithExpiryMs: number;
  /** How much less the first is than the second; null where there is nothing to compare. */
  savedFraction: number | null;
}

/** Adds up what became of agents. Pure. */
export function statsOf(agents: readonly Fate[]): Stats {
  const ended = agents.filter((agent) => agent.is === 'ended');
  const damaged = agents.filter((agent) => agent.is === 'damaged').length;
  const results: Stats['results'] = {};
  for (const { result } of ended) if (result) results[result] = (results[result] ?? 0) + 1;
  const ranMs = ended.map(({ runMs }) => runMs).filter((ms) => ms !== null);
  const sessions = ended.map(({ session }) => session).filter((session) => session !== undefined);
  const idleSessionMs = sum(sessions.map(({ idleMs }) => idleMs));
  const idleSessionWithExpiryMs = sum(sessions.map(({ idleWithExpiryMs }) => idleWithExpiryMs));
  const escapees = ended.map((agent) => agent.escapees).filter((processes) => processes > 0);
  return {
    agents: agents.length,
    live: agents.length - ended.length - damaged,
    ended: ended.length,
    damaged,
    results,
    successFraction: ended.length > 0 ? (results.succeeded ?? 0) / ended.length : null,
    runMs: sum(ranMs),
    runTimes: runTimesOf(ranMs),
    waiting: knownOf(ended, 'waitingMs'),
    idle: knownOf(ended, 'idleMs'),
    cpu: knownOf(ended, 'cpuMs'),
    capHits: results['timed-out'] ?? 0,
    escapees: { agents: escapees.length, processes: sum(escapees) },
    idleSessionMs,
    idleSessionWithExpiryMs,
    savedFraction: idleSessionWithExpiryMs > 0 ? 1 - idleSessionMs / idleSessionWithExpiryMs : null,
  };
}

function knownOf(ended: readonly Fate[], what: keyof Used): Known {
  const known = ended.map(({ used }) => used?.[what] ?? null).filter((ms) => ms !== null);
  return { ms: known.length > 0 ? sum(known) : null, agents: known.length };
}

function sum(all: readonly number[]): number {
  return all.reduce((total, one) => total + one, 0);
}
