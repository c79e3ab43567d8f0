import { describe, expect, test } from 'vitest';
import type { Measurement } from '../../../src/agent/activity.ts';
import { nextSample, type Sample } from '../../../src/agent/sample.ts';

const MIB = 1024 * 1024;

function seen(awakeMs: number, change: Partial<Measurement> = {}): Measurement {
  return { awakeMs, asleepMs: 0, treeCpuMs: 0, memoryBytes: MIB, processes: 1, outputBytes: 0, ...change };
}

/** Of an agent that began at 100 s. */
function sampled(...looks: Measurement[]): Sample[] {
  let last: Sample | undefined;
  return looks.map((look) => {
    last = nextSample(last, look, { wallMs: look.awakeMs, sinceStartMs: look.awakeMs - 100_000 });
    return last;
  });
}

describe('CPU', () => {
  test('is of one core, since the sample before, the first one since the start', () => {
    const samples = sampled(
      seen(110_000, { treeCpuMs: 5000 }),
      seen(125_000, { treeCpuMs: 20_000 }),
      seen(140_000, { treeCpuMs: 57_500 }),
      seen(155_000, { treeCpuMs: 57_500 }),
    );
    expect(samples.map(({ cpuPercent }) => cpuPercent)).toEqual([50, 100, 250, 0]);
    expect(samples.at(-1)).toMatchObject({ peakCpuPercent: 250, cpuMs: 57_500 });
  });

  test('never falls, when a process is gone with what it had used', () => {
    const samples = sampled(
      seen(110_000, { treeCpuMs: 9000 }),
      seen(125_000, { treeCpuMs: 1000 }),
      seen(140_000, { treeCpuMs: 4000 }),
    );
    expect(samples.map(({ cpuMs }) => cpuMs)).toEqual([9000, 9000, 12_000]);
    expect(samples.map(({ cpuPercent }) => cpuPercent)).toEqual([90, 0, 20]);
  });

  test.each([
    ['at one moment', 110_000],
    ['on a clock that went back', 90_000],
  ])('is a number also %s', (_, awakeMs) => {
    const [, second] = sampled(seen(110_000), seen(awakeMs, { treeCpuMs: 10 }));
    expect(Number.isFinite(second?.cpuPercent)).toBe(true);
  });
});

test('peaks are the most of each, not of one sample', () => {
  const samples = sampled(
    seen(110_000, { memoryBytes: 5 * MIB, processes: 1 }),
    seen(125_000, { memoryBytes: 2 * MIB, processes: 9 }),
    seen(140_000, { memoryBytes: 3 * MIB, processes: 2 }),
  );
  expect(samples.at(-1)).toMatchObject({
    memoryBytes: 3 * MIB,
    processes: 2,
    peakMemoryBytes: 5 * MIB,
    peakProcesses: 9,
  });
});

test.each<[string, Partial<Measurement>[], number]>([
  ['nothing at all', [{}, {}, {}], 30_000],
  ['under 1 % of a core', [{}, { treeCpuMs: 149 }, { treeCpuMs: 298 }], 30_000],
  ['1 % of a core', [{}, { treeCpuMs: 150 }, { treeCpuMs: 300 }], 0],
  ['output once', [{}, { outputBytes: 1 }, { outputBytes: 1 }], 15_000],
])('idle is who does %s', (_, changes, idleMs) => {
  const [first, ...others] = sampled(...changes.map((change, at) => seen(100_001 + 15_000 * at, change)));
  expect((others.at(-1)?.idleMs ?? 0) - (first?.idleMs ?? 0)).toBe(idleMs);
});
