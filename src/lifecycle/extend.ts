import { InvalidInput } from '../agent/invalid-input.ts';
import { overTheCeiling } from '../agent/settings.ts';
import { AgentctlError, refusal } from '../errors.ts';
import type { Agent } from '../store/generated/types.ts';
import { replaceCap } from '../store/limits-file.ts';
import { withLock } from '../store/lock.ts';
import { noteExtension } from '../store/orders-file.ts';
import { lockFile } from '../store/paths.ts';
import { ringBell, type StateDir } from '../store/state-dir.ts';
import { now } from '../system/clock.ts';
import { sayInStatusLine } from '../system/tmux.ts';
import { describe } from './describe.ts';
import { ensureManager, type ManagerWish } from './ensure-manager.ts';
import { type AgentReference, resolve } from './list.ts';
import { lockContext } from './lock-context.ts';
import { observe } from './observe.ts';
import { refuseUnlessLive } from './refuse-unless-live.ts';
import { settings } from './settings.ts';
import { tmuxServer } from './tmux-server.ts';

export interface ExtendOptions extends ManagerWish {
  /** Added to the cap; null takes it away. */
  byMs: number | null;
  /** Who asks, for the record. */
  by: string;
}

/**
 * Moves an agent's deadline, the watchdog's too. One without a cap stays without.
 *
 * @returns the agent, with its new deadline.
 * @example (await extend(openStateDir(), { name: 'fix-login' }, { byMs: 1_800_000, by: 'my script' })).deadline
 * @throws {UnknownAgentError} for a name that is none.
 * @throws {InvalidInput} for a negative time, or one that passes `maxRuntimeCeiling`.
 * @throws {AgentctlError} where it is too late.
 */
export async function extend(stateDir: StateDir, reference: AgentReference, options: ExtendOptions): Promise<Agent> {
  const { runId, name } = resolve(stateDir, reference);
  // What no record can hold would leave a damaged one behind, and that holds the agent's teardown for ever.
  if (options.byMs !== null && !(options.byMs >= 0))
    throw new InvalidInput(`${name} cannot be extended by ${options.byMs} ms: give 0 or more`);
  const ceilingMs = settings().maxRuntimeCeilingMs;
  // One at a time, so that two of them add up.
  const agent = await withLock(lockFile(stateDir.path, runId ?? ''), lockContext(), async () => {
    const current = resolve(stateDir, { name, runId });
    const live = refuseUnlessLive(current, 'be extended');
    const { files } = current.evidence;
    const capMs = files.capMs;
    if (capMs === undefined) throw tooLate(name);
    if (capMs === null) return current;
    if (ceilingMs !== null && (options.byMs === null || capMs + options.byMs > ceilingMs))
      throw new InvalidInput(overTheCeiling(`extend ${name}`, ceilingMs, ceilingMs - capMs));
    try {
      if (!replaceCap(current.directory, options.byMs === null ? null : capMs + options.byMs)) throw tooLate(name);
      noteExtension(current.directory, live, now(), options.by, options.byMs);
    } catch (error) {
      if (error instanceof AgentctlError) throw error;
      throw new AgentctlError(`${name} cannot be extended (${refusal(error)}): free some room there`, { cause: error });
    }
    if (files.started.state === 'there') {
      await sayInStatusLine(tmuxServer(stateDir), files.started.value.tmux, undefined).catch(() => {});
    }
    return observe(current.directory, name);
  });
  ringBell(stateDir.path);
  await ensureManager(stateDir, options);
  return describe(agent);
}

function tooLate(name: string): AgentctlError {
  return new AgentctlError(`${name} cannot be extended: it has reached its cap and is being ended`);
}
