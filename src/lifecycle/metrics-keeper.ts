import type { Deed, Use } from '../agent/metrics.ts';
import { SAMPLE_EVERY_MS } from '../agent/sample.ts';
import { AgentctlError, wordsOf } from '../errors.ts';
import { type LastDeeds, readLook, writeLook } from '../store/look-file.ts';
import { agentsDir } from '../store/paths.ts';
import { placeOf } from '../store/place.ts';
import type { StateDir } from '../store/state-dir.ts';
import { ownerOfTextfile, writeTextfile } from '../store/textfile.ts';
import { self, signal } from '../system/processes.ts';
import { metricsText } from '../view/metrics-text.ts';
import { visible } from '../view/visible.ts';
import { FleetReader } from './fleet.ts';
import { livingManager } from './living-manager.ts';
import type { ManagerLog } from './manager-log.ts';
import type { Observed } from './observe.ts';
import { settings } from './settings.ts';

/**
 * What the manager tells of itself and of its agents, every 15 s: when it last looked, in look.json; and where
 * `metrics.textfile` is set, the metrics for node_exporter. Nothing that goes wrong here disturbs it.
 */
export class MetricsKeeper {
  readonly #stateDir: StateDir;
  readonly #log: ManagerLog;
  readonly #reader: FleetReader;
  readonly #timer: NodeJS.Timeout;
  readonly #place: string | undefined;
  readonly #deeds: LastDeeds;
  #agents: readonly Observed[] = [];
  #uses: ReadonlyMap<string, Use> = new Map();
  #textfile: string | null = null;
  /** Why it could not be written, each said once. */
  readonly #said = new Set<string>();
  #writing: Promise<void> | undefined;
  #hasLeft = false;

  constructor(stateDir: StateDir, log: ManagerLog) {
    this.#stateDir = stateDir;
    this.#log = log;
    this.#reader = new FleetReader(stateDir);
    // A sweep of the manager before this one still is the last.
    this.#deeds = { look: undefined, sweep: readLook(stateDir.path).sweep };
    this.#place = placeOf(agentsDir(stateDir.path));
    this.#timer = setInterval(() => this.#tell(), SAMPLE_EVERY_MS).unref();
  }

  /**
   * @param agents - as they were seen.
   * @param uses - what they used when they were last sampled, by run: the manager keeps it up to date.
   */
  looked(look: Deed, agents: readonly Observed[], uses: ReadonlyMap<string, Use>): void {
    const isFirst = this.#deeds.look === undefined;
    this.#deeds.look = look;
    this.#agents = agents;
    this.#uses = uses;
    if (isFirst) this.#tell();
  }

  swept(sweep: Deed): void {
    this.#deeds.sweep = sweep;
  }

  /** Writes once more, now that there is no manager. */
  async leave(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    clearInterval(this.#timer);
    process.off('SIGTERM', this.#onTerm);
    await this.#writing;
    this.#putDownLook();
    await this.#write({ leaving: true });
  }

  #tell(): void {
    this.#putDownLook();
    if (this.#hasLeft || this.#writing !== undefined) return;
    this.#readSetting();
    this.#writing = this.#write({ leaving: false }).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Not into a directory that is being deleted: it would be kept from going. */
  #putDownLook(): void {
    if (this.#place !== undefined && placeOf(agentsDir(this.#stateDir.path)) === this.#place)
      writeLook(this.#stateDir.path, this.#deeds);
  }

  /** Where config.json cannot be read it stays what it was. */
  #readSetting(): void {
    try {
      const { textfile } = settings().metrics;
      if (textfile !== null && this.#textfile === null) process.once('SIGTERM', this.#onTerm);
      if (textfile === null) process.off('SIGTERM', this.#onTerm);
      this.#textfile = textfile;
    } catch (error) {
      this.#sayOnce(wordsOf(error));
    }
  }

  async #write({ leaving }: { leaving: boolean }): Promise<void> {
    const path = this.#textfile;
    if (path === null) return;
    try {
      this.#refuseOthers(path);
      const useOf = ({ runId = '' }: Observed): Use | undefined => this.#uses.get(runId);
      writeTextfile(path, await metricsText(await this.#reader.read(this.#agents, useOf, { leaving })));
      this.#said.clear();
    } catch (error) {
      this.#sayOnce(wordsOf(error));
    }
  }

  /** config.json is one for all state directories: two managers would take turns, and each turn would read as a reset. */
  #refuseOthers(path: string): void {
    const owner = ownerOfTextfile(path);
    if (owner === undefined || owner === visible(this.#stateDir.path)) return;
    if (livingManager({ path: owner, reason: '' }) === undefined) return;
    throw new AgentctlError(
      `${path} is kept by the manager of ${owner}: set metrics.textfile to another file for one of the two`,
    );
  }

  #sayOnce(problem: string): void {
    if (this.#said.has(problem)) return;
    this.#said.add(problem);
    this.#log.error({ do: 'metrics' }, `metrics: ${problem}`);
  }

  /** Without this it ends at once: nobody waits for it. Once called it is nobody's listener any more, so that the next TERM does. */
  readonly #onTerm = (): void => {
    void this.leave().finally(() => signal(self(), 'SIGTERM'));
  };
}
