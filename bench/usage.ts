import { readdirSync, readFileSync } from 'node:fs';

/** What a process has used up, and holds now; undefined where it is gone. */
export interface Usage {
  rssBytes: number;
  /** Its share of what it has in common with others: only this may be added up. */
  pssBytes: number;
  cpuSeconds: number;
  descriptors: number;
}

export function usageOf(pid: number): Usage | undefined {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    const kilobytes = (what: string): number => Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      rssBytes: kilobytes('Rss') * 1024,
      pssBytes: kilobytes('Pss') * 1024,
      // In clock ticks, of which Linux shows 100 a second.
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    return undefined;
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
