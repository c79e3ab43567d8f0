import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { percentile, RUN_TIME_BOUNDS_MS, runTimesOf } from '../../../src/agent/run-times.ts';

describe('a percentile', () => {
  // The first five as the method's usual example has them.
  test.each<[number[], number, number | null]>([
    [[15, 20, 35, 40, 50], 5, 15],
    [[15, 20, 35, 40, 50], 30, 20],
    [[15, 20, 35, 40, 50], 40, 20],
    [[15, 20, 35, 40, 50], 50, 35],
    [[15, 20, 35, 40, 50], 100, 50],
    [[7], 50, 7],
    [[7], 95, 7],
    [[1, 2], 50, 1],
    [[1, 2], 95, 2],
    [[], 50, null],
  ])('of %j at %d %% is %j', (sorted, percent, expected) => {
    expect(percentile(sorted, percent)).toBe(expected);
  });

  test('is the least value that so many do not exceed, for any number of any values', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const sorted = values.toSorted((a, b) => a - b);
        const enough = (one: number) => values.filter((v) => v <= one).length * 100 >= percent * values.length;
        expect(percentile(sorted, percent)).toBe(sorted.find(enough));
      }),
    );
  });

  // 0.95 x 60 is a little more than 57.
  test.each([20, 60, 100, 5000])('of %d values at 95 %% has the exact rank', (count) => {
    const sorted = Array.from({ length: count }, (_, index) => index + 1);
    expect(percentile(sorted, 95)).toBe((count * 95) / 100);
  });
});

describe('run times', () => {
  test('are sorted as numbers, and counted each once, a bound with what is below it', () => {
    const { histogram, ...rest } = runTimesOf([100_000, 9_000, 10_000, 10_001, 0, 86_400_001]);
    expect(rest).toEqual({ agents: 6, p50Ms: 10_000, p95Ms: 86_400_001, maxMs: 86_400_001 });
    expect(histogram.map(({ upToMs }) => upToMs)).toEqual([...RUN_TIME_BOUNDS_MS, null]);
    expect(histogram.filter(({ agents }) => agents > 0)).toEqual([
      { upToMs: 10_000, agents: 3 },
      { upToMs: 30_000, agents: 1 },
      { upToMs: 300_000, agents: 1 },
      { upToMs: null, agents: 1 },
    ]);
  });

  test('of nobody are none', () => {
    const { histogram, ...rest } = runTimesOf([]);
    expect(rest).toEqual({ agents: 0, p50Ms: null, p95Ms: null, maxMs: null });
    expect(histogram.every(({ agents }) => agents === 0)).toBe(true);
  });
});
