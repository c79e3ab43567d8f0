import { join } from 'node:path';
import type { Evidence, Found } from '../agent/evidence.ts';
import { heartbeatSays } from '../agent/status.ts';
import { limitsToDisk } from '../store/agent-files.ts';
import type { Agent } from '../store/generated/types.ts';
import { modifiedAt } from '../store/modified-at.ts';
import { readLastSample } from '../store/samples-file.ts';
import { awakeMs } from '../system/clock.ts';
import type { Observed } from './observe.ts';
import { resumeCommand } from './resume-command.ts';

/**
 * An agent as the world sees it (schemas/agent.schema.json): what `--json` prints and the library returns.
 *
 * @param tmux - what tmux says, where it was asked.
 */
export function describe(agent: Observed, tmux = 'not asked'): Agent {
  const { evidence, status } = agent;
  const isQueued = status.phase === 'queued';
  const spec = evidence.files.spec.state === 'there' ? evidence.files.spec.value : undefined;
  // Not added to a spread copy of it: that would be slow to make and to read.
  return Object.assign(summarize(agent), {
    resume: resumeCommand(agent),
    resources: used(agent),
    limits: spec ? limitsToDisk({ ...spec.limits, maxRuntimeMs: capOf(evidence) }) : null,
    evidence: {
      sentinel: sentinelSays(evidence),
      process: isQueued ? NOT_YET : processesSay(evidence),
      heartbeat: isQueued ? NOT_YET : heartbeatSays(evidence),
      report: reportSays(evidence),
      tmux,
    },
  });
}

/** What a table shows of an agent. */
export type Summary = Pick<
  Agent,
  | 'schemaVersion'
  | 'name'
  | 'runId'
  | 'parent'
  | 'phase'
  | 'result'
  | 'terminal'
  | 'exitCode'
  | 'signal'
  | 'reason'
  | 'createdAt'
  | 'startedAt'
  | 'endedAt'
  | 'deadline'
  | 'teardownAt'
  | 'kept'
  | 'report'
  | 'lastOutputAt'
  | 'labels'
  | 'cwd'
  | 'command'
  | 'archived'
  | 'directory'
>;

/** The same without what takes more reading: of hundreds that is half of it. */
export function summarize({ name, directory, evidence, status }: Observed): Summary {
  const spec = evidence.files.spec.state === 'there' ? evidence.files.spec.value : undefined;
  return {
    schemaVersion: 1,
    name,
    runId: spec?.runId ?? null,
    parent: spec?.parent ? { ...spec.parent } : null,
    phase: status.phase,
    result: status.result,
    terminal: status.phase === 'ended',
    exitCode: status.exitCode,
    signal: status.signal,
    reason: status.reason,
    createdAt: spec ? instant(spec.createdAtMs) : null,
    startedAt: instant(status.startedAtMs),
    endedAt: instant(status.endedAtMs),
    deadline: instant(status.deadlineMs),
    teardownAt: instant(status.teardownAtMs),
    kept: evidence.files.keptBy !== undefined,
    report: reportOn(evidence, directory),
    lastOutputAt: status.phase === 'queued' ? null : instant(modifiedAt(`${directory}/output.log`) ?? null),
    labels: spec?.labels ?? {},
    cwd: spec?.cwd ?? null,
    command: spec?.command ?? [],
    archived: evidence.files.archived,
    directory,
  };
}

const NOT_YET = 'none: it has not been started yet';

/** As of a moment ago: where no manager samples any more, nobody knows what it uses now. */
const FRESH_MS = 60_000;

function used({ status, directory, runId }: Observed): Agent['resources'] {
  if (runId === undefined || !['running', 'done', 'waiting'].includes(status.phase)) return null;
  const sample = readLastSample(directory, runId);
  return sample && awakeMs() - sample.awakeSeconds * 1000 < FRESH_MS ? sample : null;
}

function reportOn(evidence: Evidence, directory: string): Agent['report'] {
  const { report } = evidence.files;
  if (report === undefined) return null;
  const { state, source, status, message, resultFile, waitingFor, background } = report;
  return {
    state,
    source,
    status,
    message,
    waitingFor,
    background: [...background],
    resultFile: resultFile === null ? null : join(directory, 'reports', resultFile),
    at: new Date(report.atMs).toISOString(),
  };
}

function reportSays({ files: { report, unreadReports } }: Evidence): string {
  const unread = unreadReports.length === 0 ? '' : `; not understood: ${unreadReports.join(', ')}`;
  if (report === undefined) return `none${unread}`;
  const { state, status, waitingFor, background, source, message } = report;
  const detail = [status, waitingFor, ...background].filter((part) => part !== null).join(', ');
  return `${state}${detail && ` (${detail})`}, by ${source}${message ? `: ${message}` : ''}${unread}`;
}

/** The cap in force: the watchdog's, which may have been moved since the start. */
function capOf({ files }: Evidence): number | null {
  if (files.capMs !== undefined) return files.capMs;
  return files.spec.state === 'there' ? files.spec.value.limits.maxRuntimeMs : null;
}

function sentinelSays({ files }: Evidence): string {
  const said = (found: Found<{ code: number | null; how: string; cause: string }>): string | undefined => {
    if (found.state === 'damaged') return found.problem;
    if (found.state === 'absent' || found.value.how === 'pending') return undefined;
    return `code ${found.value.code ?? 'unknown'}, ${found.value.how}, ${found.value.cause}`;
  };
  const recorded = said(files.recorded);
  return said(files.sentinel) ?? (recorded ? `not published; recorded: ${recorded}` : 'none');
}

function processesSay({ files, processes, whereabouts }: Evidence): string {
  if (whereabouts === 'rebooted') return 'none: the machine was restarted';
  if (whereabouts === 'elsewhere') return 'unknown: it runs in another container or on another machine';
  if (files.archived || files.sentinel.state === 'there') return 'ended';
  const pid = files.started.state === 'there' ? ` (pid ${files.started.value.agent.pid})` : '';
  return `agent ${processes.agent}${pid}, wrapper ${processes.wrapper}, watchdog ${processes.watchdog}`;
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
