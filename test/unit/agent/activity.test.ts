import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Activity,
  beginAnew,
  currentSample,
  idlenessOf,
  type Measurement,
  remember,
  sampleEveryMs,
} from '../../../src/agent/activity.ts';

const MAX_IDLE_MS = 1_600_000;
const SAMPLE_MS = MAX_IDLE_MS / 16;

function look(awakeMs: number, change: Partial<Measurement> = {}): Measurement {
  return { awakeMs, asleepMs: 0, treeCpuMs: 0, memoryBytes: 0, processes: 1, outputBytes: 0, ...change };
}

function remembered(looks: readonly Measurement[], maxIdleMs: number | null = MAX_IDLE_MS): Activity {
  const memory = looks.reduce<Activity | undefined>((before, seen) => remember(before, seen, maxIdleMs), undefined);
  if (memory === undefined) throw new Error('nobody looked');
  return memory;
}

function times({ samples }: Activity): number[] {
  return samples.map(({ awakeMs }) => awakeMs);
}

describe('the memory', () => {
  test('of a first look is one sample, with all CPU that was used before', () => {
    expect(remember(undefined, look(50, { treeCpuMs: 700, memoryBytes: 3, outputBytes: 9 }), MAX_IDLE_MS)).toEqual({
      lookedAtMs: 50,
      asleepMs: 0,
      samples: [{ awakeMs: 50, cpuMs: 700, outputBytes: 9 }],
      cpuMs: 700,
      treeCpuMs: 700,
      peakMemoryBytes: 3,
      warnedCapMs: null,
    });
  });

  test('adds what the tree used, and never takes away what a process that has gone had used', () => {
    const cpu = [500, 800, 100, 100, 250, 0, 30];
    const sums = cpu.map(
      (_, last) => remembered(cpu.slice(0, last + 1).map((ms, at) => look(at, { treeCpuMs: ms }))).cpuMs,
    );
    expect(sums).toEqual([500, 800, 800, 800, 950, 950, 980]);
  });

  test('keeps the most memory that was seen at one time', () => {
    expect(remembered([5, 9, 2].map((memoryBytes, at) => look(at, { memoryBytes }))).peakMemoryBytes).toBe(9);
  });

  test('keeps what it was warned of', () => {
    const warned = { ...remembered([look(0)]), warnedCapMs: 3_600_000 };
    expect(remember(warned, look(1), MAX_IDLE_MS).warnedCapMs).toBe(3_600_000);
  });

  test('keeps no samples where idleness has no limit', () => {
    expect(remembered([look(0), look(SAMPLE_MS)], null)).toMatchObject({ samples: [], lookedAtMs: SAMPLE_MS });
  });

  test('keeps a sample for each sixteenth of max idle, however often one looks', () => {
    const looks = Array.from({ length: 30 }, (_, at) => look((at * SAMPLE_MS) / 10));
    expect(times(remembered(looks))).toEqual([0, SAMPLE_MS, 2 * SAMPLE_MS]);
    expect(remembered(looks).lookedAtMs).toBe(2.9 * SAMPLE_MS);
    expect(sampleEveryMs(MAX_IDLE_MS)).toBe(SAMPLE_MS);
  });

  test('keeps one sample that is as old as max idle, and none older', () => {
    const looks = Array.from({ length: 40 }, (_, at) => look(at * SAMPLE_MS));
    expect(times(remembered(looks))).toEqual(Array.from({ length: 17 }, (_, at) => (23 + at) * SAMPLE_MS));
  });

  test('drops samples of a later time: they are of another boot', () => {
    const rebooted = remember(remembered([look(10), look(9e6)]), look(20), MAX_IDLE_MS);
    expect(times(rebooted)).toEqual([10]);
    expect(times(remember(remembered([look(9e6)]), look(20), MAX_IDLE_MS))).toEqual([20]);
    expect(rebooted.lookedAtMs).toBe(20);
  });

  test.each<[string, number | undefined, number, boolean]>([
    ['was not suspended', 70_000, 70_000, false],
    ['was not, as far as two clocks can tell that are read one after the other', 70_000, 75_000, false],
    ['was suspended', 70_000, 75_001, true],
    ['was suspended, in a container that counts its uptime from its own start', -9_000_000, -8_990_000, true],
    ['was not, and whoever looked before was held up between two clocks', 70_000, -2, false],
    ['may have been: an older agentctl did not put it down', undefined, 0, true],
  ])('keeps no sample of before where the machine %s', (_, before, asleepMs, anew) => {
    const memory = { ...remembered([look(0, { treeCpuMs: 5 }), look(SAMPLE_MS)]), asleepMs: before, warnedCapMs: 1 };
    const later = remember(memory, look(2 * SAMPLE_MS, { asleepMs }), MAX_IDLE_MS);
    expect(times(later)).toEqual(anew ? [2 * SAMPLE_MS] : [0, SAMPLE_MS, 2 * SAMPLE_MS]);
    expect(later).toMatchObject({ asleepMs, cpuMs: 5, warnedCapMs: 1 });
  });

  test('begins anew with now alone, and forgets neither CPU nor warning', () => {
    const memory = { ...remembered([look(0, { treeCpuMs: 5 }), look(SAMPLE_MS, { treeCpuMs: 70 })]), warnedCapMs: 1 };
    const current = currentSample(memory, look(SAMPLE_MS, { outputBytes: 4 }));
    expect(current).toEqual({ awakeMs: SAMPLE_MS, cpuMs: 70, outputBytes: 4 });
    expect(beginAnew(memory, current)).toEqual({ ...memory, samples: [current] });
    expect(idlenessOf(beginAnew(memory, current), current, MAX_IDLE_MS, true).idle).toBe(false);
  });
});

