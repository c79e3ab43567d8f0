import { formatDuration } from '../agent/duration.ts';
import { byteSize } from './byte-size.ts';

/** What an ended agent used up, in a line; what nobody saw is left out. */
export function usedUp(resources: {
  wallSeconds: number | null;
  cpuSeconds: number | null;
  peakMemoryBytes: number | null;
  savedSeconds: number | null;
}): string {
  const { wallSeconds, cpuSeconds, peakMemoryBytes, savedSeconds } = resources;
  return [
    wallSeconds === null ? null : formatDuration(wallSeconds * 1000),
    cpuSeconds === null ? null : `${cpuSeconds.toFixed(2)} s of CPU`,
    peakMemoryBytes === null ? null : `${byteSize(peakMemoryBytes)} at most`,
    savedSeconds === null ? null : `${formatDuration(savedSeconds * 1000)} of its cap left`,
  ]
    .filter((part) => part !== null)
    .join(', ');
}

/** What a live agent uses now, in a line. */
export function usesNow(resources: {
  cpuPercent: number;
  memoryBytes: number;
  processes: number;
  outputBytes: number;
}): string {
  const { cpuPercent, memoryBytes, processes, outputBytes } = resources;
  const many = processes === 1 ? '1 process' : `${processes} processes`;
  return `${cpuPercent.toFixed(1)} % of a core, ${byteSize(memoryBytes)}, ${many}, ${byteSize(outputBytes)} printed`;
}
