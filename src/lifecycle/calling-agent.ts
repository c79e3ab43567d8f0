import { isName, isRunId } from '../agent/name.ts';
import { lineage } from '../agent/tree.ts';
import { processTable, variablesOf } from '../system/processes.ts';

/** The agent in whose tree we run. */
export interface CallingAgent {
  name: string;
  runId: string;
  stateDir: string | undefined;
}

const VARIABLES = ['AGENTCTL_NAME', 'AGENTCTL_RUN_ID', 'AGENTCTL_STATE_DIR'] as const;

/** The agent that calls us, by the cookie that we inherited; null where we have none. */
export function inheritedAgent(): CallingAgent | null {
  return agentOf(process.env);
}

/**
 * The agent that calls us: by the cookie that we inherited, else (somebody emptied our environment) by the nearest
 * ancestor that has one; null where none does, or where it was taken away on purpose.
 */
export function callingAgent(): CallingAgent | null {
  if (process.env.AGENTCTL_RUN_ID !== undefined) return inheritedAgent();
  for (const pid of lineage(process.pid, processTable()).slice(1)) {
    const variables = variablesOf(pid, VARIABLES);
    if (variables.AGENTCTL_RUN_ID !== undefined) return agentOf(variables);
  }
  return null;
}

function agentOf(variables: NodeJS.ProcessEnv): CallingAgent | null {
  const { AGENTCTL_NAME: name, AGENTCTL_RUN_ID: runId, AGENTCTL_STATE_DIR: stateDir } = variables;
  return name !== undefined && runId !== undefined && isName(name) && isRunId(runId) ? { name, runId, stateDir } : null;
}
