const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Run times are counted up to each of these, in milliseconds; what is longer than the last is counted apart. */
export const RUN_TIME_BOUNDS_MS: readonly number[] = [
  10_000,
  30_000,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  24 * HOUR,
];

/** How long agents ran; in milliseconds, null where there are none. */
export interface RunTimes {
  /** How many of them. */
  agents: number;
  p50Ms: number | null;
  p95Ms: number | null;
  maxMs: number | null;
  /** How many ran up to a bound, and longer than the one before; a bound of null is none. */
  histogram: { upToMs: number | null; agents: number }[];
}

/** Sums up how long agents ran. Pure. */
export function runTimesOf(allMs: readonly number[]): RunTimes {
  const sorted = Float64Array.from(allMs).sort();
  return {
    agents: sorted.length,
    p50Ms: percentile(sorted, 50),
    p95Ms: percentile(sorted, 95),
    maxMs: sorted.at(-1) ?? null,
    histogram: histogram(sorted),
  };
}

/**
 * The percentile by the nearest rank: the least value which so many percent of all values do not exceed, so that it always is
 * one of them. This is definition 1 of R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American
 * Statistician 50 (1996), 361-365.
 *
 * @param sorted - ascending.
 * @param percent - a whole number from 1 to 100: a fraction as 0.95 would get some ranks wrong by its rounding.
 * @returns null where there are no values.
 * @example percentile([15, 20, 35, 40, 50], 30) // 20
 */
export function percentile(sorted: ArrayLike<number>, percent: number): number | null {
  return sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? null;
}

function histogram(sorted: ArrayLike<number>): RunTimes['histogram'] {
  let from = 0;
  return [...RUN_TIME_BOUNDS_MS, null].map((upToMs) => {
    let to = from;
    while (to < sorted.length && (upToMs === null || (sorted[to] ?? 0) <= upToMs)) to++;
    const agents = to - from;
    from = to;
    return { upToMs, agents };
  });
}
