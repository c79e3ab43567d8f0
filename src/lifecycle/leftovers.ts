import type { Run } from '../agent/owners.ts';
import { runsWithTraces } from '../agent/traces.ts';
import type { Process } from '../agent/tree.ts';
import type { Agent, ProcessNote } from '../store/generated/types.ts';
import { pidsInCgroup } from '../system/cgroup.ts';
import { processTable } from '../system/processes.ts';
import { noteOf, scanTree } from './end-tree.ts';
import type { Observed } from './observe.ts';

/** What an agent left running when it ended: it goes at teardown. */
export function leftBehind({ evidence, status, runId }: Observed, table?: readonly Process[]): ProcessNote[] {
  const { started, archived } = evidence.files;
  if (status.phase !== 'ended' || archived || evidence.whereabouts !== 'here') return [];
  if (started.state !== 'there' || runId === undefined) return [];
  const { members } = scanTree(runId, started.value, true, table);
  return members.map(noteOf);
}

/**
 * The same for many agents, with one look at the process table for all of them; an entry for each that has
 * ended and was not torn down.
 */
export function leftBehindBy(agents: readonly Observed[]): Map<Observed, ProcessNote[]> {
  const ended = agents.filter(({ status, evidence }) => status.phase === 'ended' && !evidence.files.archived);
  const runs = ended.flatMap(runsOf);
  const table = runs.length === 0 ? [] : processTable();
  const traced = runsWithTraces(runs, table);
  return new Map(ended.map((agent) => [agent, traced.has(agent.runId ?? '') ? leftBehind(agent, table) : []]));
}

/** By what its processes are recognised; none where they cannot be. */
export function runsOf({ runId, evidence }: Observed): Run[] {
  const { started } = evidence.files;
  if (runId === undefined || started.state !== 'there' || evidence.whereabouts !== 'here') return [];
  const { wrapper, watchdog, agent, cgroup } = started.value;
  return [{ runId, wrapper, watchdog, agent, ...(cgroup !== null && { cgroupPids: pidsInCgroup(cgroup) }) }];
}

/** Adds what was left behind to what is told of an agent; undefined where nobody looked for it. */
export function tellLeft(facts: Agent, left: ProcessNote[] | undefined): Agent {
  if (left === undefined) return facts;
  const evidence = left.length === 0 ? facts.evidence : { ...facts.evidence, process: sayLeft(left) };
  return { ...facts, evidence, leftRunning: left };
}

/** What was left behind, in a sentence. */
export function sayLeft(left: readonly ProcessNote[]): string {
  return `ended; left running until teardown: ${left.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ')}`;
}
