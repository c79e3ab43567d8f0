import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Report, Spec } from '../agent/evidence.ts';
import { DIALECTS } from '../agent/reports/dialects.ts';
import { isEvent } from '../agent/reports/heard.ts';
import { parseReportName, type Reported, reported, type Saying, waitedMs } from '../agent/reports/reported.ts';
import { instantOf, uptimeOf } from './disk-times.ts';
import type * as disk from './generated/types.ts';
import * as validators from './generated/validators.js';
import { modifiedMs } from './modified-at.ts';
import { readText } from './read-text.ts';
import { readRecord } from './record-file.ts';

/** What an agent says last is in it, and a prompt: neither is as long as a book. */
const LONGEST_EVENT_BYTES = 1024 * 1024;

/** What was said of an agent, by the files in its reports/. Reads only, and no more of them than it must. */
export function readReports(directory: string, spec: Spec): Reported {
  return reported(names(directory), spec.reports ?? undefined, reader(directory, spec));
}

/**
 * For how long an agent waited for a person, in milliseconds; undefined where nothing was ever said of it.
 *
 * @param endUptimeMs - when it ended.
 */
export function readWaitedMs(directory: string, spec: Spec, endUptimeMs: number): number | undefined {
  return waitedMs(names(directory), spec.reports ?? undefined, reader(directory, spec), endUptimeMs);
}

function reader(directory: string, { runId, reports: source, command }: Spec) {
  return (file: string): Saying | undefined | null => {
    const path = join(directory, 'reports', file);
    return parseReportName(file)?.kind === 'json' ? readRecordOf(path, runId) : readEvent(path, source ?? '', command);
  };
}

function names(directory: string): string[] {
  try {
    return readdirSync(join(directory, 'reports'));
  } catch {
    return [];
  }
}

function readRecordOf(path: string, runId: string): Saying | undefined | null {
  const found = readRecord(path, validators.report);
  if (found.state !== 'there') return found.state === 'absent' ? null : undefined;
  try {
    return found.value.runId === runId ? { record: reportOf(found.value) } : null;
  } catch {
    return undefined; // a time that no date can hold
  }
}

function readEvent(path: string, source: string, command: readonly string[]): Saying | undefined | null {
  try {
    const stat = statSync(path);
    const event: unknown = stat.size > LONGEST_EVENT_BYTES ? undefined : JSON.parse(readText(path));
    if (!isEvent(event)) return undefined;
    const heard = DIALECTS[source]?.hear(event, command);
    return heard === undefined ? null : { heard, atMs: modifiedMs(stat) };
  } catch {
    return undefined; // half of it, as long as it is being written
  }
}

function reportOf({ state, source, status, message, resultFile, at, uptimeSeconds }: disk.Report): Report {
  const times = { atMs: instantOf(at), uptimeMs: uptimeOf(uptimeSeconds) };
  return { state, source, status, message, resultFile, waitingFor: null, background: [], ...times };
}
