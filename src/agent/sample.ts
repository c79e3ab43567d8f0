import { IDLE_CPU_FRACTION, type Measurement } from './activity.ts';

/** What an agent's tree used up to one moment; times in milliseconds. See schemas/sample.schema.json. */
export interface Sample {
  atMs: number;
  /** Since boot, suspend excluded. */
  awakeMs: number;
  /** Of one core, since the sample before. */
  cpuPercent: number;
  cpuMs: number;
  /** What its processes add up to: it falls when one of them is gone. */
  treeCpuMs: number;
  memoryBytes: number;
  processes: number;
  outputBytes: number;
  peakCpuPercent: number;
  peakMemoryBytes: number;
  peakProcesses: number;
  idleMs: number;
}

/** How often the manager samples each live agent. */
export const SAMPLE_EVERY_MS = 15_000;
/** An hour of them. */
export const MOST_SAMPLES = 240;

/**
 * The next sample of an agent. Pure.
 *
 * @param before - the last one; undefined where this is the first.
 * @param seen - its tree as it is now.
 * @param at - the time, and how long ago the agent started, in milliseconds.
 */
export function nextSample(
  before: Sample | undefined,
  seen: Measurement,
  at: { wallMs: number; sinceStartMs: number },
): Sample {
  const known = before ?? atStart(seen.awakeMs - Math.max(1, at.sinceStartMs));
  const usedMs = Math.max(0, seen.treeCpuMs - known.treeCpuMs);
  const passedMs = Math.max(1, seen.awakeMs - known.awakeMs);
  const cpuPercent = (100 * usedMs) / passedMs;
  const quiet = seen.outputBytes === known.outputBytes && usedMs < passedMs * IDLE_CPU_FRACTION;
  return {
    atMs: at.wallMs,
    awakeMs: seen.awakeMs,
    cpuPercent,
    cpuMs: known.cpuMs + usedMs,
    treeCpuMs: seen.treeCpuMs,
    memoryBytes: seen.memoryBytes,
    processes: seen.processes,
    outputBytes: seen.outputBytes,
    peakCpuPercent: Math.max(known.peakCpuPercent, cpuPercent),
    peakMemoryBytes: Math.max(known.peakMemoryBytes, seen.memoryBytes),
    peakProcesses: Math.max(known.peakProcesses, seen.processes),
    idleMs: known.idleMs + (quiet ? passedMs : 0),
  };
}

function atStart(awakeMs: number): Sample {
  return {
    atMs: 0,
    awakeMs,
    cpuPercent: 0,
    cpuMs: 0,
    treeCpuMs: 0,
    memoryBytes: 0,
    processes: 0,
    outputBytes: 0,
    peakCpuPercent: 0,
    peakMemoryBytes: 0,
    peakProcesses: 0,
    idleMs: 0,
  };
}
