import type { Evidence, VerdictCause } from './evidence.ts';
import type { HookEvent } from './hook-events.ts';
import type { Status } from './status.ts';

/** Something that became true of an agent, as events.ndjson tells it. */
export interface Transition {
  /** By what it is known to have been told already; unique in a run. */
  mark: string;
  event: 'started' | 'reported' | 'done' | 'ended' | 'lost' | 'warned' | 'stopping' | 'escaped';
  /** Which commands of `--on` hear of it. */
  hooks: readonly HookEvent[];
  atMs: number;
  cause: string | null;
  reason: string;
  result?: string | null;
  exitCode?: number | null;
}

/**
 * What can be told of an agent by what is true of it now, in the order in which it came; what was true only between two
 * looks is not among it. Pure.
 */
export function transitionsOf({ files }: Evidence, status: Status): Transition[] {
  const all: Transition[] = [];
  if (status.startedAtMs !== null)
    all.push({
      mark: 'started',
      event: 'started',
      hooks: [],
      atMs: status.startedAtMs,
      cause: null,
      reason: 'its start is proved',
    });
  const { report } = files;
  if (report !== undefined) {
    const { state, waitingFor, message, atMs, uptimeMs } = report;
    const reason = [waitingFor, message].filter((word) => word !== null).join(': ') || state;
    const mark = `report-${Math.round(uptimeMs)}-${state}`;
    if (state === 'done')
      all.push({ mark, event: 'done', hooks: ['done'], atMs, cause: report.status ?? 'success', reason });
    else
      all.push({ mark, event: 'reported', hooks: state === 'waiting' ? ['waiting'] : [], atMs, cause: state, reason });
  }
  if (status.phase === 'ended') {
    const { result, exitCode, reason, endedAtMs } = status;
    const lost = result === 'lost';
    all.push({
      mark: 'ended',
      event: lost ? 'lost' : 'ended',
      hooks: lost ? ['lost', 'ended'] : ['ended'],
      atMs: endedAtMs ?? 0,
      cause: causeOfEnd(files),
      reason,
      result,
      exitCode,
    });
  }
  return all;
}

/** Why it ended, as its verdict has it, or will have. */
function causeOfEnd({ sentinel, verdict }: Evidence['files']): VerdictCause {
  if (verdict.state === 'there') return verdict.value.cause;
  return sentinel.state === 'there' ? sentinel.value.cause : 'lost';
}
