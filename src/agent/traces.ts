import type { Run } from './owners.ts';
import type { Process } from './tree.ts';

/**
 * Which runs may have processes: every one that has, and hardly another. To look for one run's in the whole table
 * (`treeOf`) is dear where hundreds have ended and left nothing. Pure.
 *
 * @returns their run ids.
 */
export function runsWithTraces(runs: readonly Run[], table: readonly Process[]): Set<string> {
  const cookies = new Set(table.map(({ cookie }) => cookie));
  const pids = new Set(table.flatMap(({ pid, sessionId, groupId }) => [pid, sessionId, groupId]));
  const hasTraces = ({ runId, wrapper, agent, cgroupPids }: Run): boolean =>
    cookies.has(runId) || pids.has(wrapper.pid) || pids.has(agent.pid) || (cgroupPids?.size ?? 0) > 0;
  return new Set(runs.filter(hasTraces).map(({ runId }) => runId));
}
