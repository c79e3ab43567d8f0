import type { Process } from '../agent/tree.ts';
import { logMark } from '../store/output-log.ts';
import { cgroupCpuSeconds } from '../system/cgroup.ts';
import { asleepMs, awakeMs } from '../system/clock.ts';
import { MemoryMeter } from '../system/memory.ts';
import { processTable } from '../system/processes.ts';
import { type Measured, measure, type Running } from './measure.ts';

/**
 * Whoever was there before and belonged to nobody is looked at in one pass of so many: most processes of a machine with many
 * agents are not theirs, and to look at one costs as much as at another.
 */
const LOOK_AT_ALL_EVERY = 4;

/** Measures agents again and again; of those that have done nothing at all since, nothing is looked at. */
export class Meter {
  readonly #memory = new MemoryMeter();
  /** As it was at the last pass. */
  #table: readonly Process[] = [];
  #passes = 0;
  /** What each used when it was measured, and by what it is seen whether it has done anything since. */
  readonly #seen = new Map<string, { mark: string; use: Measured }>();

  /** What the trees of agents use, by run. */
  measure(agents: readonly Running[]): Map<string, Measured> {
    const marks = new Map(agents.map((agent) => [agent.runId, markOf(agent)]));
    const moved = agents.filter(({ runId }) => !this.#isStill(runId, marks.get(runId)));
    if (moved.length > 0) this.#measure(moved, marks);
    const clocks = { awakeMs: awakeMs(), asleepMs: asleepMs() };
    return new Map(
      agents.flatMap(({ runId }) => {
        const use = this.#seen.get(runId)?.use;
        return use ? [[runId, Object.assign({}, use, clocks)]] : [];
      }),
    );
  }

  /** Forgets every run but these. */
  keepOnly(runIds: ReadonlySet<string>): void {
    for (const runId of this.#seen.keys()) if (!runIds.has(runId)) this.#seen.delete(runId);
  }

  /**
   * Whether an agent has done nothing at all since it was measured: where nothing in its control group ran for a microsecond,
   * nobody was born, ended or took memory. With many agents most are so, at any one time.
   */
  #isStill(runId: string, mark: string | undefined): boolean {
    return mark !== undefined && this.#seen.get(runId)?.mark === mark;
  }

  #measure(agents: readonly Running[], marks: ReadonlyMap<string, string | undefined>): void {
    this.#passes++;
    const looksAtAll = this.#passes % LOOK_AT_ALL_EVERY === 0 || agents.some(({ runId }) => !this.#seen.has(runId));
    const ours = new Set([...this.#seen.values()].flatMap(({ use }) => use.pids));
    const others = looksAtAll ? [] : this.#table.map(({ pid }) => pid).filter((pid) => !ours.has(pid));
    this.#table = processTable(this.#table, new Set(others));
    const seen = measure(agents, this.#table, (process) => this.#memory.of(process));
    for (const [runId, use] of seen) this.#seen.set(runId, { mark: marks.get(runId) ?? '', use });
    this.#memory.keepOnly(this.#table);
  }
}

/** Undefined where only a look at its processes tells. */
function markOf({ directory, evidence: { files } }: Running): string | undefined {
  const cgroup = files.started.state === 'there' ? files.started.value.cgroup : null;
  const cpu = cgroup === null ? undefined : cgroupCpuSeconds(cgroup);
  return cpu === undefined ? undefined : `${cpu} ${logMark(directory)}`;
}
