import { AgentctlError, refusal } from '../errors.ts';
import type { Agent } from '../store/generated/types.ts';
import { withLock } from '../store/lock.ts';
import { orderKeep } from '../store/orders-file.ts';
import { lockFile } from '../store/paths.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import { now } from '../system/clock.ts';
import { describe } from './describe.ts';
import { type AgentReference, resolve } from './list.ts';
import { lockContext } from './lock-context.ts';
import { observe } from './observe.ts';

/**
 * Holds what time would end or tear down: an agent that is done, one that is idle, the session of one that has ended. Its
 * cap and a stop still end it.
 *
 * @param keep - false lets it go again.
 * @throws {UnknownAgentError} for a name that is none.
 * @throws {AgentctlError} for one that has been torn down.
 */
export async function keep(
  stateDir: StateDir,
  reference: AgentReference,
  { keep: wanted, by }: { keep: boolean; by: string },
): Promise<Agent> {
  const { runId, name } = resolve(stateDir, reference);
  const agent = await withLock(lockFile(stateDir.path, runId ?? ''), lockContext(), async () => {
    const current = resolve(stateDir, { name, runId });
    if (current.evidence.files.archived) {
      throw new AgentctlError(
        `${name} cannot be kept: it has been torn down; its record stays until "agentctl rm ${name}"`,
      );
    }
    if (current.runId === undefined) throw new AgentctlError(`${name} cannot be kept: ${current.status.reason}`);
    try {
      orderKeep(current.directory, current.runId, wanted ? { at: now(), by } : undefined);
    } catch (error) {
      throw new AgentctlError(`it cannot be put down that ${name} is kept (${refusal(error)})`, { cause: error });
    }
    return observe(current.directory, name);
  });
  ringBell(stateDir.path);
  return describe(agent);
}
