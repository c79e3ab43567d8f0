import type { Said } from '../agent/evidence.ts';
import { InvalidInput } from '../agent/invalid-input.ts';
import { AgentctlError, codeOf, refusal } from '../errors.ts';
import type { Agent } from '../store/generated/types.ts';
import { writeReport } from '../store/report-file.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import { now } from '../system/clock.ts';
import { describe } from './describe.ts';
import { ensureManager, type ManagerWish } from './ensure-manager.ts';
import { type AgentReference, resolve } from './list.ts';
import { observe } from './observe.ts';
import { refuseUnlessLive } from './refuse-unless-live.ts';

export interface DoneOptions extends ManagerWish {
  /** Default: success. */
  status?: Said | undefined;
  message?: string | undefined;
  /** A file of which a copy is kept with the agent. */
  resultFile?: string | undefined;
}

/**
 * Says that an agent has finished, though its process may run on: its grace begins. Unless it goes on working, it is ended
 * after that, and its result is what was said here.
 *
 * @example await done(openStateDir(), { name: 'fix-login' }, { message: 'all tests pass' });
 * @throws {UnknownAgentError} for a name that is none.
 * @throws {InvalidInput} where the result cannot be read.
 * @throws {AgentctlError} for an agent that is not running.
 */
export async function done(stateDir: StateDir, reference: AgentReference, options: DoneOptions = {}): Promise<Agent> {
  const agent = resolve(stateDir, reference);
  const runId = refuseUnlessLive(agent, 'be done');
  if (agent.status.phase === 'queued')
    throw new AgentctlError(
      `${agent.name} cannot be done: it has not been started yet; "agentctl stop" takes it out of line`,
    );
  const { status = 'success', message = null, resultFile } = options;
  try {
    writeReport(agent.directory, runId, { state: 'done', source: 'done', status, message }, now(), resultFile);
  } catch (error) {
    if (resultFile !== undefined && ['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'ELOOP'].includes(codeOf(error) ?? '')) {
      throw new InvalidInput(`--result: ${resultFile} cannot be read (${refusal(error)}): give a file that can`);
    }
    throw new AgentctlError(
      `it cannot be put down that ${agent.name} is done (${refusal(error)}): free some room there`,
      {
        cause: error,
      },
    );
  }
  ringBell(stateDir.path);
  await ensureManager(stateDir, options);
  return describe(observe(agent.directory, agent.name));
}
