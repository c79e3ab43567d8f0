import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity } from '../agent/activity.ts';
import { uptimeOf } from './disk-times.ts';
import type * as disk from './generated/types.ts';
import * as validators from './generated/validators.js';
import { readRecord } from './record-file.ts';

/** What is remembered of this run; undefined where nothing is, or nothing that can be read. */
export function readActivity(directory: string, runId: string): Activity | undefined {
  const found = readRecord(join(directory, 'activity.json'), validators.activity);
  if (found.state !== 'there' || found.value.runId !== runId) return undefined;
  try {
    return activityOf(found.value);
  } catch {
    return undefined; // a time that cannot be: nobody would ever be idle by it, or everybody
  }
}

function activityOf(record: disk.Activity): Activity {
  const { samples, asleepSeconds, peakMemoryBytes, warnedCapSeconds } = record;
  return {
    lookedAtMs: uptimeOf(record.lookedAtAwakeSeconds),
    asleepMs: asleepSeconds === undefined ? undefined : uptimeOf(asleepSeconds),
    samples: samples.map(({ awakeSeconds, cpuSeconds, outputBytes }) => ({
      awakeMs: uptimeOf(awakeSeconds),
      cpuMs: uptimeOf(cpuSeconds),
      outputBytes,
    })),
    cpuMs: uptimeOf(record.cpuSeconds),
    treeCpuMs: uptimeOf(record.treeCpuSeconds),
    peakMemoryBytes,
    warnedCapMs: warnedCapSeconds === null ? null : uptimeOf(warnedCapSeconds),
  };
}

/**
 * Remembers. Not synced: for hundreds of agents a minute that would cost more than all the rest, and what is lost with the
 * machine belongs to agents that are lost with it. A full disk only makes idleness begin anew.
 */
export function writeActivity(directory: string, runId: string, activity: Activity): void {
  const record: disk.Activity = {
    schemaVersion: 1,
    runId,
    lookedAtAwakeSeconds: activity.lookedAtMs / 1000,
    ...(activity.asleepMs !== undefined && { asleepSeconds: activity.asleepMs / 1000 }),
    samples: activity.samples.map(({ awakeMs, cpuMs, outputBytes }) => ({
      awakeSeconds: awakeMs / 1000,
      cpuSeconds: cpuMs / 1000,
      outputBytes,
    })),
    cpuSeconds: activity.cpuMs / 1000,
    treeCpuSeconds: activity.treeCpuMs / 1000,
    peakMemoryBytes: activity.peakMemoryBytes,
    warnedCapSeconds: activity.warnedCapMs === null ? null : activity.warnedCapMs / 1000,
  };
  const path = join(directory, 'activity.json');
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch {
    // Moved to the archive meanwhile, or no room.
  }
}
