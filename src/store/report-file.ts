import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Now, Report } from '../agent/evidence.ts';
import { createRecord } from './write-record.ts';

/**
 * Puts down what is said of an agent, in a file of its own: nobody else writes it, so nothing is lost.
 *
 * @param result - a file of which a copy is kept beside the report.
 * @throws the system's error where there is no room, or the result cannot be read; nothing is put down then.
 */
export function writeReport(
  directory: string,
  runId: string,
  report: Pick<Report, 'state' | 'source' | 'status' | 'message'>,
  at: Now,
  result?: string,
): void {
  const reports = join(directory, 'reports');
  mkdirSync(reports, { recursive: true, mode: 0o700 });
  const base = `${String(at.uptimeMs).padStart(15, '0')}-${process.pid}`;
  const resultFile = result === undefined ? null : `${base}.result`;
  if (result !== undefined) {
    copyFileSync(result, join(reports, `${base}.tmp`));
    renameSync(join(reports, `${base}.tmp`), join(reports, `${base}.result`));
  }
  createRecord(join(reports, `${base}.json`), {
    schemaVersion: 1,
    runId,
    ...report,
    resultFile,
    at: new Date(at.wallMs).toISOString(),
    uptimeSeconds: at.uptimeMs / 1000,
  });
}
