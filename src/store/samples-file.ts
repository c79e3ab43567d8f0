import { closeSync, fstatSync, openSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MOST_SAMPLES, type Sample } from '../agent/sample.ts';
import { instantOf, uptimeOf } from './disk-times.ts';
import type * as disk from './generated/types.ts';
import * as validators from './generated/validators.js';
import { ADDING } from './lines-file.ts';
import { isThere } from './modified-at.ts';
import { openPlain } from './read-text.ts';

/** A line has about 400. */
const LINE_BYTES = 512;
/** Then it is cut back to an hour: seldom, since that writes it anew. */
const MOST_BYTES = MOST_SAMPLES * LINE_BYTES;

/**
 * The last samples of a run, oldest first; none where there is no file. What is no line of this run is passed over: an
 * agent may write there too.
 */
export function readSamples(directory: string, runId: string, most: number): Sample[] {
  return readLines(directory, runId, most).flatMap((line) => {
    try {
      return [sampleOf(line)];
    } catch {
      return []; // a time that cannot be
    }
  });
}

/** The last sample of a run as it stands there; undefined where there is none. */
export function readLastSample(directory: string, runId: string): disk.Sample | undefined {
  return readLines(directory, runId, 1)[0];
}

/**
 * Adds one. Not synced, as activity.json is not; where there is no room, or the agent was moved to the archive, nothing is
 * added, and what follows half a line is lost with it: a sample is no evidence of anything.
 */
export function appendSample(directory: string, runId: string, sample: Sample): void {
  try {
    const file = openSync(pathOf(directory), ADDING, 0o600);
    try {
      const { size } = fstatSync(file);
      writeSync(file, `${JSON.stringify(lineOf(runId, sample))}\n`);
      if (size > MOST_BYTES) cutBack(directory, runId);
    } finally {
      closeSync(file);
    }
  } catch {
    // See above.
  }
}

function cutBack(directory: string, runId: string): void {
  const lines = readLines(directory, runId, MOST_SAMPLES);
  const draft = `${pathOf(directory)}.${process.pid}`;
  writeFileSync(draft, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  renameSync(draft, pathOf(directory));
}

function readLines(directory: string, runId: string, most: number): disk.Sample[] {
  if (!isThere(pathOf(directory))) return [];
  let lines: string[];
  try {
    lines = readEnd(pathOf(directory), (most + 1) * LINE_BYTES).split('\n');
  } catch {
    return [];
  }
  const found: disk.Sample[] = [];
  for (let line = lines.pop(); line !== undefined && found.length < most; line = lines.pop()) {
    const sample = parse(line);
    if (sample?.runId === runId) found.push(sample);
  }
  return found.reverse();
}

function readEnd(path: string, most: number): string {
  const file = openPlain(path);
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, most));
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, size - buffer.length));
  } finally {
    closeSync(file);
  }
}

function parse(line: string): disk.Sample | undefined {
  if (line === '') return undefined;
  try {
    const record: unknown = JSON.parse(line);
    return validators.sample(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function lineOf(runId: string, sample: Sample): disk.Sample {
  return {
    schemaVersion: 1,
    runId,
    at: new Date(sample.atMs).toISOString(),
    awakeSeconds: sample.awakeMs / 1000,
    cpuPercent: Math.round(sample.cpuPercent * 10) / 10,
    cpuSeconds: sample.cpuMs / 1000,
    treeCpuSeconds: sample.treeCpuMs / 1000,
    memoryBytes: sample.memoryBytes,
    processes: sample.processes,
    outputBytes: sample.outputBytes,
    peakCpuPercent: Math.round(sample.peakCpuPercent * 10) / 10,
    peakMemoryBytes: sample.peakMemoryBytes,
    peakProcesses: sample.peakProcesses,
    idleSeconds: sample.idleMs / 1000,
  };
}

function sampleOf(line: disk.Sample): Sample {
  const { cpuPercent, memoryBytes, processes, outputBytes, peakCpuPercent, peakMemoryBytes, peakProcesses } = line;
  return {
    atMs: instantOf(line.at),
    awakeMs: uptimeOf(line.awakeSeconds),
    cpuPercent,
    cpuMs: uptimeOf(line.cpuSeconds),
    treeCpuMs: uptimeOf(line.treeCpuSeconds),
    memoryBytes,
    processes,
    outputBytes,
    peakCpuPercent,
    peakMemoryBytes,
    peakProcesses,
    idleMs: uptimeOf(line.idleSeconds),
  };
}

function pathOf(directory: string): string {
  return join(directory, 'samples.ndjson');
}
