import { describe, expect, test } from 'vitest';
import { statsReport } from '../../../src/view/stats-report.ts';

const FACTS: Parameters<typeof statsReport>[0] = {
  since: null,
  by: null,
  groups: [],
  agents: 9,
  live: 2,
  ended: 6,
  damaged: 1,
  results: { failed: 1, succeeded: 4, lost: 1 },
  successFraction: 4 / 6,
  runSeconds: 3720.5,
  runTime: {
    agents: 5,
    p50Seconds: 60,
    p95Seconds: 3000,
    maxSeconds: 3000,
    histogram: [
      { upToSeconds: 10, agents: 0 },
      { upToSeconds: 60, agents: 4 },
      { upToSeconds: 3600, agents: 1 },
      { upToSeconds: null, agents: 0 },
    ],
  },
  waiting: { seconds: null, agents: 0 },
  idle: { seconds: 120, agents: 6 },
  cpu: { seconds: 5400, agents: 5 },
  capHits: 0,
  escapees: { agents: 1, processes: 3 },
  idleSessionSeconds: 300.25,
  expirySeconds: 86_400,
  idleSessionSecondsWithExpiry: 510_000,
  savedFraction: 0.99941,
};

function report(change: Partial<typeof FACTS> = {}): Record<string, string> {
  const [whole = ''] = statsReport({ ...FACTS, ...change }).split('\n\n');
  return Object.fromEntries(whole.split('\n').map((line) => [line.slice(0, 12).trim(), line.slice(12)]));
}

const NOTHING = {
  ...{ agents: 0, live: 0, ended: 0, damaged: 0, results: {}, successFraction: null, savedFraction: null },
  runTime: { ...FACTS.runTime, agents: 0, p50Seconds: null, p95Seconds: null, maxSeconds: null },
};

describe('the stats for people', () => {
  test('say what became of agents, what they used, and what teardown saved', () => {
    expect(report()).toEqual({
      agents: '9: 2 live, 6 ended, 1 of which nothing can be said',
      results: '4 succeeded, 1 failed, 1 lost',
      success: '66.6 % of those that ended',
      'run time': '1h2m, of those that ended',
      'p50 p95 max': '1m, 50m, 50m',
      waiting: 'not known of any',
      'did nothing': '2m',
      cpu: '1.50 h, known of 5 of 6',
      'cap hits': '0',
      escapees: '3 of 1 agent',
      idle: '5m of sessions whose agent had ended',
      'instead of': '5d21h, gone 1d after each start',
      saved: '99.9 %',
    });
  });

  test('show run times as a histogram', () => {
    const [, histogram = ''] = statsReport(FACTS).split('\n\n');
    expect(histogram.split('\n')).toEqual([
      'run times',
      `  up to 1m  4  ${'#'.repeat(40)}`,
      `  up to 1h  1  ${'#'.repeat(10)}`,
    ]);
  });

  test('are a line where there is nothing, and say since when', () => {
    expect(statsReport({ ...FACTS, ...NOTHING })).toBe('agents      0: 0 live, 0 ended');
    expect(report({ ...NOTHING, since: '2026-01-31T09:30:00.000Z' })).toEqual({
      agents: '0: 0 live, 0 ended',
      since: '2026-01-31T09:30:00.000Z',
    });
  });

  test('compare nothing where there is nothing to compare', () => {
    expect(Object.keys(report({ savedFraction: null }))).not.toContain('saved');
    expect(Object.keys(report({ savedFraction: null }))).not.toContain('instead of');
  });

  test('have no percentiles where none of those that ended had started', () => {
    expect(Object.keys(report({ runTime: NOTHING.runTime }))).not.toContain('p50 p95 max');
    expect(statsReport({ ...FACTS, runTime: NOTHING.runTime })).not.toContain('run times');
  });

  test.each([
    [0, '0.00 s'],
    [35.5, '35.50 s'],
    [36, '0.01 h'],
    [360_000, '100.00 h'],
  ])('have %d s of CPU as %s', (seconds, cpu) => {
    expect(report({ cpu: { seconds, agents: 6 } }).cpu).toBe(cpu);
  });

  test.each([
    [1, '100.0 %'],
    [0.99999, '99.9 %'],
    [0.95, '95.0 %'],
    [0.5555, '55.5 %'],
    [0, '0.0 %'],
    [-1.5, '-150.0 %'],
  ])('round %d down to %s', (savedFraction, saved) => {
    expect(report({ savedFraction }).saved).toBe(saved);
  });
});

describe('the groups for people', () => {
  const group = (group: string | null, kind = 'named', change: Partial<typeof FACTS> = {}) => ({
    ...FACTS,
    ...change,
    group,
    kind,
  });
  const lines = (by: string, groups: (typeof FACTS)['groups'], width?: number) =>
    (
      statsReport({ ...FACTS, by, groups }, width)
        .split('\n\n')
        .at(-1) ?? ''
    ).split('\n');

  test('have a line each, with a dash where nothing is known', () => {
    const [head, first, none] = lines('agent', [group('claude'), group(null, 'none', NOTHING)]);
    expect(head?.split(/ +/)).toEqual(
      'AGENT AGENTS LIVE ENDED SUCCESS P50 P95 MAX WAITING NOTHING CPU CAPS ESCAPEES SAVED'.split(' '),
    );
    expect(first?.split(/ {2,}/)).toEqual([
      'claude',
      '9',
      '2',
      '6',
      '66.6 %',
      '1m',
      '50m',
      '50m',
      '-',
      '2m',
      '1.50 h',
      '0',
      '3',
      '99.9 %',
    ]);
    expect(none?.split(/ {2,}/).slice(0, 8)).toEqual(['(a command)', '0', '0', '0', '-', '-', '-', '-']);
  });

  test('say what they have in common, a label by its own key, and nothing that a terminal acts on', () => {
    const groups = [group('\x1b[2Jx'), group(''), group(null, 'none'), group(null, 'unknown')];
    expect(lines('label=Job', groups).map((line) => line.split(/ {2,}/)[0])).toEqual([
      ...['Job', '\\x1b[2Jx', '(empty)', '(none)', '(unknown)'],
    ]);
  });

  test('fit the terminal', () => {
    for (const line of lines('cwd', [group('/repository')], 60)) expect(line.length).toBeLessThanOrEqual(60);
  });
});
