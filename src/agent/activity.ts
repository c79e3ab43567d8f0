/** How busy an agent had been up to one moment. Times in milliseconds. */
export interface ActivitySample {
  /** Since boot, suspend excluded: an agent that could not run was not idle. */
  awakeMs: number;
  /** CPU time that its tree had used. */
  cpuMs: number;
  /** How long its log was. */
  outputBytes: number;
}

/** What is remembered of an agent between two looks: activity.json. */
export interface Activity {
  /** When it was last measured, on the clock of the samples. */
  lookedAtMs: number;
  /** How long the machine had been suspended by then, since boot; undefined where an older version put that down. */
  asleepMs: number | undefined;
  /** Oldest first; the first is the newest that is older than max idle. */
  samples: ActivitySample[];
  /** CPU time of the tree, never falling. */
  cpuMs: number;
  /** What its processes added up to at the last look: it falls when one of them is gone. */
  treeCpuMs: number;
  peakMemoryBytes: number;
  /** The cap before which it was warned; null where it was not. */
  warnedCapMs: number | null;
}

/** One look at an agent's tree. */
export interface Measurement {
  awakeMs: number;
  /** How long the machine has been suspended since boot. */
  asleepMs: number;
  treeCpuMs: number;
  memoryBytes: number;
  processes: number;
  outputBytes: number;
}

export interface Idleness {
  /** For the whole of max idle. */
  idle: boolean;
  /** When it is worth another look. */
  nextInMs: number;
  /** For people. */
  says: string;
}

/** Of a core, on average: an idle Claude Code at its prompt uses 0.3 %. */
export const IDLE_CPU_FRACTION = 0.01;
/** Samples within max idle: an agent is found idle at most this part of max idle too late. */
const SAMPLES = 16;
/** In max idle: a crontab that sweeps every hour still finds an agent idle for half an hour. */
const LONGEST_SPAN = 2.5;
/** As often as anybody looks. */
const SHORTEST_MS = 100;
/** Longer than whoever looks is held up between reading one clock and the other. */
const SUSPENDED_MS = 5000;

const NOTHING: Activity = {
  lookedAtMs: 0,
  asleepMs: undefined,
  samples: [],
  cpuMs: 0,
  treeCpuMs: 0,
  peakMemoryBytes: 0,
  warnedCapMs: null,
};

/**
 * What is remembered after another look.
 *
 * @param maxIdleMs - null keeps no samples.
 */
export function remember(before: Activity | undefined, seen: Measurement, maxIdleMs: number | null): Activity {
  const known = before ?? NOTHING;
  const cpuMs = known.cpuMs + Math.max(0, seen.treeCpuMs - known.treeCpuMs);
  const sample = { awakeMs: seen.awakeMs, cpuMs, outputBytes: seen.outputBytes };
  return {
    ...known,
    lookedAtMs: seen.awakeMs,
    asleepMs: seen.asleepMs,
    cpuMs,
    treeCpuMs: seen.treeCpuMs,
    peakMemoryBytes: Math.max(known.peakMemoryBytes, seen.memoryBytes),
    samples: maxIdleMs === null ? [] : withSample(wasSuspended(known, seen) ? [] : known.samples, sample, maxIdleMs),
  };
}

/**
 * Since the last look. Then its idleness begins anew: what was said or typed before has only times that went on
 * meanwhile, and would seem to be long past.
 */
function wasSuspended({ asleepMs }: Activity, seen: Measurement): boolean {
  return asleepMs === undefined || seen.asleepMs - asleepMs > SUSPENDED_MS;
}

function withSample(samples: readonly ActivitySample[], sample: ActivitySample, maxIdleMs: number): ActivitySample[] {
  // Of another boot, or from a clock that cannot be: nothing that was remembered means anything.
  const known = samples.filter(({ awakeMs }) => awakeMs <= sample.awakeMs);
  const last = known.at(-1);
  const kept = last && sample.awakeMs - last.awakeMs < maxIdleMs / SAMPLES ? known : [...known, sample];
  const oldest = kept.findLastIndex(({ awakeMs }) => awakeMs <= sample.awakeMs - maxIdleMs);
  return kept.slice(Math.max(0, oldest));
}

/** Something else than CPU and output showed that it is needed: its idleness begins anew. */
export function beginAnew(memory: Activity, current: ActivitySample): Activity {
  return { ...memory, samples: [current] };
}

/** The sample that a measurement makes, once remembered. */
export function currentSample(memory: Activity, seen: Measurement): ActivitySample {
  return { awakeMs: seen.awakeMs, cpuMs: memory.cpuMs, outputBytes: seen.outputBytes };
}

/**
 * Whether an agent did nothing for as long as it may: its tree under 1 % of a core on average, and no output.
 *
 * @param countOutput - false where output says nothing: an agent redraws after saying that it has finished.
 */
export function idlenessOf(
  memory: Activity,
  current: ActivitySample,
  maxIdleMs: number,
  countOutput: boolean,
): Idleness {
  const since = memory.samples[0] ?? current;
  const spanMs = current.awakeMs - since.awakeMs;
  const usedMs = current.cpuMs - since.cpuMs;
  const quiet = !countOutput || current.outputBytes === since.outputBytes;
  // Over a longer time, when nobody looked, the average says nothing of its end.
  // It never falls: less than nothing was used only by what is remembered wrongly.
  const known = spanMs >= maxIdleMs && spanMs <= LONGEST_SPAN * maxIdleMs && usedMs >= 0;
  const idle = known && quiet && usedMs < spanMs * IDLE_CPU_FRACTION;
  const percent = spanMs > 0 ? ((100 * usedMs) / spanMs).toFixed(1) : '0.0';
  const output = current.outputBytes === since.outputBytes ? 'no output' : 'output';
  return {
    idle,
    nextInMs: Math.max(maxIdleMs - spanMs, sampleEveryMs(maxIdleMs)),
    says: `${percent} % of a core and ${output} in ${Math.round(spanMs / 1000)} s`,
  };
}

/** How often an agent is to be measured, so that its idleness is noticed in time. */
export function sampleEveryMs(maxIdleMs: number): number {
  return Math.max(maxIdleMs / SAMPLES, SHORTEST_MS);
}
