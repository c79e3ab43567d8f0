import { appendEvent } from '../store/events-file.ts';
import { type ClaimedHook, claimHooks, type QueuedHook } from '../store/hook-queue.ts';
import type { StateDir } from '../store/state-dir.ts';
import { wallMs } from '../system/clock.ts';
import { runHook } from '../system/run-hook.ts';

/** A command of `--on` has this long; then it is killed with all that it started. */
const HOOK_MS = 60_000;
/** At one time. */
const MOST = 8;

/** Runs the commands of `--on`, beside whatever else its owner does: nobody waits for them. */
export class HookRunner {
  readonly #stateDir: StateDir;
  readonly #running = new Set<Promise<void>>();

  constructor(stateDir: StateDir) {
    this.#stateDir = stateDir;
  }

  /** Begins with those that are to be run, as many as may be at one time; the next follow as these end. */
  begin(): void {
    const { claimed, orphaned } = claimHooks(this.#stateDir.path, MOST - this.#running.size);
    for (const hook of orphaned) this.#failed(hook, 'whoever ran it died meanwhile');
    for (const hook of claimed) {
      const run = this.#run(hook).finally(() => {
        this.#running.delete(run);
        this.begin();
      });
      this.#running.add(run);
    }
  }

  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Resolves when none is left that could be run. */
  async end(): Promise<void> {
    this.begin();
    while (this.#running.size > 0) await Promise.race(this.#running);
  }

  async #run(hook: ClaimedHook): Promise<void> {
    const { command, cwd, name, event, input } = hook;
    const env = {
      ...process.env,
      // Emptied, it says to whoever ends a tree: not yours.
      AGENTCTL_RUN_ID: '',
      AGENTCTL_NAME: name,
      AGENTCTL_EVENT: event,
      AGENTCTL_STATE_DIR: this.#stateDir.path,
    };
    const { code, timedOut, said } = await runHook(command, {
      input: `${JSON.stringify(input)}\n`,
      cwd,
      env,
      timeoutMs: HOOK_MS,
    });
    hook.done();
    const last = said.split('\n').at(-1) ?? '';
    if (timedOut) this.#failed(hook, `it had not ended after ${HOOK_MS / 1000} s, and was killed`);
    else if (code !== 0)
      this.#failed(
        hook,
        `${code === null ? 'it was ended by a signal' : `it exited with ${code}`}${last && `: ${last}`}`,
      );
  }

  #failed({ event, name, runId, command }: QueuedHook, why: string): void {
    const reason = `${command.length > 200 ? `${command.slice(0, 200)}…` : command}: ${why}`;
    appendEvent(this.#stateDir.path, {
      at: new Date(wallMs()).toISOString(),
      event: 'hook-failed',
      name,
      runId,
      cause: event,
      reason,
    });
  }
}
