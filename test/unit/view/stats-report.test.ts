import { describe, expect, test } from 'vitest';
import { statsReport } from '../../../src/view/stats-report.ts';

const FACTS: Parameters<typeof statsReport>[0] = {
  agents: 9,
  live: 2,
  ended: 6,
  damaged: 1,
  results: { failed: 1, succeeded: 4, lost: 1 },
  runSeconds: 3720.5,
  idleSessionSeconds: 300.25,
  expirySeconds: 86_400,
  idleSessionSecondsWithExpiry: 510_000,
  savedFraction: 0.99941,
};

function report(change: Partial<typeof FACTS> = {}): Record<string, string> {
  const lines = statsReport({ ...FACTS, ...change }).split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, 12).trim(), line.slice(12)]));
}

describe('the stats for people', () => {
  test('say what became of agents, and what teardown saved', () => {
    expect(report()).toEqual({
      agents: '9: 2 live, 6 ended, 1 of which nothing can be said',
      results: '4 succeeded, 1 failed, 1 lost',
      'run time': '1h2m, of those that ended',
      idle: '5m of sessions whose agent had ended',
      'instead of': '5d21h, gone 1d after each start',
      saved: '99.9 %',
    });
  });

  test('are a line where there is nothing', () => {
    const none = { live: 0, damaged: 0, results: {}, savedFraction: null };
    expect(report({ ...none, agents: 0, ended: 0 })).toEqual({ agents: '0: 0 live, 0 ended' });
  });

  test('compare nothing where there is nothing to compare', () => {
    expect(Object.keys(report({ savedFraction: null }))).toEqual(['agents', 'results', 'run time']);
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
