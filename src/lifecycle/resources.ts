import { join } from 'node:path';
import type { AgentFiles } from '../agent/evidence.ts';
import { readActivity } from '../store/activity-file.ts';
import type { Resources } from '../store/generated/types.ts';
import { readText } from '../store/read-text.ts';
import { cgroupCpuSeconds } from '../system/cgroup.ts';
import type { Observed } from './observe.ts';

/** What an ended agent used up, as far as anybody saw it. */
export function resourcesOf({ evidence, status, directory, runId }: Observed): Resources {
  const { files } = evidence;
  const activity = runId === undefined ? undefined : readActivity(directory, runId);
  const { startedAtMs, endedAtMs } = status;
  const wallMs = startedAtMs === null || endedAtMs === null ? null : Math.max(0, endedAtMs - startedAtMs);
  const cgroup = files.started.state === 'there' ? files.started.value.cgroup : null;
  const cpu = [
    waitedForSeconds(directory),
    cgroup === null ? undefined : cgroupCpuSeconds(cgroup),
    activity && activity.cpuMs / 1000,
  ].filter((seconds) => seconds !== undefined);
  return {
    wallSeconds: wallMs === null ? null : wallMs / 1000,
    // Each of them misses something: the most is the nearest.
    cpuSeconds: cpu.length === 0 ? null : Math.max(...cpu),
    peakMemoryBytes: activity && activity.peakMemoryBytes > 0 ? activity.peakMemoryBytes : null,
    savedSeconds: savedSeconds(files, wallMs),
  };
}

function savedSeconds({ capMs, spec }: AgentFiles, wallMs: number | null): number | null {
  const inForce = capMs === undefined && spec.state === 'there' ? spec.value.limits.maxRuntimeMs : capMs;
  return typeof inForce !== 'number' || wallMs === null ? null : Math.max(0, inForce - wallMs) / 1000;
}

/** What `times` says in the wrapper: user and system time of the agent and of what it waited for. */
function waitedForSeconds(directory: string): number | undefined {
  try {
    const children = readText(join(directory, 'times')).trim().split('\n')[1] ?? '';
    const times = [...children.matchAll(/(\d+)m([\d.,]+)s/g)];
    if (times.length !== 2) return undefined;
    return times.reduce(
      (sum, [, minutes, seconds = '']) => sum + Number(minutes) * 60 + Number(seconds.replace(',', '.')),
      0,
    );
  } catch {
    return undefined;
  }
}
