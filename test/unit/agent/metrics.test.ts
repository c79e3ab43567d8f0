import { describe, expect, test } from 'vitest';
import type { AgentFiles } from '../../../src/agent/evidence.ts';
import { endedRunOf, isSettled, liveUseOf, NO_TOTALS, sumOf } from '../../../src/agent/metrics.ts';
import type { Status } from '../../../src/agent/status.ts';

const ENDED: Status = {
  phase: 'ended',
  result: 'succeeded',
  exitCode: 0,
  signal: null,
  reason: 'exited with 0',
  startedAtMs: 1_000_000,
  endedAtMs: 1_060_000,
  deadlineMs: null,
  teardownAtMs: null,
};
const ranFor = (ms: number): Status => ({ ...ENDED, endedAtMs: 1_000_000 + ms });
const totalsOf = (status: Status, whys: readonly string[] = []) =>
  endedRunOf(
    'run00001',
    status,
    whys.map((why) => ({ why })),
  )?.totals;

describe('what an agent adds to the counters', () => {
  test.each<[string, Status]>([
    ['runs', { ...ENDED, phase: 'running', result: null }],
    ['is damaged', { ...ENDED, phase: 'unknown', result: null }],
  ])('is nothing while it %s', (_, status) => {
    expect(endedRunOf('run00001', status, [])).toBeUndefined();
  });

  test.each<[number, string]>([
    [0, '10'],
    [10_000, '10'],
    [10_001, '30'],
    [60_000, '60'],
    [86_400_000, '86400'],
    [86_400_001, 'Infinity'],
    // A clock that was set back.
    [-5000, '10'],
  ])('is its run of %d ms in the bucket up to %s s', (ms, bound) => {
    expect(totalsOf(ranFor(ms))).toMatchObject({
      results: { succeeded: 1 },
      runs: { [bound]: 1 },
      runMs: Math.max(0, ms),
    });
  });

  test('is no run where it never started', () => {
    const never: Status = { ...ENDED, result: 'lost', startedAtMs: null };
    expect(totalsOf(never)).toEqual({ ...NO_TOTALS, results: { lost: 1 } });
  });

  test('is what had escaped it: known by its cookie or control group alone', () => {
    expect(totalsOf(ENDED, ['session', 'descendant', 'group'])).toMatchObject({
      escapedAgents: 0,
      escapedProcesses: 0,
    });
    expect(totalsOf(ENDED, ['session', 'cookie', 'cgroup'])).toMatchObject({ escapedAgents: 1, escapedProcesses: 2 });
  });
});

describe('an end is settled', () => {
  const TERM_MS = 1000;
  const files = (
    archived: boolean,
    endedAtMs: number | undefined,
    ...steps: ('term' | 'kill' | 'ended' | 'teardown')[]
  ) =>
    ({
      archived,
      sentinel: endedAtMs === undefined ? { state: 'absent' } : { state: 'there', value: { uptimeMs: endedAtMs } },
      verdict: { state: 'there', value: { steps: steps.map((step) => ({ step, atMs: 0, uptimeMs: TERM_MS })) } },
    }) as unknown as AgentFiles;
  const [before, after] = [TERM_MS - 1, TERM_MS + 1];

  test.each([
    ['where nobody put down a TERM', files(false, after), true],
    ['not while a TERM before it may be withdrawn', files(false, after, 'term', 'kill'), false],
    ['not while nobody has said how it ended', files(false, undefined, 'term'), false],
    ['where it came before the TERM', files(false, before, 'term'), true],
    ['once its tree has ended', files(false, after, 'term', 'ended'), true],
    ['once it is torn down', files(false, after, 'term', 'teardown'), true],
    ['in the archive, whatever its verdict says', files(true, after, 'term'), true],
    ['without a verdict', { ...files(false, after), verdict: { state: 'absent' } } as AgentFiles, true],
  ])('%s', (_, of, settled) => {
    expect(isSettled(of)).toBe(settled);
  });
});

describe('totals', () => {
  test('add up, whatever their order, to the same number', () => {
    const all = [3, 7, 11, 60_001, 99].map((ms) => totalsOf(ranFor(ms)) ?? NO_TOTALS);
    const failed = totalsOf({ ...ENDED, result: 'failed' }, ['cookie']) ?? NO_TOTALS;
    const sum = sumOf([failed, ...all]);
    expect(sum).toEqual({
      results: { succeeded: 5, failed: 1 },
      runs: { 10: 4, 60: 1, 120: 1 },
      runMs: 60_000 + 3 + 7 + 11 + 60_001 + 99,
      escapedAgents: 1,
      escapedProcesses: 1,
    });
    expect(sumOf([...all.toReversed(), failed])).toEqual(sum);
    expect(sumOf([sumOf(all), failed])).toEqual(sum);
    expect(sumOf([])).toEqual(NO_TOTALS);
  });

  test('of live agents leave out who was not sampled within a minute', () => {
    const use = { atMs: 100_000, cpuPercent: 50, memoryBytes: 1000, processes: 2 };
    const stale = { ...use, atMs: 39_999 };
    expect(liveUseOf([use, undefined, { ...use, cpuPercent: 100 }, stale], 100_000)).toEqual({
      sampled: 2,
      cores: 1.5,
      memoryBytes: 2000,
      processes: 4,
    });
  });
});
