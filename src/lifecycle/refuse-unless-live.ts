import { AgentctlError } from '../errors.ts';
import type { Observed } from './observe.ts';

/**
 * The run id of an agent that can still be told something.
 *
 * @param to - what it is to do, for the sentence.
 * @throws {AgentctlError} for one that has ended, is being ended, or of which nothing can be said.
 */
export function refuseUnlessLive({ name, runId, status }: Observed, to: string): string {
  if (status.phase === 'ended') throw new AgentctlError(`${name} cannot ${to}: it has ended (${status.reason})`);
  if (status.phase === 'stopping')
    throw new AgentctlError(`${name} cannot ${to}: it is being ended (${status.reason})`);
  if (status.phase === 'unknown' || runId === undefined) {
    throw new AgentctlError(`${name} cannot ${to}: nothing can be said of it (${status.reason})`);
  }
  return runId;
}
