/** What an agent may use up. Times in milliseconds; null is no limit. */
export interface Limits {
  /** The cap: how long it may run. */
  maxRuntimeMs: number | null;
  /** From completion to teardown; null keeps it until somebody removes it. */
  graceMs: number | null;
  /** How long it may do nothing. */
  maxIdleMs: number | null;
  /** From TERM to KILL. */
  killAfterMs: number;
}

/** The product's promise: 1 hour, 5 minutes after completion, 30 minutes of idleness, 10 seconds from TERM to KILL. */
export const DEFAULT_LIMITS: Limits = {
  maxRuntimeMs: 3_600_000,
  graceMs: 300_000,
  maxIdleMs: 1_800_000,
  killAfterMs: 10_000,
};
