import { readFileSync } from 'node:fs';
import type { Process } from '../agent/tree.ts';
import { awakeMs } from './clock.ts';

/** What others share with a process changes without it: it is asked anew this often. */
const KNOWN_FOR_MS = 120_000;
/** To add up a process's share walks all of its pages: not again while it is as large as it was. */
const CHANGED_FRACTION = 0.01;

interface Known {
  startTime: string;
  residentBytes: number;
  bytes: number;
  atMs: number;
}

/**
 * The memory of processes, each page divided among those who share it (PSS), so that a tree's sum counts it once; resident
 * memory where that cannot be read. See proc_pid_smaps_rollup(5).
 */
export class MemoryMeter {
  readonly #known = new Map<number, Known>();

  /** Bytes. */
  of({ pid, startTime, memoryBytes: residentBytes }: Process): number {
    const known = this.#known.get(pid);
    const atMs = awakeMs();
    const holds =
      known?.startTime === startTime &&
      atMs - known.atMs < KNOWN_FOR_MS &&
      Math.abs(residentBytes - known.residentBytes) <= known.residentBytes * CHANGED_FRACTION;
    if (holds) return known.bytes;
    const bytes = shareOf(pid) ?? residentBytes;
    this.#known.set(pid, { startTime, residentBytes, bytes, atMs });
    return bytes;
  }

  /** Forgets who is gone. */
  keepOnly(table: readonly Process[]): void {
    const present = new Set(table.map(({ pid }) => pid));
    for (const pid of this.#known.keys()) if (!present.has(pid)) this.#known.delete(pid);
  }
}

/** Undefined where it is gone, the kernel has no such file, or it is another user's. */
function shareOf(pid: number): number | undefined {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
