import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { type EndedRun, sumOf, type Totals } from '../agent/metrics.ts';
import { AgentctlError, codeOf, refusal } from '../errors.ts';
import type { Removed } from './generated/types.ts';
import * as validators from './generated/validators.js';
import { ADDING, endsInHalfALine, NEWLINE } from './lines-file.ts';
import { removedFile } from './paths.ts';

// removed.ndjson: how those ended that were removed, so that no counter falls when an archive is pruned. A run stands in it
// before it is gone from the archive, and counts once, however many lines it has and whether or not it is gone yet. So many
// may add and remove at once without a lock, and be killed at any step: what they know is a set that only grows.

/** About a thousand runs: then those that are old become one line. */
const MOST_BYTES = 256 * 1024;
/** By then whoever has added a line has removed its run, or has died. */
const YOUNG_MS = 10 * 60_000;
/** A draft is there for milliseconds. */
const ABANDONED_MS = 60_000;
const TRIES = 3;

/** What removed runs come to: those that are known one by one, and the sum of those before. */
export interface RemovedRuns {
  sum: Totals;
  runs: ReadonlyMap<string, Totals>;
}

/**
 * What stands there; nothing where there is no file. A line that cannot be read is passed over.
 *
 * @throws {AgentctlError} where the file cannot be read: taken for nothing, every counter would fall.
 */
export function readRemoved(stateDir: string): RemovedRuns {
  let file: number;
  try {
    file = openSync(removedFile(stateDir), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return totalsOf([]);
    throw new AgentctlError(`${removedFile(stateDir)} cannot be read (${refusal(error)}): see that it is yours`, {
      cause: error,
    });
  }
  try {
    return totalsOf(linesOf(readFrom(file, 0)));
  } finally {
    closeSync(file);
  }
}

/** Another one whenever the file has changed. */
export function removedMark(stateDir: string): string {
  const stat = statSync(removedFile(stateDir), { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}

/**
 * Adds a run that is about to be removed. Not synced: a loss of power may lose the last ones.
 *
 * @returns false where there was no room.
 */
export function addRemoved(stateDir: string, { runId, totals }: EndedRun): boolean {
  return append(removedFile(stateDir), Buffer.from(textOf(lineOf(runId, totals))));
}

/**
 * Sums up what is old, where there is much. A run stays a line of its own as long as it may be seen in the archive, or be
 * added again.
 *
 * @param runsThere - those that are in the archive.
 */
export function sumUpRemoved(stateDir: string, runsThere: () => ReadonlySet<string>, mostBytes = MOST_BYTES): void {
  const path = removedFile(stateDir);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < mostBytes) return;
  const draft = `${path}.draft`;
  const claim = claimDraft(draft);
  if (claim === undefined) return;
  let old: number | undefined;
  try {
    // Opened after the claim: whoever had it before us has put another file here.
    old = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const known = readFrom(old, 0);
    const whole = known.lastIndexOf(NEWLINE) + 1;
    const lines = linesOf(known.subarray(0, whole));
    // Looked for after it was read that they were removed: whoever is gone by then never comes back.
    const there = runsThere();
    const stays = ({ runId, at }: Removed): boolean =>
      runId !== null && (Math.abs(Date.now() - Date.parse(at)) < YOUNG_MS || there.has(runId));
    const kept = new Map(lines.filter(stays).map((line) => [line.runId, line]));
    const { sum, runs } = totalsOf(lines);
    const gone = [...runs].filter(([runId]) => !kept.has(runId)).map(([, totals]) => totals);
    const next = [lineOf(null, sumOf([sum, ...gone])), ...kept.values()].map(textOf).join('');
    writeSync(claim, next);
    fsyncSync(claim);
    renameSync(draft, path);
    // Whoever had the old file open has added to that by now, or sees that it was replaced, and adds again.
    const late = readFrom(old, whole);
    if (late.length > 0) append(path, late);
  } catch {
    rmSync(draft, { force: true }); // no room: later, then
  } finally {
    closeSync(claim);
    if (old !== undefined) closeSync(old);
  }
}

/** Its exclusive create decides who of many sums up. Whoever died at it held it for nothing. */
function claimDraft(draft: string): number | undefined {
  try {
    return openSync(draft, 'wx', 0o600);
  } catch (error) {
    const since = statSync(draft, { throwIfNoEntry: false })?.mtimeMs;
    if (codeOf(error) === 'EEXIST' && since !== undefined && Math.abs(Date.now() - since) > ABANDONED_MS)
      rmSync(draft, { force: true });
    return undefined;
  }
}

/** In one write, so that lines of several writers do not mix; again, where the file was replaced meanwhile. */
function append(path: string, lines: Buffer): boolean {
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const file = openSync(path, ADDING, 0o600);
      try {
        const { size, ino } = fstatSync(file);
        const text = endsInHalfALine(file, size) ? Buffer.concat([Buffer.from('\n'), lines]) : lines;
        if (writeSync(file, text) !== text.length) return false;
        if (statSync(path, { throwIfNoEntry: false })?.ino === ino) return true;
      } finally {
        closeSync(file);
      }
    }
    return true;
  } catch {
    return false;
  }
}

/** However long it is: a prune of an old archive adds very many lines at once. */
function readFrom(file: number, offset: number): Buffer {
  const { size } = fstatSync(file);
  const buffer = Buffer.alloc(Math.max(0, size - offset));
  return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, offset));
}

function linesOf(bytes: Buffer): Removed[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        const line: unknown = JSON.parse(text);
        return validators.removed(line) ? [line] : [];
      } catch {
        return []; // half a line, or the end
      }
    });
}

function totalsOf(lines: readonly Removed[]): RemovedRuns {
  const runs = new Map<string, Totals>();
  const sums: Totals[] = [];
  for (const { runId, ...line } of lines) {
    const { results, runs: lengths, runSeconds, escapedAgents, escapedProcesses } = line;
    const totals = { results, runs: lengths, runMs: Math.round(runSeconds * 1000), escapedAgents, escapedProcesses };
    if (runId === null) sums.push(totals);
    else runs.set(runId, totals);
  }
  return { sum: sumOf(sums), runs };
}

function lineOf(runId: string | null, totals: Totals): Removed {
  const { runMs, results, runs, escapedAgents, escapedProcesses } = totals;
  const at = new Date(Date.now()).toISOString();
  return {
    schemaVersion: 1,
    runId,
    at,
    results: { ...results },
    runs: { ...runs },
    runSeconds: runMs / 1000,
    escapedAgents,
    escapedProcesses,
  };
}

function textOf(line: Removed): string {
  return `${JSON.stringify(line)}\n`;
}
