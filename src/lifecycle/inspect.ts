import type { Agent, ProcessNote, Verdict } from '../store/generated/types.ts';
import { readVerdict } from '../store/read-verdict.ts';
import type { StateDir } from '../store/state-dir.ts';
import { hasSession } from '../system/tmux.ts';
import { describe } from './describe.ts';
import { leftBehind, tellLeft } from './leftovers.ts';
import { find } from './list.ts';
import { type Observed, refuseRemoved, wasArchived } from './observe.ts';
import { tmuxServer } from './tmux-server.ts';

/** An agent with what is only looked up for one at a time. */
export interface Inspected extends Agent {
  leftRunning: ProcessNote[];
  verdict: Verdict | null;
}

/**
 * One agent with all its evidence, tmux' included.
 *
 * @param reference - a name (the agent that has it now, else the newest archived one), or `NAME.RUNID`.
 * @throws {UnknownAgentError} where there is none.
 * @example (await inspect(openStateDir(), 'fix-login')).phase // 'running'
 */
export async function inspect(stateDir: StateDir, reference: string): Promise<Inspected> {
  const agent = find(stateDir, reference);
  const left = leftBehind(agent);
  const facts = tellLeft(describe(agent, await tmuxSays(stateDir, agent)), left);
  const verdict = readVerdict(agent.directory) ?? null;
  if (wasArchived(stateDir.path, agent)) return inspect(stateDir, `${agent.name}.${agent.runId}`);
  refuseRemoved(agent);
  return { ...facts, leftRunning: left, verdict };
}

/** tmux is never evidence of death: no session, no server and a deleted socket all look the same. */
async function tmuxSays(stateDir: StateDir, { evidence }: Observed): Promise<string> {
  const { started, archived } = evidence.files;
  if (archived) return 'closed at teardown';
  if (started.state !== 'there') return 'no session yet';
  const there = await hasSession(tmuxServer(stateDir), started.value.tmux).catch(() => undefined);
  return there === undefined
    ? 'no answer'
    : there
      ? `session ${started.value.tmux.session} is there`
      : 'the session is gone';
}
