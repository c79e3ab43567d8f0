import type { AgentFiles } from './evidence.ts';
import type { Phase, Result, Status } from './status.ts';
import { isEscapee } from './tree.ts';

/** Upper bounds of the histogram of run times; the last bucket, `+Inf`, is what is longer. */
export const RUN_BUCKETS_SECONDS = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400] as const;

export const PHASES: readonly Phase[] = [
  'queued',
  'starting',
  'running',
  'waiting',
  'done',
  'stopping',
  'ended',
  'unknown',
];
export const RESULTS: readonly Result[] = [
  'succeeded',
  'failed',
  'signaled',
  'timed-out',
  'idled-out',
  'stopped',
  'lost',
];

/** What agents that have ended come to, one of them or many: it only grows. */
export interface Totals {
  results: Partial<Record<Result, number>>;
  /** How many ran for so long: by the upper bound of their bucket in seconds, or `Infinity`. Not cumulative. */
  runs: Readonly<Record<string, number>>;
  /** Whole milliseconds: sums of fractions depend on their order, and a counter that falls by a hair counts as reset. */
  runMs: number;
  /** Agents of which a process had escaped, and those processes. */
  escapedAgents: number;
  escapedProcesses: number;
}

/** One agent that has ended. */
export interface EndedRun {
  runId: string;
  totals: Totals;
}

export const NO_TOTALS: Totals = { results: {}, runs: {}, runMs: 0, escapedAgents: 0, escapedProcesses: 0 };

/** A process that was ended with an agent, and what tied it to it. */
interface Ended {
  why: string;
}

/**
 * What one agent adds to the totals; undefined where it has not ended. Pure.
 *
 * @param ended - the processes that its verdict names as ended.
 */
export function endedRunOf(runId: string, status: Status, ended: readonly Ended[]): EndedRun | undefined {
  const { phase, result, startedAtMs, endedAtMs } = status;
  if (phase !== 'ended' || result === null) return undefined;
  const escaped = ended.filter(({ why }) => isEscapee(why)).length;
  const totals = {
    ...NO_TOTALS,
    results: { [result]: 1 },
    escapedAgents: Math.min(1, escaped),
    escapedProcesses: escaped,
  };
  // Without a start there was no run.
  if (startedAtMs === null || endedAtMs === null) return { runId, totals };
  const runMs = Math.max(0, Math.round(endedAtMs - startedAtMs));
  return { runId, totals: { ...totals, runs: { [bucketOf(runMs)]: 1 }, runMs } };
}

/**
 * Whether nothing of an agent's end can change any more: a TERM that came before it may turn out to have reached nobody, and
 * is withdrawn then. What counts once must not count as something else later, nor not at all for a while. Pure.
 */
export function isSettled({
  archived,
  verdict,
  sentinel,
}: Pick<AgentFiles, 'archived' | 'verdict' | 'sentinel'>): boolean {
  if (archived || verdict.state !== 'there') return true;
  const { steps } = verdict.value;
  const term = steps.find(({ step }) => step === 'term');
  if (term === undefined || steps.some(({ step }) => step === 'ended' || step === 'teardown')) return true;
  return sentinel.state === 'there' && sentinel.value.uptimeMs < term.uptimeMs;
}

function bucketOf(runMs: number): string {
  return String(RUN_BUCKETS_SECONDS.find((bound) => runMs <= bound * 1000) ?? Number.POSITIVE_INFINITY);
}

/** Adds totals up. Pure. */
export function sumOf(all: Iterable<Totals>): Totals {
  const results: Totals['results'] = {};
  const runs: Record<string, number> = {};
  let [runMs, escapedAgents, escapedProcesses] = [0, 0, 0];
  for (const one of all) {
    for (const result of RESULTS)
      if (one.results[result]) results[result] = (results[result] ?? 0) + one.results[result];
    for (const [bound, count] of Object.entries(one.runs)) runs[bound] = (runs[bound] ?? 0) + count;
    runMs += one.runMs;
    escapedAgents += one.escapedAgents;
    escapedProcesses += one.escapedProcesses;
  }
  return { results, runs, runMs, escapedAgents, escapedProcesses };
}

/** Something that the manager did: when it was through with it, and how long it took. */
export interface Deed {
  atMs: number;
  seconds: number;
}

/** What an agent used when it was last sampled. */
export interface Use {
  atMs: number;
  cpuPercent: number;
  memoryBytes: number;
  processes: number;
}

/** All that metrics tell of one state directory at one moment. */
export interface Fleet {
  stateDir: string;
  /** Of agents that are not torn down. */
  phases: Readonly<Partial<Record<Phase, number>>>;
  archived: number;
  /** Entries of which nothing can be said. */
  damaged: { agents: number; archive: number };
  /** Everyone that ever ended here, removed ones too. */
  ended: Totals;
  live: LiveUse;
  manager: {
    up: boolean;
    held: boolean;
    startedAtMs: number | undefined;
    memoryBytes: number | undefined;
    cpuSeconds: number | undefined;
    /** By whichever manager was the last to do so. */
    look: Deed | undefined;
    sweep: Deed | undefined;
  };
}

/** What live agents use together. */
export interface LiveUse {
  /** Of how many that is known. */
  sampled: number;
  /** 1 is one core. */
  cores: number;
  memoryBytes: number;
  processes: number;
}

/** Samples come every 15 s where a manager lives: an older one says nothing of now. */
const FRESH_MS = 60_000;

/** Adds up what live agents use; who was not sampled lately is not in it. Pure. */
export function liveUseOf(uses: Iterable<Use | undefined>, wallMs: number): LiveUse {
  const all: LiveUse = { sampled: 0, cores: 0, memoryBytes: 0, processes: 0 };
  for (const use of uses) {
    if (use === undefined || Math.abs(wallMs - use.atMs) > FRESH_MS) continue;
    all.sampled++;
    all.cores += use.cpuPercent / 100;
    all.memoryBytes += use.memoryBytes;
    all.processes += use.processes;
  }
  return all;
}
