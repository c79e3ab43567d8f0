import { AgentctlError } from '../errors.ts';
import type { Agent } from '../store/generated/types.ts';
import type { StateDir } from '../store/state-dir.ts';
import { pause } from '../system/clock.ts';
import { attachSession, detachClient } from '../system/tmux.ts';
import { type AgentReference, resolve } from './list.ts';
import type { Observed } from './observe.ts';
import { paneOf } from './pane.ts';
import { tmuxServer } from './tmux-server.ts';
import { wait } from './wait.ts';

const DETACH_POLL_MS = 50;

/** @throws {AgentctlError} without a terminal; asked before anything is started. */
export function requireTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new AgentctlError(
    'attaching needs a terminal on stdin and stdout: use "agentctl screen" or "agentctl logs" in scripts',
  );
}

/**
 * Gives this terminal to an agent, live or ended within its grace, until the person leaves with C-q.
 *
 * @throws {AgentctlError} without a terminal, or when its session is gone.
 */
export async function attach(
  stateDir: StateDir,
  agent: Observed,
  options: { readOnly?: boolean; onStart?: (pid: number) => void } = {},
): Promise<void> {
  requireTerminal();
  const code = await attachSession(tmuxServer(stateDir), paneOf(agent), options);
  if (code !== 0) throw new AgentctlError(`tmux could not attach to ${agent.name}: its words are above`);
}

/** The same, until the agent ends: resolves to it then, or to undefined once the person has left before. */
export async function attachUntilEnd(stateDir: StateDir, reference: AgentReference): Promise<Agent | undefined> {
  const agent = resolve(stateDir, reference);
  const left = new AbortController();
  let clientPid: number | undefined;
  const ended = endOf(stateDir, agent, left.signal).then(async (end) => {
    // Again and again: an agent may end before the client that is to be detached has attached.
    for (; end && !left.signal.aborted; await pause(DETACH_POLL_MS)) {
      if (clientPid !== undefined) await detachClient(tmuxServer(stateDir), clientPid);
    }
    return end;
  });
  try {
    await attach(stateDir, agent, {
      onStart: (pid) => {
        clientPid = pid;
      },
    });
  } finally {
    left.abort();
  }
  return ended;
}

async function endOf(stateDir: StateDir, agent: Observed, signal: AbortSignal): Promise<Agent | undefined> {
  for await (const ended of wait(stateDir, [agent], { signal })) return 'removed' in ended ? undefined : ended;
  return undefined;
}
