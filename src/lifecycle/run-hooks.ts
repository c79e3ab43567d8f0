import { codeOf, refusal } from '../errors.ts';
import {
  type FailedHook,
  giveUp,
  takeFailure,
  takeUnheard,
  type WaitingHook,
  waitingHooks,
} from '../store/hook-queue.ts';
import type { StateDir } from '../store/state-dir.ts';
import { uptimeMs } from '../system/clock.ts';
import { runHook } from '../system/run-hook.ts';
import { tellHookFailed } from './tell.ts';

/** A command of `--on` has this long; then it is killed with all that it started. */
const HOOK_MS = 60_000;
/** At one time. */
const MOST = 8;
/** What could not be begun (no process to be had) waits for so long. */
const AGAIN_MS = 60_000;
/** Why something cannot be started now, and can be later. */
const PASSING = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'];

/**
 * Runs the commands of `--on`, beside whatever else its owner does: nobody waits for them. They outlive their owner, bounded
 * all the same; how such a one failed is told by the next.
 */
export class HookRunner {
  readonly #stateDir: StateDir;
  readonly #running = new Map<string, Promise<void>>();
  /** Which could not be begun, and when they are tried again, in uptime. */
  readonly #held = new Map<string, number>();

  constructor(stateDir: StateDir) {
    this.#stateDir = stateDir;
  }

  /** Begins with those that are to be run, as many as may be at one time; the next follow as these end. */
  begin(): void {
    const { path } = this.#stateDir;
    for (const failed of takeUnheard(path, (place) => this.#running.has(place))) this.#tell(failed);
    const now = uptimeMs();
    for (const [place, untilMs] of this.#held) if (untilMs <= now) this.#held.delete(place);
    const isHeld = (place: string): boolean => this.#running.has(place) || this.#held.has(place);
    for (const hook of waitingHooks(path, MOST - this.#running.size, isHeld)) {
      const { place } = hook;
      const run = this.#run(hook).finally(() => {
        this.#running.delete(place);
        this.begin();
      });
      this.#running.set(place, run);
    }
  }

  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Resolves when none is left that could be run. */
  async end(): Promise<void> {
    this.begin();
    while (this.#running.size > 0) await Promise.race(this.#running.values());
  }

  async #run(hook: WaitingHook): Promise<void> {
    const { command, place, cwd, name, event } = hook;
    const env = {
      ...process.env,
      // Emptied, it says to whoever ends a tree: not yours.
      AGENTCTL_RUN_ID: '',
      AGENTCTL_NAME: name,
      AGENTCTL_EVENT: event,
      AGENTCTL_STATE_DIR: this.#stateDir.path,
    };
    // What is still there afterwards was not begun, whatever the reason: not again at once.
    this.#held.set(place, uptimeMs() + AGAIN_MS);
    try {
      if (!(await runHook(command, { place, cwd, env, timeoutMs: HOOK_MS }))) return;
    } catch (error) {
      const passes = PASSING.includes(codeOf(error) ?? '');
      if (!passes && giveUp(place)) tellHookFailed(this.#stateDir, hook, `it cannot be started (${refusal(error)})`);
      return;
    }
    this.#held.delete(place);
    const failed = takeFailure(this.#stateDir.path, place);
    if (failed) this.#tell(failed);
  }

  #tell({ hook, how, said }: FailedHook): void {
    tellHookFailed(this.#stateDir, hook, sentenceOf(how, said));
  }
}

function sentenceOf(how: FailedHook['how'], said: string): string {
  if (how === 'timed-out') return `it had not ended after ${HOOK_MS / 1000} s, and was killed`;
  if (how === 'died') return 'whatever ran it was killed meanwhile';
  const last = said.split('\n').at(-1) ?? '';
  return `it exited with ${how.exitCode}${last && `: ${last}`}`;
}
