import { join } from 'node:path';
import type { AgentFiles } from '../agent/evidence.ts';
import { readActivity } from '../store/activity-file.ts';
import type { Resources } from '../store/generated/types.ts';
import { readText } from '../store/read-text.ts';
import { readWaitedMs } from '../store/reports.ts';
import { readSamples } from '../store/samples-file.ts';
import { cgroupCpuSeconds } from '../system/cgroup.ts';
import { printedBeforeEnd } from './log-end.ts';
import type { Observed } from './observe.ts';

/** What an ended agent used up, as far as anybody saw it. */
export function resourcesOf({ evidence, status, directory, runId }: Observed): Resources {
  const { files } = evidence;
  const activity = runId === undefined ? undefined : readActivity(directory, runId);
  const [sample] = runId === undefined ? [] : readSamples(directory, runId, 1);
  const { startedAtMs, endedAtMs } = status;
  const wallMs = startedAtMs === null || endedAtMs === null ? null : Math.max(0, endedAtMs - startedAtMs);
  const cgroup = files.started.state === 'there' ? files.started.value.cgroup : null;
  const cpu = [
    waitedForSeconds(directory),
    cgroup === null ? undefined : cgroupCpuSeconds(cgroup),
    activity && activity.cpuMs / 1000,
    sample && sample.cpuMs / 1000,
  ].filter((seconds) => seconds !== undefined);
  return {
    wallSeconds: wallMs === null ? null : wallMs / 1000,
    // Each of them misses something: the most is the nearest.
    cpuSeconds: cpu.length === 0 ? null : Math.max(...cpu),
    peakMemoryBytes:
      sample?.peakMemoryBytes ?? (activity && activity.peakMemoryBytes > 0 ? activity.peakMemoryBytes : null),
    peakCpuPercent: sample?.peakCpuPercent ?? null,
    peakProcesses: sample?.peakProcesses ?? null,
    outputBytes: runId === undefined ? null : printedBeforeEnd(directory, runId),
    waitingSeconds: waitingSeconds(files, directory, wallMs),
    idleSeconds: sample ? sample.idleMs / 1000 : null,
    savedSeconds: savedSeconds(files, wallMs),
  };
}

function waitingSeconds({ spec, started }: AgentFiles, directory: string, wallMs: number | null): number | null {
  if (spec.state !== 'there' || started.state !== 'there' || wallMs === null) return null;
  const waitedMs = readWaitedMs(directory, spec.value, started.value.uptimeMs + wallMs);
  return waitedMs === undefined ? null : waitedMs / 1000;
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
