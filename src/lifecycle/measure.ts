import type { Measurement } from '../agent/activity.ts';
import { ownersOf } from '../agent/owners.ts';
import type { Process } from '../agent/tree.ts';
import { printedBytes } from '../store/output-log.ts';
import { cgroupCpuSeconds } from '../system/cgroup.ts';
import { asleepMs, awakeMs } from '../system/clock.ts';
import { processTable } from '../system/processes.ts';
import { runsOf } from './leftovers.ts';
import type { Observed } from './observe.ts';

const CLOCK_TICK_MS = 10;

/** One whose tree can be measured: live, here, and known by its start. */
export type Running = Observed & { runId: string };

export function isRunning(agent: Observed): agent is Running {
  const { evidence, status, runId } = agent;
  const live = status.phase === 'running' || status.phase === 'done' || status.phase === 'waiting';
  return live && runId !== undefined && evidence.whereabouts === 'here' && evidence.files.started.state === 'there';
}

/** What a tree uses, and who is in it. */
export interface Measured extends Measurement {
  pids: readonly number[];
}

/**
 * What the trees of agents use, by run.
 *
 * @param table - one pass over the process table serves all of them.
 * @param memoryOf - the bytes of one process.
 */
export function measure(
  agents: readonly Running[],
  table: readonly Process[] = processTable(),
  memoryOf: (process: Process) => number = ({ memoryBytes }) => memoryBytes,
): Map<string, Measured> {
  const seen = { awakeMs: awakeMs(), asleepMs: asleepMs() };
  const owned = ownersOf(agents.flatMap(runsOf), table);
  return new Map(
    agents.map(({ runId, directory, evidence }) => {
      const { started } = evidence.files;
      const cgroup = started.state === 'there' ? started.value.cgroup : null;
      const tree = owned.get(runId) ?? [];
      const used = {
        treeCpuMs: cpuOf(tree, cgroup),
        memoryBytes: tree.reduce((sum, process) => sum + memoryOf(process), 0),
        processes: tree.length,
        outputBytes: printedBytes(directory),
        pids: tree.map(({ pid }) => pid),
      };
      return [runId, Object.assign({}, seen, used)];
    }),
  );
}

/** A control group also knows of those that have gone. */
function cpuOf(tree: readonly Process[], cgroup: string | null): number {
  const seconds = cgroup === null ? undefined : cgroupCpuSeconds(cgroup);
  const added = tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) * CLOCK_TICK_MS;
  return seconds === undefined ? added : Math.max(seconds * 1000, added);
}
