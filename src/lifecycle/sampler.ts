import type { Now } from '../agent/evidence.ts';
import { nextSample, SAMPLE_EVERY_MS, type Sample } from '../agent/sample.ts';
import { appendSample, readSamples } from '../store/samples-file.ts';
import { uptimeMs, wallMs } from '../system/clock.ts';
import { isRunning, type Measured, type Running } from './measure.ts';
import type { Meter } from './meter.ts';
import type { Observed } from './observe.ts';

/** A new agent is first sampled so long after it was seen: whoever has just started it wants to see something. */
const FIRST_MS = 2000;
/** Of one that has done nothing at all every sample would be the same. Whoever looks still sees that somebody does. */
const STILL_MS = 3 * SAMPLE_EVERY_MS;

/**
 * Samples what live agents use, on a clock of its own: nothing is decided by it, and for it nothing is looked at anew. It
 * costs one pass over the process table, however many are live.
 */
export class Sampler {
  readonly #failed: (error: unknown) => void;
  readonly #meter: Meter;
  readonly #timer: NodeJS.Timeout;
  #soon: NodeJS.Timeout | undefined;
  #last = new Map<string, Sample>();
  #agents: readonly Running[] = [];

  /** @param failed - hears of what nobody expected; the next sample is taken all the same. */
  constructor(meter: Meter, failed: (error: unknown) => void) {
    this.#meter = meter;
    this.#failed = failed;
    this.#timer = setInterval(() => this.#sample(this.#agents), SAMPLE_EVERY_MS).unref();
  }

  /** @param agents - as they were last looked at: whoever has ended since has no processes. */
  watch(agents: readonly Observed[]): void {
    this.#agents = agents.filter(isRunning);
    const present = new Set(this.#agents.map(({ runId }) => runId));
    for (const runId of this.#last.keys()) if (!present.has(runId)) this.#last.delete(runId);
    this.#meter.keepOnly(present);
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
      const seen = this.#meter.measure(agents);
      const at = { wallMs: wallMs(), uptimeMs: uptimeMs() };
      for (const agent of agents) this.#add(agent, seen.get(agent.runId), at);
    } catch (error) {
      this.#failed(error);
    }
  }

  #add({ runId, directory, evidence }: Running, seen: Measured | undefined, at: Now): void {
    const { started } = evidence.files;
    if (seen === undefined || seen.processes === 0 || started.state !== 'there') return;
    // A manager before this one may have begun with it.
    const last = this.#last.get(runId) ?? readSamples(directory, runId, 1)[0];
    if (last && isStill(last, seen) && seen.awakeMs - last.awakeMs < STILL_MS) return;
    const sample = nextSample(last, seen, { wallMs: at.wallMs, sinceStartMs: at.uptimeMs - started.value.uptimeMs });
    this.#last.set(runId, sample);
    appendSample(directory, runId, sample);
  }
}

function isStill(last: Sample, seen: Measured): boolean {
  return last.treeCpuMs === seen.treeCpuMs && last.outputBytes === seen.outputBytes && last.cpuPercent === 0;
}
