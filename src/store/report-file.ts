import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Now, Report } from '../agent/evidence.ts';
import { codeOf } from '../errors.ts';
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
  report: Pick<Report, 'source' | 'status' | 'message'> & { state: 'working' | 'done' },
  at: Now,
  result?: string,
): void {
  const reports = join(directory, 'reports');
  makeDirectory(reports);
  for (let count = 0; ; count++) {
    // Uptime has ten milliseconds, and a process may have more than one thing to say in them.
    const again = count === 0 ? '' : `_${String(count).padStart(3, '0')}`;
    const untagged = `${String(Math.round(at.uptimeMs)).padStart(15, '0')}-${process.pid}${again}`;
    // Whether a person ever typed is known from the names alone.
    const keys = `${untagged}-keys`;
    if ([untagged, keys].some((name) => existsSync(join(reports, `${name}.json`)))) continue;
    const base = report.source === 'keys' ? keys : untagged;
    const path = join(reports, `${base}.json`);
    if (result !== undefined) {
      copyFileSync(result, join(reports, `${base}.tmp`));
      chmodSync(join(reports, `${base}.tmp`), 0o600); // the copy has the mode of what was copied
      renameSync(join(reports, `${base}.tmp`), join(reports, `${base}.result`));
    }
    const created = createRecord(path, {
      schemaVersion: 1,
      runId,
      ...report,
      resultFile: result === undefined ? null : `${base}.result`,
      at: new Date(at.wallMs).toISOString(),
      uptimeSeconds: at.uptimeMs / 1000,
    });
    if (created) return;
  }
}

/** Not those above it: an agent that was archived meanwhile must not come back. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
