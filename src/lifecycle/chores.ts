import type { Deed } from '../agent/metrics.ts';
import { wordsOf } from '../errors.ts';
import type { StateDir } from '../store/state-dir.ts';
import { awakeMs, uptimeMs, wallMs } from '../system/clock.ts';
import { housekeeping } from './housekeeping.ts';
import type { ManagerLog } from './manager-log.ts';
import { pruneAsConfigured } from './prune-as-configured.ts';
import { settings } from './settings.ts';

/** The default. */
const SWEEP_MS = 15 * 60_000;

/** What the manager does every sweep interval besides looking at agents: what nobody else tidies up, and the retention. */
export class Chores {
  readonly #stateDir: StateDir;
  readonly #log: ManagerLog;
  readonly #done: (sweep: Deed) => void;
  #begunAtMs = Number.NEGATIVE_INFINITY;
  #everyMs = SWEEP_MS;

  /** @param done - hears of each time that all of it was done. */
  constructor(stateDir: StateDir, log: ManagerLog, done: (sweep: Deed) => void) {
    this.#stateDir = stateDir;
    this.#log = log;
    this.#done = done;
  }

  /** Begins with them where they are due. Nobody waits for them: no cap waits for tmux, nor for a long archive. */
  beginIfDue(): void {
    if (uptimeMs() - this.#begunAtMs < this.#everyMs) return;
    this.#begunAtMs = uptimeMs();
    const begun = awakeMs();
    this.#readInterval();
    housekeeping(this.#stateDir)
      .catch((error: unknown) => this.#log.error({}, wordsOf(error)))
      .then(() => this.#prune())
      .then(() => this.#done({ atMs: wallMs(), seconds: (awakeMs() - begun) / 1000 }));
  }

  /** Where config.json cannot be read it stays what it was: whoever watches over agents goes on. */
  #readInterval(): void {
    try {
      this.#everyMs = settings().sweepIntervalMs;
    } catch (error) {
      this.#log.error({}, wordsOf(error));
    }
  }

  async #prune(): Promise<void> {
    const { removed, bytes, problem } = await pruneAsConfigured(this.#stateDir);
    if (removed > 0)
      this.#log.info({ do: 'prune', removed, bytes }, `removed ${removed} archived agents by their retention`);
    if (problem !== undefined) this.#log.error({ do: 'prune' }, `not pruned: ${problem}`);
  }
}