describe('idleness', () => {
  const measured = (change: Partial<Measurement>, countOutput = true) => {
    const last = look(MAX_IDLE_MS, change);
    const memory = remembered([look(0), last]);
    return idlenessOf(memory, currentSample(memory, last), MAX_IDLE_MS, countOutput);
  };

  test.each<[string, Partial<Measurement>, boolean, boolean, string]>([
    ['nothing', {}, true, true, '0.0 % of a core and no output in 1600 s'],
    ['just under 1 % of a core', { treeCpuMs: 15_999 }, true, true, '1.0 % of a core and no output in 1600 s'],
    ['1 % of a core', { treeCpuMs: 16_000 }, true, false, '1.0 % of a core and no output in 1600 s'],
    ['two cores', { treeCpuMs: 3_200_000 }, true, false, '200.0 % of a core and no output in 1600 s'],
    ['output', { outputBytes: 1 }, true, false, '0.0 % of a core and output in 1600 s'],
    ['output that does not count', { outputBytes: 1 }, false, true, '0.0 % of a core and output in 1600 s'],
    ['CPU and output that does not count', { treeCpuMs: 16_001, outputBytes: 1 }, false, false, '1.0 % of'],
  ])('by %s', (_, change, countOutput, idle, says) => {
    const found = measured(change, countOutput);
    expect(found.idle).toBe(idle);
    expect(found.says).toContain(says);
  });

  test.each<[number, number]>([
    [0, MAX_IDLE_MS],
    [MAX_IDLE_MS / 2, MAX_IDLE_MS / 2],
    [MAX_IDLE_MS - 1, SAMPLE_MS],
    [MAX_IDLE_MS, SAMPLE_MS],
    [MAX_IDLE_MS * 3, SAMPLE_MS],
  ])('that was watched for %i ms is worth another look in %i ms', (spanMs, nextInMs) => {
    const busy = look(spanMs, { outputBytes: spanMs });
    const memory = remembered([look(0), busy]);
    expect(idlenessOf(memory, currentSample(memory, busy), MAX_IDLE_MS, true).nextInMs).toBe(nextInMs);
  });

  test('is none where less CPU than nothing was used: what is remembered is wrong', () => {
    const last = look(MAX_IDLE_MS, { treeCpuMs: 900_000 });
    const wrong = { awakeMs: 0, cpuMs: 1e9, outputBytes: 0 };
    expect(
      idlenessOf(
        { ...remembered([last]), samples: [wrong] },
        { ...wrong, awakeMs: MAX_IDLE_MS, cpuMs: 9 },
        MAX_IDLE_MS,
        true,
      ).idle,
    ).toBe(false);
  });

  test('of an agent of which nothing is remembered is none', () => {
    const memory = { ...remembered([look(0)]), samples: [] };
    const found = idlenessOf(memory, currentSample(memory, look(MAX_IDLE_MS)), MAX_IDLE_MS, true);
    expect(found).toEqual({ idle: false, nextInMs: MAX_IDLE_MS, says: '0.0 % of a core and no output in 0 s' });
  });
});

