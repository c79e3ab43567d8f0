import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { EXPIRY_MS, type Fate, fateOf } from '../agent/fate.ts';
import { formatGrouping, type Grouping, groupsOf } from '../agent/grouping.ts';
import { endWithoutRecord } from '../agent/retention.ts';
import { type Known, type Stats as Sums, statsOf } from '../agent/stats.ts';
import type { Stats, StatsFigures } from '../store/generated/types.ts';
import { modifiedAt } from '../store/modified-at.ts';
import type { StateDir } from '../store/state-dir.ts';
import { eachOnce, parseReference } from './list.ts';
import { observeAll, type Past, tellOfArchive } from './observe.ts';

export interface StatsOptions {
  /** Only what ended since then, in milliseconds since the epoch, and what is live now. */
  sinceMs?: number | undefined;
  /** Also for each group of these. */
  by?: Grouping | undefined;
}

/** What became of agents, archived ones too, what they used, and how long the sessions of finished ones stayed. */
export function stats(stateDir: StateDir, { sinceMs, by }: StatsOptions = {}): Stats {
  const current = observeAll(stateDir.path).map(tell);
  const told = eachOnce(current, tellOfArchive(stateDir.path, tell));
  const fates = told.filter(({ lastMs }) => sinceMs === undefined || lastMs >= sinceMs).map(({ fate }) => fate);
  return {
    schemaVersion: 1,
    since: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
    by: by === undefined ? null : formatGrouping(by),
    ...figuresOf(statsOf(fates)),
    groups:
      by === undefined
        ? []
        : groupsOf(fates, by).map(({ group, kind, members }) => ({ group, kind, ...figuresOf(statsOf(members)) })),
  };
}

interface Told {
  runId: string | undefined;
  fate: Fate;
  /** When it ended; for ever later where it may be live. */
  lastMs: number;
}

function tell(agent: Past): Told {
  const { evidence, status, directory, runId } = agent;
  const fate = fateOf({ evidence, status, archivedAtMs: archivedAt(agent) });
  const mayBeLive = !evidence.files.archived || fate.is === 'live';
  const lastMs = fate.endedAtMs ?? (mayBeLive ? Number.POSITIVE_INFINITY : endWithoutEnd(directory));
  return { runId, fate, lastMs };
}

/** As `prune` has it, of an archived agent of whose end no record tells. */
function endWithoutEnd(directory: string): number {
  const { runId = '' } = parseReference(basename(directory));
  return endWithoutRecord(runId, modifiedAt(directory) ?? 0).wallMs;
}

/** A move stamps the change time of what is moved. Only asked where no verdict tells of the teardown. */
function archivedAt({ evidence, directory }: Past): number | undefined {
  const { archived, verdict } = evidence.files;
  if (!archived || (verdict.state === 'there' && verdict.value.steps.some(({ step }) => step === 'teardown')))
    return undefined;
  try {
    return statSync(directory, { throwIfNoEntry: false })?.ctimeMs;
  } catch {
    return undefined; // what stands in its place is no directory
  }
}

function figuresOf(sums: Sums): StatsFigures {
  const { agents, live, ended, damaged, results, successFraction, runTimes, capHits, escapees, savedFraction } = sums;
  const { p50Ms, p95Ms, maxMs, histogram } = runTimes;
  return {
    agents,
    live,
    ended,
    damaged,
    results: { ...results },
    successFraction,
    runSeconds: sums.runMs / 1000,
    runTime: {
      agents: runTimes.agents,
      p50Seconds: seconds(p50Ms),
      p95Seconds: seconds(p95Ms),
      maxSeconds: seconds(maxMs),
      histogram: histogram.map((bar) => ({ upToSeconds: seconds(bar.upToMs), agents: bar.agents })),
    },
    waiting: known(sums.waiting),
    idle: known(sums.idle),
    cpu: known(sums.cpu),
    capHits,
    escapees: { ...escapees },
    idleSessionSeconds: sums.idleSessionMs / 1000,
    expirySeconds: EXPIRY_MS / 1000,
    idleSessionSecondsWithExpiry: sums.idleSessionWithExpiryMs / 1000,
    savedFraction,
  };
}

function known({ ms, agents }: Known): StatsFigures['waiting'] {
  return { seconds: seconds(ms), agents };
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
