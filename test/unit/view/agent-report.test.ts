import { describe, expect, test } from 'vitest';
import { agentReport } from '../../../src/view/agent-report.ts';

const NOW = Date.parse('2026-01-02T12:00:00Z');

const AGENT: Parameters<typeof agentReport>[0] = {
  name: 'fix',
  runId: 'run00001',
  parent: { name: 'boss', runId: 'run00000' },
  phase: 'running',
  result: null,
  exitCode: null,
  signal: null,
  reason: 'the agent runs',
  createdAt: '2026-01-02T11:50:00.000Z',
  startedAt: '2026-01-02T11:50:00.000Z',
  endedAt: null,
  deadline: '2026-01-02T12:50:00.000Z',
  lastOutputAt: null,
  cwd: '/work',
  command: ['make', 'all tests'],
  limits: { maxRuntimeSeconds: 3600, graceSeconds: 300, maxIdleSeconds: null, killAfterSeconds: 10 },
  labels: { job: '7', team: 'x' },
  directory: '/state/agents/fix',
  evidence: { sentinel: 'none', process: 'agent alive (pid 7)' },
};

function report(change: Partial<typeof AGENT> = {}): Record<string, string> {
  const lines = agentReport({ ...AGENT, ...change }, NOW).split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, 12).trim(), line.slice(12)]));
}

describe('the report on an agent', () => {
  test('says what is true of it, and by what evidence', () => {
    expect(report()).toEqual({
      name: 'fix',
      status: 'running',
      because: 'the agent runs',
      run: 'run00001',
      command: "make 'all tests'",
      cwd: '/work',
      labels: 'job=7 team=x',
      parent: 'boss',
      started: '2026-01-02T11:50:00.000Z',
      deadline: '2026-01-02T12:50:00.000Z',
      limits: 'cap 1h, grace 5m, idle none, kill after 10s',
      directory: '/state/agents/fix',
      sentinel: 'none',
      process: 'agent alive (pid 7)',
    });
  });

  test.each<[string, Partial<typeof AGENT>, string, string | undefined]>([
    ['no deadline without a cap', { deadline: null }, 'deadline', 'none'],
    ['no deadline before the start', { deadline: null, startedAt: null }, 'deadline', undefined],
    [
      'no deadline once ended',
      { phase: 'ended', result: 'failed', exitCode: 3, endedAt: '2026-01-02T11:58:00Z' },
      'deadline',
      undefined,
    ],
    [
      'the end',
      { phase: 'ended', result: 'failed', exitCode: 3, endedAt: '2026-01-02T11:58:00Z' },
      'status',
      'failed (3) 2m ago',
    ],
    ['no line for labels without any', { labels: {} }, 'labels', undefined],
    ['no line for a parent without one', { parent: null }, 'parent', undefined],
    ['no line for limits of a damaged spec', { limits: null }, 'limits', undefined],
    ['no line for a command of a damaged spec', { command: [] }, 'command', undefined],
    ['no line for a run of a damaged spec', { runId: null }, 'run', undefined],
    [
      'the grace that is none',
      { limits: { maxRuntimeSeconds: null, graceSeconds: null, maxIdleSeconds: 90, killAfterSeconds: 0 } },
      'limits',
      'cap none, grace none, idle 1m30s, kill after 0s',
    ],
  ])('has %s', (_, change, key, value) => {
    expect(report(change)[key]).toBe(value);
  });

  test('lets nothing through that a terminal would act on, and no value pose as another line', () => {
    const evil = 'x\x1b[2J\nstatus      succeeded';
    const text = agentReport(
      {
        ...AGENT,
        cwd: evil,
        command: [evil],
        reason: evil,
        labels: { k: evil },
        directory: evil,
        evidence: { tmux: evil },
      },
      NOW,
    );
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text.split('\n').filter((line) => line.startsWith('status'))).toEqual(['status      running']);
  });
});
