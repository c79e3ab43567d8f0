import { type EndedRun, type Fleet, liveUseOf, sumOf, type Totals, type Use } from '../agent/metrics.ts';
import type { Phase } from '../agent/status.ts';
import { readLook } from '../store/look-file.ts';
import { isManagerHeld } from '../store/manager-file.ts';
import { archivedAgentDir } from '../store/paths.ts';
import { lookAtPlace } from '../store/remove-archived.ts';
import { type RemovedRuns, readRemoved, removedMark } from '../store/removed-file.ts';
import { readSamples } from '../store/samples-file.ts';
import type { StateDir } from '../store/state-dir.ts';
import { turn, wallMs } from '../system/clock.ts';
import { usageOf } from '../system/processes.ts';
import { endedRun } from './ended-run.ts';
import { livingManager } from './living-manager.ts';
import { archivedRuns, isBeyondKnowing, type Observed, observe, observeAll, wasRemoved } from './observe.ts';

/**
 * What a state directory comes to, in numbers. Reads only.
 *
 * @throws {AgentctlError} where it cannot be read.
 * @example await metricsText(await readFleet(openStateDir()))
 */
export function readFleet(stateDir: StateDir): Promise<Fleet> {
  const agents = observeAll(stateDir.path);
  return new FleetReader(stateDir).read(agents, ({ directory, runId = '' }) => readSamples(directory, runId, 1)[0]);
}

/** Looked at before whoever else has something to do gets a turn. */
const LOOKS_AT_ONCE = 16;

/** Reads it again and again: of archived agents, which do not change any more, only those that are new. */
export class FleetReader {
  readonly #stateDir: StateDir;
  readonly #archived = new Map<string, EndedRun>();
  #removed: { mark: string; known: RemovedRuns } | undefined;

  constructor(stateDir: StateDir) {
    this.#stateDir = stateDir;
  }

  /**
   * In the order in which agents go, from their place to the archive and from there to what is known of removed ones: whoever
   * goes meanwhile is met later, perhaps twice and then counted once, never not at all.
   *
   * @param agents - those that are not torn down, as they were seen before this call.
   * @param useOf - what one of them used when it was last sampled.
   * @param leaving - this process is the manager, and about to be it no more.
   */
  async read(
    agents: readonly Observed[],
    useOf: (agent: Observed) => Use | undefined,
    { leaving = false } = {},
  ): Promise<Fleet> {
    const runs = new Map<string, Totals>();
    for (const [index, agent] of agents.entries()) {
      if (index % LOOKS_AT_ONCE === LOOKS_AT_ONCE - 1) await turn();
      const run = agent.status.phase === 'ended' ? endedRun(agent) : undefined;
      if (run) runs.set(run.runId, run.totals);
    }
    const archive = await this.#readArchive();
    for (const { runId, totals } of this.#archived.values()) runs.set(runId, totals);
    const removed = this.#readRemoved();
    for (const [runId, totals] of removed.runs) runs.set(runId, totals);

    const live = agents.filter(({ status }) => status.phase !== 'ended' && status.phase !== 'unknown');
    return {
      stateDir: this.#stateDir.path,
      phases: phasesOf(agents),
      archived: archive.entries,
      damaged: { agents: agents.filter(isBeyondKnowing).length, archive: archive.damaged },
      ended: sumOf([removed.sum, ...runs.values()]),
      live: liveUseOf(live.map(useOf), wallMs()),
      manager: this.#manager(leaving),
    };
  }

  async #readArchive(): Promise<{ entries: number; damaged: number }> {
    const entries = archivedRuns(this.#stateDir.path);
    const present = new Set<string>();
    let damaged = 0;
    let looks = 0;
    for (const { name, runId } of entries) {
      const entry = `${name}.${runId}`;
      present.add(entry);
      if (this.#archived.has(entry)) continue;
      if (++looks % LOOKS_AT_ONCE === 0) await turn();
      const run = this.#lookAt(name, runId);
      if (run === 'damaged') damaged++;
      else if (run) this.#archived.set(entry, run);
    }
    for (const entry of this.#archived.keys()) if (!present.has(entry)) this.#archived.delete(entry);
    return { entries: entries.length, damaged };
  }

  /** Undefined where it went meanwhile: it is known as a removed one by then. */
  #lookAt(name: string, runId: string): EndedRun | 'damaged' | undefined {
    const directory = archivedAgentDir(this.#stateDir.path, name, runId);
    if (lookAtPlace(directory)?.isDirectory === false) return 'damaged';
    const agent = observe(directory, name, true);
    const run = endedRun(agent);
    if (wasRemoved(agent)) return undefined;
    return run ?? 'damaged';
  }

  /** Read anew only where it has changed; in between it may change once more, which the next mark tells. */
  #readRemoved(): RemovedRuns {
    const mark = removedMark(this.#stateDir.path);
    if (this.#removed?.mark !== mark) this.#removed = { mark, known: readRemoved(this.#stateDir.path) };
    return this.#removed.known;
  }

  #manager(leaving: boolean): Fleet['manager'] {
    const living = livingManager(this.#stateDir);
    const manager = leaving && living?.pid === process.pid ? undefined : living;
    const usage = manager && usageOf(manager);
    return {
      up: manager !== undefined,
      held: isManagerHeld(this.#stateDir.path),
      startedAtMs: manager && Date.parse(manager.startedAt),
      memoryBytes: usage?.memoryBytes,
      cpuSeconds: usage?.cpuSeconds,
      ...readLook(this.#stateDir.path),
    };
  }
}

function phasesOf(agents: readonly Observed[]): Partial<Record<Phase, number>> {
  const phases: Partial<Record<Phase, number>> = {};
  for (const { status } of agents) phases[status.phase] = (phases[status.phase] ?? 0) + 1;
  return phases;
}
