import type { TopRow } from '../../../../src/view/top/attention.ts';

export const NOW = Date.parse('2026-01-02T12:00:00Z');

/** An instant so many seconds from now. */
export function at(seconds: number): string {
  return new Date(NOW + seconds * 1000).toISOString();
}

/** A healthy agent of ten minutes, with fifty left, but for what is told. */
export function agent(change: Partial<TopRow> = {}): TopRow {
  return {
    name: 'fix',
    runId: `run-${change.name ?? 'fix'}`,
    parent: null,
    phase: 'running',
    result: null,
    exitCode: null,
    signal: null,
    reason: 'the agent runs',
    startedAt: at(-600),
    endedAt: null,
    deadline: at(3000),
    teardownAt: null,
    kept: false,
    archived: false,
    report: null,
    lastOutputAt: at(-30),
    cwd: '/home/me/work',
    command: ['make', 'test'],
    directory: '/state/agents/fix',
    labels: {},
    limits: { maxRuntimeSeconds: 3600, graceSeconds: 300, maxIdleSeconds: 1800 },
    resources: { cpuPercent: 12, memoryBytes: 200 * 1024 * 1024, processes: 3, at: at(-5) },
    ...change,
  };
}

export const WAITS = {
  phase: 'waiting',
  report: { state: 'waiting', status: null, waitingFor: 'permission', message: 'to use Bash', at: at(-90) },
} as const;

export const ENDED = {
  phase: 'ended',
  result: 'succeeded',
  exitCode: 0,
  endedAt: at(-60),
  teardownAt: at(240),
} as const;
