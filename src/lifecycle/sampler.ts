import { nextSample, SAMPLE_EVERY_MS, type Sample } from '../agent/sample.ts';
import type { Process } from '../agent/tree.ts';
import { logMark } from '../store/output-log.ts';
import { appendSample, readSamples } from '../store/samples-file.ts';
import { cgroupCpuSeconds } from '../system/cgroup.ts';
import { awakeMs, uptimeMs, wallMs } from '../system/clock.ts';
import { MemoryMeter } from '../system/memory.ts';
import { processTable } from '../system/processes.ts';
import { isRunning, type Measured, measure, type Running } from './measure.ts';
import type { Observed } from './observe.ts';

/** A new agent is first sampled so long after it was seen: whoever has just started it wants to see something. */
const FIRST_MS = 2000;
/**
 * Whoever was there before and belonged to nobody is looked at in one pass of so many: most processes of a machine with many
 * agents are not theirs, and to look at one costs as much as at another.
 */
const LOOK_AT_ALL_EVERY = 4;

/**
 * Samples what live agents use, on a clock of its own: nothing is decided by it, and for it nothing is looked at anew. It
 * costs one pass over the process table, however many are live.
 */
export class Sampler {
  readonly #failed: (error: unknown) => void;
  readonly #memory = new MemoryMeter();
  readonly #timer: NodeJS.Timeout;
  /** As it was at the last pass. */
  #table: readonly Process[] = [];
  #passes = 0;
  /** What each used when it was measured, and by what it is seen whether it has done anything since. */
  readonly #seen = new Map<string, { mark: string; use: Measured }>();
  /** The same mark, as of now, of those that are about to be measured. */
  readonly #marks = new Map<string, string>();
  #soon: NodeJS.Timeout | undefined;
  #last = new Map<string, Sample>();
  #agents: readonly Running[] = [];

  /** @param failed - hears of what nobody expected; the next sample is taken all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
    this.#timer = setInterval(() => this.#sample(this.#agents), SAMPLE_EVERY_MS).unref();
  }

  /** @param agents - as they were last looked at: whoever has ended since has no processes. */
  watch(agents: readonly Observed[]): void {
    this.#agents = agents.filter(isRunning);
    const present = new Set(this.#agents.map(({ runId }) => runId));
    for (const known of [this.#last, this.#seen, this.#marks])
      for (const runId of known.keys()) if (!present.has(runId)) known.delete(runId);
    if (this.#soon !== undefined || this.#new().length === 0) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#sample(this.#new());
    }, FIRST_MS).unref();
  }

  /** The last sample of each, by run. */
  get last(): ReadonlyMap<string, Sample> {
    return this.#last;
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
  }

  #new(): Running[] {
    return this.#agents.filter(({ runId }) => !this.#last.has(runId));
  }

  #sample(agents: readonly Running[]): void {
    try {
      const moved = agents.filter((agent) => !this.#isStill(agent));
      if (moved.length > 0) this.#measure(moved);
      for (const agent of agents) this.#add(agent);
    } catch (error) {
      this.#failed(error);
    }
  }

  /**
   * Whether an agent has done nothing at all since it was measured: where nothing in its control group ran for a microsecond,
   * nobody was born, ended or took memory. With many agents most are so, at any one time.
   */
  #isStill({ runId, directory, evidence }: Running): boolean {
    const { started } = evidence.files;
    const cgroup = started.state === 'there' ? started.value.cgroup : null;
    const cpu = cgroup === null ? undefined : cgroupCpuSeconds(cgroup);
    const mark = `${cpu} ${logMark(directory)}`;
    const known = this.#seen.get(runId);
    if (cpu !== undefined && known?.mark === mark) return true;
    this.#marks.set(runId, mark);
    return false;
  }

  #measure(agents: readonly Running[]): void {
    this.#passes++;
    const looksAtAll = this.#passes % LOOK_AT_ALL_EVERY === 0 || agents.some(({ runId }) => !this.#seen.has(runId));
    const ours = new Set([...this.#seen.values()].flatMap(({ use }) => use.pids));
    const others = looksAtAll ? [] : this.#table.map(({ pid }) => pid).filter((pid) => !ours.has(pid));
    this.#table = processTable(this.#table, new Set(others));
    const seen = measure(agents, this.#table, (process) => this.#memory.of(process));
    for (const [runId, use] of seen) this.#seen.set(runId, { mark: this.#marks.get(runId) ?? '', use });
    this.#memory.keepOnly(this.#table);
  }

  #add({ runId, directory, evidence }: Running): void {
    const { started } = evidence.files;
    const seen = this.#seen.get(runId)?.use;
    if (seen === undefined || seen.processes === 0 || started.state !== 'there') return;
    // A manager before this one may have begun with it.
    const last = this.#last.get(runId) ?? readSamples(directory, runId, 1)[0];
    const at = { wallMs: wallMs(), sinceStartMs: uptimeMs() - started.value.uptimeMs };
    const sample = nextSample(last, { ...seen, awakeMs: awakeMs() }, at);
    this.#last.set(runId, sample);
    appendSample(directory, runId, sample);
  }
}
