import { waitCode } from '../agent/status.ts';
import { codeOf } from '../errors.ts';
import type { Agent } from '../store/generated/types.ts';
import type { StateDir } from '../store/state-dir.ts';
import { archiveEnded } from './archive-ended.ts';
import { attachUntilEnd, requireTerminal } from './attach.ts';
import type { SpawnOptions } from './draft.ts';
import { logs } from './logs.ts';
import { spawn } from './spawn.ts';
import { stop } from './stop.ts';
import { wait } from './wait.ts';

export interface RunOptions {
  /** Give this terminal to the agent instead of showing its output. */
  attach: boolean;
  /** `left` is given when nobody hears any more. */
  onOutput: (bytes: Buffer, left: AbortSignal) => Promise<void>;
  onOutputEnd: () => void;
  onNote: (sentence: string) => void;
}

/** A CI system that sends TERM sends KILL soon after: there is no time for the agent's own kill-after. */
const TERM_KILL_AFTER_MS = 2000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Starts an agent, shows its output, and resolves to its exit code once it has ended and nothing is left of it. Its
 * grace is 0: whoever runs an agent in the foreground has seen its end.
 */
export async function run(stateDir: StateDir, options: SpawnOptions, { attach, ...hear }: RunOptions): Promise<number> {
  if (attach) requireTerminal();
  const release = holdSignals();
  let agent: Agent;
  try {
    agent = await spawn(stateDir, { ...options, limits: { graceMs: 0, ...options.limits } });
  } catch (error) {
    release();
    throw error;
  }
  const left = new AbortController();
  const forget = obeySignals(stateDir, agent, left, hear.onNote);
  // Now that somebody obeys.
  for (const signal of release()) process.emit(signal);
  try {
    if (attach) {
      const ended = await attachUntilEnd(stateDir, agent);
      if (ended === undefined) {
        hear.onNote(`${agent.name} runs on: "agentctl attach ${agent.name}" comes back to it`);
        return 0;
      }
    } else {
      for await (const bytes of logs(stateDir, agent, {
        follow: true,
        onRemoved: hear.onNote,
        signal: left.signal,
      })) {
        await hear.onOutput(bytes, left.signal);
      }
      hear.onOutputEnd();
    }
    if (left.signal.aborted) return left.signal.reason as number;
    return await finish(stateDir, agent, hear.onNote);
  } finally {
    forget();
  }
}

async function finish(stateDir: StateDir, agent: Agent, onNote: (sentence: string) => void): Promise<number> {
  let code = 125;
  for await (const ended of wait(stateDir, [agent])) if (!('removed' in ended)) code = waitCode(ended);
  // Its code is known: what keeps us from tidying up must not replace it.
  await archiveEnded(stateDir, agent).catch((error: Error) =>
    onNote(`${agent.name} is not torn down: ${error.message}`),
  );
  return code;
}

/** Signals that come while the agent is being started: dying of them would leave it running, and nobody told. */
function holdSignals(): () => NodeJS.Signals[] {
  const held: NodeJS.Signals[] = [];
  const hold = (signal: NodeJS.Signals): void => void held.push(signal);
  for (const signal of SIGNALS) process.on(signal, hold);
  return () => {
    for (const signal of SIGNALS) process.off(signal, hold);
    return held;
  };
}

/** INT stops the agent and a second one kills it; TERM stops it quickly; HUP, or a reader that left, leave it running. */
function obeySignals(
  stateDir: StateDir,
  agent: Agent,
  left: AbortController,
  onNote: (sentence: string) => void,
): () => void {
  let interrupts = 0;
  const order = (by: string, killAfterMs?: number): void => {
    stop(stateDir, [agent], { by, killAfterMs }).catch((error: Error) => onNote(error.message));
  };
  const leave = (code: number): void => {
    if (left.signal.aborted) return;
    onNote(`${agent.name} runs on: "agentctl logs -f ${agent.name}" shows it`);
    left.abort(code);
  };
  const listeners = {
    SIGINT: () => {
      interrupts++;
      if (interrupts === 1) onNote(`stopping ${agent.name}; once more to kill it`);
      order('an interrupt of agentctl run', interrupts > 1 ? 0 : undefined);
    },
    SIGTERM: () => order('a TERM to agentctl run', TERM_KILL_AFTER_MS),
    SIGHUP: () => leave(129),
  };
  const readerLeft = (error: Error): void => {
    if (codeOf(error) === 'EPIPE') leave(141);
  };
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
  process.stdout.on('error', readerLeft);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
    process.stdout.off('error', readerLeft);
  };
}