describe('whatever it does and whenever one looks', () => {
  const LOOK_MS = 250_000;
  /** Time passes, then CPU and output have grown by so much. */
  const steps = (busy: boolean, maxLength: number) =>
    fc.array(
      fc.record({
        passedMs: fc.integer({ min: 0, max: LOOK_MS }),
        cpuMs: busy ? fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 })) : fc.constant(0),
        bytes: busy ? fc.constantFrom(0, 0, 0, 0, 0, 7) : fc.constant(0),
      }),
      { maxLength },
    );
  type Step = { passedMs: number; cpuMs: number; bytes: number };

  function watch(life: readonly Step[]) {
    let [at, cpu, bytes] = [1_000_000, 0, 0];
    let memory: Activity | undefined;
    return life.map((step) => {
      at += step.passedMs;
      cpu += step.cpuMs;
      bytes += step.bytes;
      const seen = look(at, { treeCpuMs: cpu, outputBytes: bytes });
      memory = remember(memory, seen, MAX_IDLE_MS);
      const idle = (count: boolean) =>
        idlenessOf(memory as Activity, currentSample(memory as Activity, seen), MAX_IDLE_MS, count).idle;
      return { at, cpu, bytes, memory, idle: idle(true), idleButDrawing: idle(false) };
    });
  }

  test('few samples are kept, apart from each other and in order, at most one of them as old as max idle', () => {
    fc.assert(
      fc.property(steps(true, 120), (life) => {
        for (const { at, memory } of watch(life)) {
          const kept = times(memory);
          expect(kept.length).toBeLessThanOrEqual(18);
          for (const [index, time] of kept.slice(1).entries())
            expect(time - (kept[index] as number)).toBeGreaterThanOrEqual(SAMPLE_MS);
          expect(kept.filter((time) => time <= at - MAX_IDLE_MS).length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('it is not found idle after output in the last max idle, nor after more CPU than may be', () => {
    fc.assert(
      fc.property(steps(true, 120), (life) => {
        const looks = watch(life);
        for (const { at, cpu, bytes, idle, idleButDrawing } of looks) {
          if (!idle && !idleButDrawing) continue;
          const before = looks.findLast((one) => one.at <= at - MAX_IDLE_MS);
          expect(before).toBeDefined();
          if (before === undefined) return;
          if (idle) expect(bytes).toBe(before.bytes);
          // The window is longer than max idle by what lies between two samples.
          expect(cpu - before.cpu).toBeLessThanOrEqual((MAX_IDLE_MS + SAMPLE_MS + LOOK_MS) / 100);
        }
      }),
    );
  });

  test('what it did before the window does not matter: it is found idle a sixteenth, and two looks, late at most', () => {
    fc.assert(
      fc.property(steps(true, 60), steps(false, 60), (busy, quiet) => {
        const looks = watch([...busy, ...quiet]);
        const quietSince = busy.length === 0 ? looks[0]?.at : looks[busy.length - 1]?.at;
        for (const { at, idle } of looks.slice(busy.length)) {
          if (at - (quietSince as number) >= MAX_IDLE_MS + SAMPLE_MS + 2 * LOOK_MS) expect(idle).toBe(true);
        }
      }),
    );
  });

  test('the CPU that is remembered never falls, and is no less than what is used', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 50 }), (cpu) => {
        let memory: Activity | undefined;
        for (const [at, treeCpuMs] of cpu.entries()) {
          const before = memory?.cpuMs ?? 0;
          memory = remember(memory, look(at, { treeCpuMs }), MAX_IDLE_MS);
          expect(memory.cpuMs).toBeGreaterThanOrEqual(Math.max(before, treeCpuMs));
        }
      }),
    );
  });
});
