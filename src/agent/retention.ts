import type { Now } from './evidence.ts';

/** How long archived agents stay; null is no limit. */
export interface Retention {
  /** Since their end. */
  olderThanMs: number | null;
  /** How many of the newest stay, whatever their age. */
  keep: number | null;
}

/** When an agent ended. */
export interface End {
  wallMs: number;
  /** Only where it ended in this boot. */
  uptimeMs: number | undefined;
}

/**
 * How long ago something ended; below 0 where it ended in the future. Of the two clocks the one that says less counts: a
 * wall clock that was set forward makes nothing of this boot old.
 */
export function ageMs(end: End, now: Now): number {
  const byWallMs = now.wallMs - end.wallMs;
  return end.uptimeMs === undefined ? byWallMs : Math.min(byWallMs, now.uptimeMs - end.uptimeMs);
}

/**
 * Which of the archived agents may go, the oldest first. Where there are two limits, both must let it go; where there is
 * none, nothing goes.
 */
export function expired<T extends { runId: string; end: End }>(
  agents: readonly T[],
  { olderThanMs, keep }: Retention,
  now: Now,
): T[] {
  if (olderThanMs === null && keep === null) return [];
  return agents
    .toSorted((a, b) => b.end.wallMs - a.end.wallMs || (a.runId < b.runId ? 1 : -1))
    .filter(({ end }, rank) => rank >= (keep ?? 0) && (olderThanMs === null || ageMs(end, now) >= olderThanMs))
    .reverse();
}

/** A run id whose time is outside of these was made by something else, or by a clock that was wrong. */
const FIRST_MS = Date.UTC(2020, 0);
const LAST_MS = Date.UTC(2100, 0);
/** As makeRunId makes them: the time, then what is random. */
const TIME_LENGTH = 9;
const MADE_LENGTH = TIME_LENGTH + 8;

/** When a run id was made, by the wall clock; undefined where it does not tell. */
export function madeAtMs(runId: string): number | undefined {
  const ms = runId.length === MADE_LENGTH ? Number.parseInt(runId.slice(0, TIME_LENGTH), 36) : 0;
  return ms >= FIRST_MS && ms < LAST_MS ? ms : undefined;
}

/**
 * When something ended of which no record tells: at its directory's last change, or when its run id was made, whichever
 * is later. Both are times of the wall clock.
 */
export function endWithoutRecord(runId: string, modifiedAtMs: number): End {
  return { wallMs: Math.max(modifiedAtMs, madeAtMs(runId) ?? 0), uptimeMs: undefined };
}
